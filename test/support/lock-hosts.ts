/** Machines that share a folder, in one process: each with a name and a clock of its own, in a time that a test moves. */
import type { FileHandle } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { type LockWorld, THIS_WORLD } from "../../src/data/node/index.ts";
import { codeOf } from "../../src/errors.ts";

export interface Host extends LockWorld {
  /** Its processes are stopped, or the machine is gone: no touch, and no look at the time. */
  isStopped: boolean;
  /** What the file system says to a touch. */
  failure: NodeJS.ErrnoException | undefined;
}

export class Machines {
  /** Milliseconds. */
  time = 0;
  private readonly due: { at: number; readonly everyMs: number; readonly host: Host; readonly file: FileHandle }[] = [];

  /**
   * @param name of the host, which is all that tells machines apart
   * @param wallClock what it takes for the time of day, in seconds: no two agree
   */
  host(name: string, wallClock = 0): Host {
    const touch = async (file: FileHandle): Promise<void> => {
      if (host.failure !== undefined) throw host.failure;
      await file.utimes(wallClock + this.time / 1000, wallClock + this.time / 1000);
    };
    const mine = { host: name, pid: 31_992, started: "1", boot: name, pidNamespace: "" };
    const host: Host = {
      isStopped: false,
      failure: undefined,
      holder: async () => mine,
      look: async (holder) => (holder.host === name ? "there" : "unseen"),
      clock: () => this.time,
      wait: async (milliseconds, signal) => {
        await this.pass(milliseconds);
        signal?.throwIfAborted();
      },
      touch,
      beat: (file, everyMs) => {
        const beat = { at: this.time + everyMs, everyMs, host, file };
        this.due.push(beat);
        return { [Symbol.asyncDispose]: async () => void this.due.splice(this.due.indexOf(beat), 1) };
      },
    };
    return host;
  }

  /** Lets time pass, with the touches that are due in it. */
  async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    for (const beat of this.due.filter(({ at }) => at <= this.time)) {
      beat.at = this.time + beat.everyMs;
      if (!beat.host.isStopped) {
        await beat.host.touch(beat.file).catch((thrown) => {
          if (codeOf(thrown) === undefined) throw thrown;
        });
      }
    }
    await turn();
  }
}

/** As the system says it. */
export const systemError = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: futime`), { code });

/** This process as another machine's, from which no process here can be seen. */
export const ELSEWHERE: LockWorld = {
  ...THIS_WORLD,
  holder: async () => ({ ...(await THIS_WORLD.holder()), host: "n2" }),
  look: async () => "unseen",
};
