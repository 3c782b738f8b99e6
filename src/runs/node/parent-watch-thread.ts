/** Entry of the thread that ends its process once the parent, whose number it was started with, is gone. */
import { workerData } from "node:worker_threads";

/** A locked directory is waited for longer than this. */
const INTERVAL_MS = 200;

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, "SIGKILL");
}, INTERVAL_MS);
