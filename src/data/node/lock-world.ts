/** What a lock needs of the world: who holds it, time, and something that goes on while the process computes. */
import type { FileHandle } from "node:fs/promises";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { GatewiseError } from "../../errors.ts";
import type { LockBeat } from "./lock-beat-thread.ts";
import { type Holder, hasEnded, isSeen, thisHolder } from "./lock-holder.ts";

/** The world of a lock; tests give their own. */
export interface LockWorld {
  /** This process. */
  holder(): Promise<Omit<Holder, "id" | "leaseMs">>;
  /** Whether a holder can be seen from where `mine` is, and if so whether it has ended. */
  look(holder: Holder, mine: Holder): Promise<"unseen" | "ended" | "there">;
  /** Milliseconds from any fixed point; never back. */
  clock(): number;
  wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
  /** Touches the open file, as far as its server. */
  touch(file: FileHandle): Promise<void>;
  /** Touches it at intervals until it goes out of scope. */
  beat(file: FileHandle, everyMs: number): AsyncDisposable;
}

/** This machine. */
export const THIS_WORLD: LockWorld = {
  holder: thisHolder,
  look: async (holder, mine) => (!isSeen(holder, mine) ? "unseen" : (await hasEnded(holder)) ? "ended" : "there"),
  clock: () => performance.now(),
  wait: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
  },
  touch: (file) => {
    const now = Date.now() / 1000;
    return file.utimes(now, now);
  },
  beat: ({ fd }, everyMs) => {
    const thread = new Worker(createRequire(import.meta.url).resolve("#dist/lock-beat-thread.js"), {
      workerData: { fd, everyMs } satisfies LockBeat,
    });
    thread.unref();
    // awaited before the file is closed: its number may soon be that of another
    return { [Symbol.asyncDispose]: async () => void (await thread.terminate()) };
  },
};

/** Longer than the minute for which network file systems keep what they know of a file. */
const LEASE_SECONDS = 120;
const LONGEST_LEASE = 86_400;

/**
 * Milliseconds without a sign of life after which a lock's holder on another machine is gone: `GATEWISE_LEASE` in seconds,
 * else two minutes.
 * @throws GatewiseError for anything but a number of seconds, up to a day
 */
export function leaseOf({ GATEWISE_LEASE: told }: Readonly<Record<string, string | undefined>>): number {
  if (told === undefined || told === "") return LEASE_SECONDS * 1000;
  const seconds = /^\d+(\.\d+)?$/.test(told) ? Number(told) : Number.NaN;
  if (seconds > 0 && seconds <= LONGEST_LEASE) return seconds * 1000;
  throw new GatewiseError({
    received: `GATEWISE_LEASE=${told}`,
    expected: `seconds above 0, at most ${LONGEST_LEASE}`,
    next: `leave it out for ${LEASE_SECONDS}, or give another: the same on all machines that share the directory is best`,
  });
}
