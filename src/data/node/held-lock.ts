import { channel } from "node:diagnostics_channel";
import type { BigIntStats } from "node:fs";
import { type FileHandle, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { type WriteGuard, writeError } from "./files.ts";
import { findLock, type Holder } from "./lock-holder.ts";
import { removeLock } from "./lock-move.ts";
import type { LockWorld } from "./lock-world.ts";

/** What is locked. */
export interface LockPlace {
  readonly path: string;
  readonly kind: "directory" | "file";
  /** The lock's file. */
  readonly lock: string;
}

/** A lock that this process holds; it is given back when it goes out of scope. */
export interface Lock extends AsyncDisposable, WriteGuard {
  /**
   * To be called before each write. One look at the file's name; a process that was stopped asks the server first.
   * @throws GatewiseError `taken-over` unless the lock is still this one's; `file-access` where the disk does not tell
   */
  check(): Promise<void>;
}

/** The diagnostics channel that tells of each lock, for who takes it away where its process is ended hard. */
export const LOCK_CHANNEL = "gatewise.lock";
/** A lock was taken or given back. */
export interface LockEvent {
  readonly kind: "locked" | "unlocked";
  /** Of the lock's file. */
  readonly path: string;
  /** It stands in the file. */
  readonly id: string;
}

/** So often within a lease a lock is touched: one touch that the network loses ends nothing, nor do six. */
export const BEATS = 8;

/** How long a lock that was moved by mistake may take to come back. */
const SETTLE_MS = 1000;
const SETTLE_STEP_MS = 20;

/** A lock, through its open file. */
export class HeldLock implements Lock {
  private readonly everyMs: number;
  private readonly beats: AsyncDisposable;
  /** When the server was asked last. */
  private asked: number;
  private own: BigIntStats | undefined;

  constructor(
    private readonly place: LockPlace,
    private readonly holder: Holder & { readonly leaseMs: number },
    private readonly file: FileHandle,
    private readonly world: LockWorld,
  ) {
    this.everyMs = holder.leaseMs / BEATS;
    this.asked = world.clock();
    this.beats = world.beat(file, this.everyMs);
    this.tell("locked");
  }

  get id(): string {
    return this.holder.id;
  }

  async check(): Promise<void> {
    const { world, file, place } = this;
    try {
      if (world.clock() - this.asked > this.everyMs) {
        // a process that was stopped has old things in its caches: the touch goes to the server, which may refuse it
        await world.touch(file);
        this.asked = world.clock();
      }
      for (let waited = 0; !(await this.isLinked()); waited += SETTLE_STEP_MS) {
        if ((await file.stat()).nlink === 0 || waited >= SETTLE_MS) throw takenOver(place);
        await world.wait(SETTLE_STEP_MS, undefined);
      }
    } catch (thrown) {
      if (codeOf(thrown) === "ESTALE") throw takenOver(place, thrown);
      throw await writeError(thrown, place.lock, "a lock file that can be touched and found");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.beats[Symbol.asyncDispose]();
    try {
      await this.file.close();
      // of a lock that another has taken over nothing is moved
      if ((await findLock(this.place.lock))?.holder?.id === this.id) {
        await removeLock(this.place.lock, ({ holder }) => holder?.id === this.id);
      }
    } catch (thrown) {
      // a disk that is gone keeps the lock of a process that will be: whoever comes next takes it over
      if (codeOf(thrown) === undefined && !(thrown instanceof GatewiseError)) throw thrown;
    }
    this.tell("unlocked");
  }

  private async isLinked(): Promise<boolean> {
    this.own ??= await this.file.stat({ bigint: true });
    const named = await statIfThere(this.place.lock);
    if (named === undefined) return false;
    if (this.own.ino === named.ino && this.own.dev === named.dev) return true;
    // some network file systems make up the numbers of files as they go
    return (await findLock(this.place.lock))?.holder?.id === this.id;
  }

  private tell(kind: LockEvent["kind"]): void {
    channel(LOCK_CHANNEL).publish({ kind, path: resolve(this.place.lock), id: this.id } satisfies LockEvent);
  }
}

const statIfThere = (path: string) =>
  stat(path, { bigint: true }).catch((thrown) => {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  });

const takenOver = ({ path, kind }: LockPlace, cause?: unknown): GatewiseError =>
  new GatewiseError({
    code: "taken-over",
    received: `${path}, whose lock this process has lost: nothing more is written`,
    expected: `to be the one writer of the ${kind} to the end`,
    next: "another process goes on with it, for this one gave no sign of life, or somebody has removed the lock; look there before you start it again",
    cause,
  });
