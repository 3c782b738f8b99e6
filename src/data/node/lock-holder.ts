/** Who holds a lock, as it stands in the lock's file, and what can be known of that process from here. */
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { z } from "zod";
import { codeOf, GatewiseError } from "../../errors.ts";
import { openRegular } from "./regular-file.ts";

const Holder = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  started: z.string(),
  /** `/proc/sys/kernel/random/boot_id`, and the link `/proc/self/ns/pid`; empty where the system has none. */
  boot: z.string().optional(),
  pidNamespace: z.string().optional(),
  /** Without a touch of the lock for so many milliseconds its holder is gone; earlier versions touched nothing. */
  leaseMs: z.number().positive().optional(),
});
/** A process that holds a lock. */
export type Holder = z.infer<typeof Holder>;

/** Bytes of a lock, generously. */
const LONGEST_LOCK = 2 ** 16;

/** A lock as it is found. */
export interface FoundLock {
  readonly bytes: Buffer;
  /** Undefined where the bytes tell of none. */
  readonly holder: Holder | undefined;
  /** When its holder touched it last, by whatever clock: it serves to be compared with itself. */
  readonly touched: bigint;
}

/** The lock of this name, or undefined if there is none. Opened anew each time: a network file system then asks its server. */
export async function findLock(path: string): Promise<FoundLock | undefined> {
  try {
    await using file = await openRegular(path);
    const { size, mtimeNs } = await file.stat({ bigint: true });
    const bytes = size > LONGEST_LOCK ? Buffer.from("too long") : await file.readFile();
    return { bytes, holder: readHolder(bytes), touched: mtimeNs };
  } catch (thrown) {
    const code = codeOf(thrown instanceof GatewiseError ? thrown.cause : thrown);
    if (code === "ENOENT" || code === "ESTALE") return undefined;
    throw thrown;
  }
}

export function readHolder(bytes: Buffer): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(bytes.toString()));
  } catch {
    return undefined;
  }
}

/** A lock appears with its content; one without was cut short by a power cut: its holder is gone. */
export const isBlank = ({ bytes }: FoundLock): boolean => bytes.every((byte) => byte === 0);

/** This process, as a lock tells of it. */
export async function thisHolder(): Promise<Omit<Holder, "id" | "leaseMs">> {
  const orNone = (text: Promise<string>): Promise<string> => text.then((one) => one.trim()).catch(() => "");
  return {
    host: hostname(),
    pid: process.pid,
    started: await startOf(process.pid),
    boot: await orNone(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    pidNamespace: await orNone(readlink("/proc/self/ns/pid")),
  };
}

/** Whether a process is where its number means the same as here; earlier versions told the host alone. */
export const isSeen = ({ host, boot, pidNamespace }: Holder, mine: Omit<Holder, "id">): boolean =>
  host === mine.host && (boot ?? mine.boot) === mine.boot && (pidNamespace ?? mine.pidNamespace) === mine.pidNamespace;

/** Whether a process that can be seen has ended; the start time tells a reused number apart. */
export async function hasEnded({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return codeOf(thrown) !== "EPERM";
  }
  return (await startOf(pid)) !== started;
}

/**
 * Start time of a process in clock ticks (field 22 of Linux's `stat`), or "" where the system does not tell. A zombie has
 * none: it has ended, and in a container without an init it stays for ever.
 */
async function startOf(pid: number): Promise<string> {
  try {
    // in a new pid namespace that still sees the old /proc, numbers there mean other processes
    if ((await readlink("/proc/self")) !== String(process.pid)) return "";
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}
