/**
 * Entry of the thread that touches a lock at intervals, through the file that its process has open: also while that
 * process is in a long loop or in native code. A stop of the process stops it too.
 */
import { futimesSync } from "node:fs";
import { workerData } from "node:worker_threads";

export interface LockBeat {
  readonly fd: number;
  readonly everyMs: number;
}

const { fd, everyMs } = workerData as LockBeat;

setInterval(() => {
  const now = Date.now() / 1000;
  try {
    futimesSync(fd, now, now);
  } catch {
    // whoever writes under the lock looks at it before, and says what is wrong
  }
}, everyMs);
