/**
 * One writer for a directory: a file `lock` with the process that holds it.
 *
 * The file is made by `link`, which fails if it is there. A lock whose process has died (SIGKILL, power cut) is taken
 * over at once; the start time of the process tells a reused number apart.
 */
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { fileError, readIfThere } from "../data/node/index.ts";
import { codeOf, GatewiseError } from "../errors.ts";

const Holder = z.object({ id: z.string(), host: z.string(), pid: z.int(), started: z.string() });
type Holder = z.infer<typeof Holder>;

export interface LockOptions {
  /** How long a holder that is about to end is waited for: a worker whose parent was killed ends within a run of steps. */
  readonly patienceMs?: number;
}
const RETRY_MS = 100;

/**
 * Takes the lock of a directory; it is given back when it goes out of scope.
 * @throws GatewiseError if another process holds it
 */
export async function lockDirectory(
  directory: string,
  { patienceMs = 5000 }: LockOptions = {},
): Promise<AsyncDisposable> {
  const path = join(directory, "lock");
  const mine: Holder = { id: randomUUID(), host: hostname(), pid: process.pid, started: await startOf(process.pid) };
  for (let waited = 0; ; waited += RETRY_MS) {
    if (await place(path, mine)) break;
    const holder = readHolder(await readIfThere(path));
    if (holder !== undefined && !(await isAlive(holder))) await removeStale(path, holder);
    // nothing can be learnt by waiting for another machine
    else if (waited >= patienceMs || (holder !== undefined && holder.host !== hostname()))
      throw held(directory, holder);
    else await wait(RETRY_MS);
  }
  return { [Symbol.asyncDispose]: () => removeOwn(path, mine) };
}

function held(directory: string, holder: Holder | undefined): GatewiseError {
  const elsewhere = holder !== undefined && holder.host !== hostname();
  return new GatewiseError({
    received: `${directory}, in use by ${holder ? `process ${holder.pid} on ${holder.host}` : "another process"}`,
    expected: "a directory that no other process writes",
    next: elsewhere
      ? `stop it there; if that machine is gone or this is a copy of its directory, delete ${join(directory, "lock")}`
      : "wait for it or stop it; if it is surely gone, delete the file lock in the directory",
  });
}

/** Makes the lock file in one step; false if it is there. */
async function place(path: string, holder: Holder): Promise<boolean> {
  const own = `${path}.${holder.id}`;
  try {
    await writeFile(own, JSON.stringify(holder));
    await link(own, path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw fileError(thrown, path, "a lock file that can be written");
  } finally {
    await rm(own, { force: true });
  }
}

function readHolder(bytes: Buffer | undefined): Holder | undefined {
  try {
    return bytes === undefined ? undefined : Holder.parse(JSON.parse(bytes.toString()));
  } catch {
    return undefined;
  }
}

/** Processes of other machines count as alive: nothing is known of them. */
async function isAlive({ host, pid, started }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return codeOf(thrown) === "EPERM";
  }
  return (await startOf(pid)) === started;
}

/**
 * Start time of a process in clock ticks (field 22 of Linux's `stat`), or "" where the system does not tell. A zombie has
 * none: it has ended, and in a container without an init it stays for ever.
 */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

/** Moves the lock of a dead process away; what was moved by mistake (a newer lock) is put back. */
async function removeStale(path: string, stale: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if (readHolder(await readIfThere(aside))?.id !== stale.id) await link(aside, path);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT" && codeOf(thrown) !== "EEXIST")
      throw fileError(thrown, path, "a lock file that can be written");
  } finally {
    await rm(aside, { force: true });
  }
}

async function removeOwn(path: string, mine: Holder): Promise<void> {
  if (readHolder(await readIfThere(path))?.id === mine.id) await rm(path, { force: true });
}
