/** Entry of a tile pool's worker thread: makes tiles of the work that it was started with. */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../../errors.ts";
import { openOverlapKernel } from "../packed/overlap-kernel.ts";
import { writeByteTile, writeProductTile } from "../packed/tile-maker.ts";
import { openNodeTiles } from "../pair/node-tiles.ts";
import { openProgramTiles } from "../pair-program/program-tiles.ts";
import type { FromTileWorker, PackedPoolWork, PoolWork, TileRequest } from "./tile-pool.ts";

const port = parentPort;
if (port === null) throw new Error("tile-worker.ts is started as a worker thread");
const post = (message: FromTileWorker): void => port.postMessage(message);

/** The border to the thread that started this one. */
const work = workerData as PoolWork;
const writer = work.kind === "packed" ? packedWriter(work) : pairWriter(work);

port.on("message", async (request: TileRequest) => {
  try {
    await (await writer)(request);
    post({ id: request.id });
  } catch (thrown) {
    post({ id: request.id, error: packError(thrown) });
  }
});

type Writer = (request: TileRequest) => Promise<void>;

async function packedWriter({ overlaps: of, bytes }: PackedPoolWork): Promise<Writer> {
  const overlaps = await openOverlapKernel();
  return async ({ rows, columns, products, to }) => {
    if (products !== undefined) writeProductTile(overlaps, of, rows, columns, products, to);
    else if (bytes !== undefined) writeByteTile(overlaps, of, bytes, rows, columns, to);
    else throw new Error("unreachable: a tile of nothing");
  };
}

/** A thread that is ended in the midst of its work needs no breaths. */
async function pairWriter({ work: pairs }: Extract<PoolWork, { readonly kind: "pairs" }>): Promise<Writer> {
  const maker = await (pairs.kind === "program"
    ? openProgramTiles(pairs, undefined)
    : openNodeTiles(pairs, undefined, undefined));
  return ({ rows, columns, to }) => maker.write(rows, columns, to);
}
