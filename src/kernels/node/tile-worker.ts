/** Entry of a tile pool's worker thread: makes tiles of the work that it was started with. */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../../errors.ts";
import { openOverlapKernel } from "../packed/overlap-kernel.ts";
import { byteTile, productTile } from "../packed/tile-maker.ts";
import type { FromTileWorker, PoolWork, TileRequest } from "./tile-pool.ts";

const port = parentPort;
if (port === null) throw new Error("tile-worker.ts is started as a worker thread");
const post = (message: FromTileWorker, values?: Float64Array<ArrayBuffer>): void =>
  port.postMessage(message, values === undefined ? [] : [values.buffer]);

/** The border to the thread that started this one. */
const { overlaps: work, bytes } = workerData as PoolWork;
const kernel = openOverlapKernel();

port.on("message", async ({ id, rows, columns, products }: TileRequest) => {
  try {
    const overlaps = await kernel;
    if (bytes === undefined && products === undefined) throw new Error("unreachable: a tile of nothing");
    const values =
      products === undefined && bytes !== undefined
        ? byteTile(overlaps, work, bytes, rows, columns)
        : productTile(overlaps, work, rows, columns, products ?? new Float64Array());
    post({ id, values }, values);
  } catch (thrown) {
    post({ id, error: packError(thrown) });
  }
});
