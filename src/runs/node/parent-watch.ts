import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/**
 * Ends this process when the one that started it is gone, also while this thread is in a loop or in native code: a thread
 * of its own looks. Otherwise a kill of the parent would leave it computing for nobody, with its locks held.
 */
export function watchParent(): void {
  const told = Number(process.env[PARENT]);
  const watch = new Worker(createRequire(import.meta.url).resolve("#dist/parent-watch-thread.js"), {
    // one that is gone before this process could look is not its parent any more
    workerData: Number.isSafeInteger(told) && told > 0 ? told : process.ppid,
  });
  watch.unref();
}

const PARENT = "GATEWISE_PARENT";

/** The environment of a process that this one starts, for it to watch this one by. */
export const watchedBy = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...environment,
  [PARENT]: String(process.pid),
});
