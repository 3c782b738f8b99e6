import { fileError } from "../data/node/index.ts";

/** What becomes of standard output. */
export interface OutputWatch {
  /**
   * Why the result could not be written, once all that was written has been tried: a full disk; undefined for a reader that
   * has gone away (`| head`), which is no error of ours.
   */
  failure(): Promise<unknown>;
}

/**
 * Hears of errors of the process's streams, which would end it with a stack otherwise. What cannot be written on standard
 * error is lost: the result counts.
 */
export function watchOutput({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">): OutputWatch {
  let failure: unknown;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failure ??= fileError(error, "standard output", "a place that takes the result");
  });
  stderr.on("error", () => {});
  return {
    async failure() {
      // a write tells of its end later, in order
      await new Promise<void>((resolve) => stdout.write("", () => resolve()));
      return failure;
    },
  };
}
