import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/**
 * Ends this process when the one that started it is gone, also while this thread is in a loop or in native code: a thread
 * of its own looks. Otherwise a kill of the parent would leave it computing for nobody, with its locks held.
 */
export function watchParent(): void {
  const watch = new Worker(createRequire(import.meta.url).resolve("#dist/parent-watch-thread.js"), {
    workerData: process.ppid,
  });
  watch.unref();
}
