/**
 * One writer for a directory or for a file: a file with the process that holds it, `lock` in the directory or
 * `FILE.lock` beside the file.
 *
 * The file is made by `link`, which fails if it is there. A lock whose process has died (SIGKILL) is taken over at once;
 * the start time of the process tells a reused number apart. A process can be seen only from its own pid namespace and
 * boot of the machine: one of another container with the same host name counts as alive.
 */
import { randomUUID } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { link, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { codeOf, GatewiseError } from "../../errors.ts";
import { readIfThere, writeError } from "./files.ts";

const Holder = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  started: z.string(),
  /** `/proc/sys/kernel/random/boot_id`, and the link `/proc/self/ns/pid`; empty where the system has none. */
  boot: z.string().optional(),
  pidNamespace: z.string().optional(),
});
type Holder = z.infer<typeof Holder>;

/** How long another holder of a lock is waited for. */
export interface LockOptions {
  /** How long a holder that is about to end is waited for: a worker whose parent was killed ends within a run of steps. */
  readonly patienceMs?: number;
}
const RETRY_MS = 100;
/** Bytes of a lock, generously. */
const LONGEST_LOCK = 2 ** 16;

/** The diagnostics channel that tells of each lock, for who takes it away where its process is ended hard. */
export const LOCK_CHANNEL = "gatewise.lock";
export interface LockEvent {
  readonly kind: "locked" | "unlocked";
  /** Of the lock's file. */
  readonly path: string;
}

/** What is locked, for messages. */
interface Place {
  readonly path: string;
  readonly kind: "directory" | "file";
  readonly lock: string;
}

/**
 * Takes the lock of a directory; it is given back when it goes out of scope.
 * @throws GatewiseError if another process holds it
 */
export const lockDirectory = (path: string, options: LockOptions = {}): Promise<AsyncDisposable> =>
  takeLock({ path, kind: "directory", lock: join(path, "lock") }, options);

/**
 * Takes the lock of a file that is about to be written, whether it is there or not; it is given back when it goes out of
 * scope.
 * @throws GatewiseError if another process holds it, or its folder takes no files
 */
export const lockFile = (path: string, options: LockOptions = {}): Promise<AsyncDisposable> =>
  takeLock({ path, kind: "file", lock: `${path}.lock` }, options);

async function takeLock(place: Place, { patienceMs = 5000 }: LockOptions): Promise<AsyncDisposable> {
  const mine: Holder = {
    id: randomUUID(),
    host: hostname(),
    pid: process.pid,
    started: await startOf(process.pid),
    ...(await visibility()),
  };
  for (let waited = 0; ; waited += RETRY_MS) {
    if (await put(place, mine)) break;
    const bytes = await readIfThere(place.lock, LONGEST_LOCK);
    const holder = readHolder(bytes);
    if (isBlank(bytes) || (holder !== undefined && (await hasDied(holder, mine)))) await removeStale(place, holder);
    // nothing can be learnt by waiting for what cannot be seen
    else if (waited >= patienceMs || (holder !== undefined && !isSeen(holder, mine))) throw held(place, holder, mine);
    else await wait(RETRY_MS);
  }
  channel(LOCK_CHANNEL).publish({ kind: "locked", path: resolve(place.lock) } satisfies LockEvent);
  return {
    async [Symbol.asyncDispose]() {
      await removeOwn(place.lock, mine);
      channel(LOCK_CHANNEL).publish({ kind: "unlocked", path: resolve(place.lock) } satisfies LockEvent);
    },
  };
}

function held({ path, kind, lock }: Place, holder: Holder | undefined, mine: Holder): GatewiseError {
  const isElsewhere = holder !== undefined && holder.host !== mine.host;
  const isHidden = holder !== undefined && !isElsewhere && !isSeen(holder, mine);
  const by = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  return new GatewiseError({
    code: "in-use",
    received: `${path}, in use by ${by}${isHidden ? ", in another container or an earlier start of the machine" : ""}`,
    expected: `a ${kind} that no other process writes`,
    next: isElsewhere
      ? `stop it there; if that machine is gone or this is a copy of its directory, delete ${lock}`
      : isHidden
        ? `it cannot be seen from here: stop it there; if it is surely gone, delete ${lock}`
        : kind === "directory"
          ? "wait for it or stop it; if it is surely gone, delete the file lock in the directory"
          : `wait for it or stop it; if it is surely gone, delete ${lock}`,
  });
}

/** Makes the lock file in one step; false if it is there. */
async function put({ path, kind, lock }: Place, holder: Holder): Promise<boolean> {
  const own = `${lock}.${holder.id}`;
  try {
    await writeFile(own, JSON.stringify(holder));
    await link(own, lock);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw kind === "file"
      ? await writeError(thrown, path, "a file that can be written")
      : await writeError(thrown, lock, "a lock file that can be written");
  } finally {
    await rm(own, { force: true }).catch(() => {});
  }
}

function readHolder(bytes: Buffer | undefined): Holder | undefined {
  try {
    return bytes === undefined ? undefined : Holder.parse(JSON.parse(bytes.toString()));
  } catch {
    return undefined;
  }
}

/** A lock appears with its content; one without was cut short by a power cut: its holder is gone. */
const isBlank = (bytes: Buffer | undefined): boolean => bytes?.every((byte) => byte === 0) ?? false;

/** Whether a process is where its number means the same as here; earlier versions told the host alone. */
const isSeen = ({ host, boot, pidNamespace }: Holder, mine: Holder): boolean =>
  host === mine.host && (boot ?? mine.boot) === mine.boot && (pidNamespace ?? mine.pidNamespace) === mine.pidNamespace;

/** Of a process that cannot be seen nothing is known. */
async function hasDied(holder: Holder, mine: Holder): Promise<boolean> {
  if (!isSeen(holder, mine)) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    return codeOf(thrown) !== "EPERM";
  }
  return (await startOf(holder.pid)) !== holder.started;
}

async function visibility(): Promise<Pick<Holder, "boot" | "pidNamespace">> {
  const orNone = (text: Promise<string>): Promise<string> => text.then((one) => one.trim()).catch(() => "");
  return {
    boot: await orNone(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    pidNamespace: await orNone(readlink("/proc/self/ns/pid")),
  };
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

/**
 * Moves the lock of a dead process away; what was moved by mistake (a newer lock) is put back.
 * @param stale its holder, or undefined for a lock without content
 */
async function removeStale({ lock }: Place, stale: Holder | undefined): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
    const bytes = await readIfThere(aside, LONGEST_LOCK);
    const isStale = stale === undefined ? isBlank(bytes) : readHolder(bytes)?.id === stale.id;
    if (!isStale) await link(aside, lock);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT" && codeOf(thrown) !== "EEXIST")
      throw await writeError(thrown, lock, "a lock file that can be written");
  } finally {
    await rm(aside, { force: true });
    // what its holder made the lock from, if it was killed right behind
    if (stale !== undefined && /^[\w-]+$/.test(stale.id)) await rm(`${lock}.${stale.id}`, { force: true });
  }
}

async function removeOwn(lock: string, mine: Holder): Promise<void> {
  if (readHolder(await readIfThere(lock, LONGEST_LOCK))?.id === mine.id) await rm(lock, { force: true });
}
