/** What Slurm's commands print. */
import { GatewiseError } from "../../errors.ts";

/** The number of the job that `sbatch --parsable` has made: `17` or `17;cluster`. */
export function jobNumber(text: string): string {
  const match = /^(\d+)(?:;.*)?$/m.exec(text.trim());
  if (match?.[1] !== undefined) return match[1];
  throw unexpected("sbatch", text, "the number of a job");
}

/** `MaxArraySize` of `scontrol show config`: indices are below it. */
export function maxArraySize(text: string): number {
  const size = Number(/^MaxArraySize\s*=\s*(\d+)\s*$/m.exec(text)?.[1]);
  if (size > 0) return size;
  if (size === 0)
    throw new GatewiseError({
      received: "a Slurm whose MaxArraySize is 0",
      expected: "one that takes job arrays",
      next: "ask who runs the cluster, or start `sweep run` in jobs of your own with `task` and `tasks`",
    });
  throw unexpected("scontrol show config", text, "a line MaxArraySize = …");
}

/** A task of an array. */
export interface QueuedTask {
  readonly job: string;
  readonly index: number;
}

/** The tasks that `squeue --noheader --array --format=%i` lists, of arrays: `17_3`. */
export const queuedTasks = (text: string): readonly QueuedTask[] =>
  text.split("\n").flatMap((line) => {
    const [, job, index] = /^(\d+)_(\d+)$/.exec(line.trim()) ?? [];
    return job === undefined ? [] : [{ job, index: Number(index) }];
  });

const unexpected = (command: string, text: string, expected: string): GatewiseError =>
  new GatewiseError({
    received: `from ${command}: ${JSON.stringify(text.slice(0, 200))}`,
    expected,
    next: "check that it is Slurm's, of version 20 or later",
  });
