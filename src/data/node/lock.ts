/**
 * One writer for a directory or for a file: a file with the process that holds it, `lock` in the directory or
 * `FILE.lock` beside the file.
 *
 * The file is made by `link`, which fails if it is there. A lock whose process has died (SIGKILL) is taken over at once;
 * the start time of the process tells a reused number apart. A process can be seen only from its own pid namespace and
 * boot of the machine. One that cannot be seen (another machine, another container) holds a lease: it touches its lock at
 * intervals, and who waits for the lock compares one touch with the next, by a clock of its own. Without one for a lease
 * the holder is gone and the lock is taken over. If it was only stopped, it finds that before its next write
 * ({@link Lock.check}) and ends.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { writeError } from "./files.ts";
import { HeldLock, type Lock, type LockPlace } from "./held-lock.ts";
import { type FoundLock, findLock, type Holder, isBlank } from "./lock-holder.ts";
import { removeLock } from "./lock-move.ts";
import { type LockWorld, leaseOf, THIS_WORLD } from "./lock-world.ts";

/** How another holder of a lock is waited for. */
export interface LockOptions {
  /** How long a holder that is about to end is waited for: a worker whose parent was killed ends within a run of steps. */
  readonly patienceMs?: number;
  /** After so long without a sign of life this holder is gone; two minutes, or `GATEWISE_LEASE` seconds, unless told otherwise. */
  readonly leaseMs?: number;
  /** Whether it is found out if a holder that cannot be seen is alive, which may take its lease; true unless told otherwise. */
  readonly awaitLease?: boolean;
}

/** What goes on while a lock is waited for. */
export interface LockWaiting {
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal;
  /** Told once, before a holder that cannot be seen is waited for. */
  readonly onWait?: (text: string) => void;
}

const RETRY_MS = 100;
/** Times that a lock may be gone at the look and there when it is made. */
const MOST_MISSES = 20;
/** How long one who takes over the lock of an ended process of this machine may need for it. */
const CLAIM_MS = 2000;
/** Looks at a holder that cannot be seen are this far apart, or so many to a lease. */
const LOOK_MS = 1000;
const LOOKS = 40;

/**
 * Takes the lock of a directory; it is given back when it goes out of scope.
 * @throws GatewiseError if another process holds it; the signal's reason
 */
export const lockDirectory = (
  path: string,
  options: LockOptions & LockWaiting = {},
  world: LockWorld = THIS_WORLD,
): Promise<Lock> => takeLock({ path, kind: "directory", lock: join(path, "lock") }, options, world);

/**
 * Takes the lock of a file that is about to be written, whether it is there or not; it is given back when it goes out of
 * scope.
 * @throws GatewiseError if another process holds it, or its folder takes no files; the signal's reason
 */
export const lockFile = (
  path: string,
  options: LockOptions & LockWaiting = {},
  world: LockWorld = THIS_WORLD,
): Promise<Lock> => takeLock({ path, kind: "file", lock: `${path}.lock` }, options, world);

async function takeLock(
  place: LockPlace,
  { patienceMs = 5000, leaseMs = leaseOf(process.env), awaitLease = true, signal, onWait }: LockOptions & LockWaiting,
  world: LockWorld,
): Promise<Lock> {
  const mine = { id: randomUUID(), ...(await world.holder()), leaseMs };
  const began = world.clock();
  const watch = new LeaseWatch();
  const gone: Holder[] = [];
  let misses = 0;
  let claimedSince: number | undefined;
  /** Takes it away, or waits for another who does; one who has died at it is waited for so long. */
  const take = async (found: FoundLock, most: number): Promise<void> => {
    if (await removeStale(place, found, gone)) {
      claimedSince = undefined;
      return;
    }
    claimedSince ??= world.clock();
    if (world.clock() - claimedSince > most) await rm(claimOf(place.lock, found), { force: true });
    else await world.wait(RETRY_MS, signal);
  };
  for (;;) {
    // before the look: a stop of this process in between makes no holder silent
    const now = world.clock();
    const found = await findLock(place.lock);
    if (found === undefined) {
      const file = await put(place, mine);
      if (file !== undefined) {
        try {
          for (const holder of gone) await removeTemporaries(place, holder);
        } catch (thrown) {
          await file.close().catch(() => {});
          throw thrown;
        }
        return new HeldLock(place, mine, file, world);
      }
      // another was faster, and is to be seen next time, unless the name is taken by what no lock is
      misses += 1;
      if (misses > MOST_MISSES) throw held(place, undefined, mine, "there");
      await world.wait(RETRY_MS, signal);
      continue;
    }
    const { holder } = found;
    const state = holder === undefined ? "there" : await world.look(holder, mine);
    const isImpatient = now - began >= patienceMs;
    if (isBlank(found) || state === "ended") {
      await take(found, CLAIM_MS);
    } else if (holder === undefined || state === "there") {
      if (isImpatient) throw held(place, holder, mine, state);
      await world.wait(RETRY_MS, signal);
    } else if (holder.leaseMs === undefined || !awaitLease) {
      // nothing can be learnt by waiting for what never moves
      throw held(place, holder, mine, state);
    } else {
      const step = Math.min(LOOK_MS, holder.leaseMs / LOOKS);
      if (watch.see(holder.id, found.touched, now, 3 * step) > holder.leaseMs) {
        await take(found, holder.leaseMs);
      } else {
        // its end cannot be seen coming, as that of a process here can
        if (watch.isAlive) throw held(place, holder, mine, state);
        watch.tellOnce(() => onWait?.(waitingFor(place, holder)));
        await world.wait(step, signal);
      }
    }
  }
}

/** What is known of a holder by how its lock is touched, in this process's time. */
class LeaseWatch {
  private key = "";
  private id = "";
  private quiet = 0;
  private last = 0;
  private isTold = false;
  /** It was touched while somebody looked. */
  isAlive = false;

  /**
   * @param most what counts between two looks: while this process was stopped, or the server away, nobody has looked
   * @returns for how long it has not been touched
   */
  see(id: string, touched: bigint, now: number, most: number): number {
    const key = `${id} ${touched}`;
    if (key === this.key) this.quiet += Math.min(now - this.last, most);
    else {
      this.isAlive = id === this.id;
      this.quiet = 0;
    }
    [this.key, this.id, this.last] = [key, id, now];
    return this.quiet;
  }

  tellOnce(tell: () => void): void {
    if (!this.isTold) tell();
    this.isTold = true;
  }
}

const waitingFor = ({ path }: LockPlace, { pid, host, leaseMs = 0 }: Holder): string =>
  `${path} is held by process ${pid} on ${host}, which cannot be seen from here: taken over unless it gives a sign of life within ${leaseMs / 1000} s`;

function held(
  { path, kind, lock }: LockPlace,
  holder: Holder | undefined,
  mine: Holder,
  state: "unseen" | "ended" | "there",
): GatewiseError {
  const isElsewhere = holder !== undefined && holder.host !== mine.host;
  const isHidden = holder !== undefined && !isElsewhere && state === "unseen";
  const isLeased = holder?.leaseMs !== undefined;
  const by = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  return new GatewiseError({
    code: "in-use",
    received: `${path}, in use by ${by}${isHidden ? ", in another container or an earlier start of the machine" : ""}`,
    expected: `a ${kind} that no other process writes`,
    next:
      isLeased && (isElsewhere || isHidden)
        ? "wait for it or stop it there; if it dies, its lock is taken over"
        : isElsewhere
          ? `stop it there; if that machine is gone or this is a copy of its directory, delete ${lock}`
          : isHidden
            ? `it cannot be seen from here: stop it there; if it is surely gone, delete ${lock}`
            : kind === "directory"
              ? "wait for it or stop it; if it is surely gone, delete the file lock in the directory"
              : `wait for it or stop it; if it is surely gone, delete ${lock}`,
  });
}

/** Makes the lock's file in one step and opens it; undefined if it is there. */
async function put({ path, kind, lock }: LockPlace, holder: Holder): Promise<FileHandle | undefined> {
  const own = `${lock}.${holder.id}`;
  try {
    await writeFile(own, JSON.stringify(holder), { flag: "wx" });
    await link(own, lock).catch(async (thrown) => {
      // a server whose answer was lost is asked again, and says that what it has made is there
      if (codeOf(thrown) !== "EEXIST" || (await stat(own)).nlink < 2) throw thrown;
    });
    return await openOwn(own, lock);
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return undefined;
    throw kind === "file"
      ? await writeError(thrown, path, "a file that can be written")
      : await writeError(thrown, lock, "a lock file that can be written");
  } finally {
    await rm(own, { force: true }).catch(() => {});
  }
}

/** By the name that stays: the other one is removed, which network file systems put off while it is open. */
async function openOwn(own: string, lock: string): Promise<FileHandle> {
  const { ino } = await stat(own, { bigint: true });
  const file = await open(lock, "r+").catch(() => undefined);
  if (file !== undefined && (await file.stat({ bigint: true })).ino === ino) return file;
  await file?.close();
  // moved away by mistake, and about to be put back
  return await open(own, "r+");
}

/**
 * Takes the lock of a holder that is gone away, unless it has been touched or replaced since it was looked at. One who
 * waits for it does so at a time: he makes a file for it, and looks once more.
 * @returns false if another is at it
 */
async function removeStale({ lock }: LockPlace, stale: FoundLock, gone: Holder[]): Promise<boolean> {
  const isSame = (found: FoundLock): boolean =>
    stale.holder === undefined
      ? isBlank(found)
      : found.holder?.id === stale.holder.id && found.touched === stale.touched;
  const claim = claimOf(lock, stale);
  try {
    await writeFile(claim, "", { flag: "wx" });
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw await writeError(thrown, lock, "a lock file that can be written");
  }
  try {
    const now = await findLock(lock);
    if (now === undefined || !isSame(now)) return true;
    await removeLock(lock, isSame);
    const { holder } = stale;
    if (holder === undefined || !isFileName(holder.id)) return true;
    gone.push(holder);
    // what its holder made the lock from, if it was killed right behind
    await rm(`${lock}.${holder.id}`, { force: true });
    return true;
  } catch (thrown) {
    throw await writeError(thrown, lock, "a lock file that can be removed");
  } finally {
    await rm(claim, { force: true }).catch(() => {});
  }
}

const isFileName = (id: string): boolean => /^[\w-]+$/.test(id);
const claimOf = (lock: string, { holder }: FoundLock): string =>
  `${lock}.${holder !== undefined && isFileName(holder.id) ? holder.id : "blank"}.claim`;

/** What a holder that is gone was about to give its name, or to move away: if it wakes, it finds nothing to rename, and no place to move to. */
async function removeTemporaries({ path, kind }: LockPlace, { id }: Holder): Promise<void> {
  const folder = kind === "directory" ? path : dirname(path);
  try {
    const names = await readdir(folder, { recursive: kind === "directory", encoding: "utf8" });
    for (const name of names) {
      const isOf = kind === "directory" || name.startsWith(`${basename(path)}.`);
      if (isOf && name.endsWith(`.${id}.tmp`)) await rm(join(folder, name), { force: true, recursive: true });
    }
  } catch (thrown) {
    throw await writeError(thrown, folder, "a folder that can be read and written");
  }
}
