/** Entry of a thread that ranks neighbors of the work that it was started with. */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../../errors.ts";
import { type NeighborWork, rowRanking } from "../neighbor-rows.ts";
import type { FromNeighborWorker, RowsRequest } from "./neighbor-pool.ts";

const port = parentPort;
if (port === null) throw new Error("neighbor-worker.ts is started as a worker thread");
const post = (message: FromNeighborWorker): void => port.postMessage(message);

/** The border to the thread that started this one. */
const rankRow = rowRanking(workerData as NeighborWork);

port.on("message", ({ from, to }: RowsRequest) => {
  try {
    post({ rows: Array.from({ length: to - from }, (_, i) => rankRow(from + i)) });
  } catch (thrown) {
    post({ error: packError(thrown) });
  }
});
