/** Entry of a tile pool's worker thread: makes tiles of the work that it was started with. */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../../errors.ts";
import type { TileMaker } from "../tiles/tile-maker.ts";
import type { ThreadedWork } from "./shared-pairs.ts";
import { type FromTileWorker, type PackedPoolWork, type PoolWork, type TileRequest, takeTile } from "./tile-request.ts";

const port = parentPort;
if (port === null) throw new Error("tile-worker.ts is started as a worker thread");
const post = (message: FromTileWorker): void => port.postMessage(message);

/** The border to the thread that started this one. */
const work = workerData as PoolWork;
const writer = work.kind === "packed" ? packedWriter(work) : pairWriter(work);

port.on("message", oneByOne(answer));
// tiles are sent to who can begin them
await writer;
post({ made: false });

/** One tile after the other: a machine has room for one. */
function oneByOne(make: (request: TileRequest) => Promise<void>): (request: TileRequest) => void {
  let last = Promise.resolve();
  return (request) => {
    last = last.then(() => make(request));
  };
}

async function answer(request: TileRequest): Promise<void> {
  try {
    const write = await writer;
    const made = takeTile(request);
    if (made) await write(request);
    post({ made });
  } catch (thrown) {
    post({ made: true, error: packError(thrown) });
  }
}

type Writer = (request: TileRequest) => Promise<void>;

// each kind loads its own code: a thread begins the sooner
async function packedWriter({ overlaps: of, bytes }: PackedPoolWork): Promise<Writer> {
  const { openOverlapKernel } = await import("../packed/overlap-kernel.ts");
  const { writeByteTile, writeProductTile } = await import("../packed/tile-maker.ts");
  const overlaps = await openOverlapKernel();
  return async ({ rows, columns, products, to }) => {
    if (products !== undefined) writeProductTile(overlaps, of, rows, columns, products, to);
    else if (bytes !== undefined) writeByteTile(overlaps, of, bytes, rows, columns, to);
    else throw new Error("unreachable: a tile of nothing");
  };
}

/** A thread that is ended in the midst of its work needs no breaths. */
async function pairWriter({ work: pairs }: Extract<PoolWork, { readonly kind: "pairs" }>): Promise<Writer> {
  const maker = await pairMaker(pairs);
  return ({ rows, columns, to }) => maker.write(rows, columns, to);
}

async function pairMaker(pairs: ThreadedWork): Promise<TileMaker> {
  if (pairs.kind === "program") {
    const { openProgramTiles } = await import("../pair-program/program-tiles.ts");
    return await openProgramTiles(pairs, undefined);
  }
  const { openNodeTiles } = await import("../pair/node-tiles.ts");
  return await openNodeTiles(pairs, undefined, undefined);
}
