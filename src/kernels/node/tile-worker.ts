/** Entry of a tile pool's worker thread: makes tiles of the work that it was started with. */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../../errors.ts";
import { openOverlapKernel } from "../packed/overlap-kernel.ts";
import { writeByteTile, writeProductTile } from "../packed/tile-maker.ts";
import type { FromTileWorker, PoolWork, TileRequest } from "./tile-pool.ts";

const port = parentPort;
if (port === null) throw new Error("tile-worker.ts is started as a worker thread");
const post = (message: FromTileWorker): void => port.postMessage(message);

/** The border to the thread that started this one. */
const { overlaps: work, bytes } = workerData as PoolWork;
const kernel = openOverlapKernel();

port.on("message", async ({ id, rows, columns, products, to }: TileRequest) => {
  try {
    const overlaps = await kernel;
    if (products !== undefined) writeProductTile(overlaps, work, rows, columns, products, to);
    else if (bytes !== undefined) writeByteTile(overlaps, work, bytes, rows, columns, to);
    else throw new Error("unreachable: a tile of nothing");
    post({ id });
  } catch (thrown) {
    post({ id, error: packError(thrown) });
  }
});
