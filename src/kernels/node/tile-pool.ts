/**
 * Makes tiles of the neural path kernel in worker threads, each with a WebAssembly instance of its own; gates and bytes
 * lie in memory that all of them share, and so may the kernel: then they write it themselves, and this thread moves no
 * numbers. The engine's products, where they are needed, are computed once and handed over.
 */

import type { Engine } from "../../engine/index.ts";
import type { GateRows } from "../../gates/index.ts";
import { hasHardGates } from "../../network/index.ts";
import type { ByteRows } from "../packed/byte-rows.ts";
import { openInputGram } from "../packed/input-gram.ts";
import { sparseBytes, type TileWork } from "../packed/tile-maker.ts";
import { type OpenPairTiles, openPairTiles, secondsOfPairs } from "../pair/pair-work.ts";
import type { TileMaker } from "../tiles/tile-maker.ts";
import { sharedPairs } from "./shared-pairs.ts";
import type { PackedPoolWork, PoolWork } from "./tile-request.ts";
import { TileWorkers } from "./tile-workers.ts";

/** Opens tile makers of so many worker threads, for the option `open` of the kernel's functions. */
export const openTilePool =
  (threads: number) =>
  async (work: TileWork, engine: Engine): Promise<TileMaker> => {
    const bytes = sparseBytes(work);
    const gram = bytes === undefined ? await openInputGram(engine, work.rows, work.columns) : undefined;
    const pool = new TileWorkers(threads, packedWork(work, bytes));
    return pool.maker((rows, columns) => gram?.tile(rows, columns), gram);
  };

/** Told seconds of a kernel for each thread beside this one: it takes 0.05 s to begin, and some of this one's time. */
const SECONDS_PER_THREAD = 0.1;

/**
 * Opens tile makers of so many threads for kernels of pairs of examples: this one, and others where they pay. Gates that are
 * no bits stay in this thread: the engine, which has threads of its own, makes their inner products.
 * @param secondsPerThread told seconds of the kernel from which on another thread is begun, for each of them
 */
export const openPairTilePool =
  (threads: number, secondsPerThread = SECONDS_PER_THREAD): OpenPairTiles =>
  async (work, engine, signal) => {
    const isOfReals = work.kind === "soft chain" || (work.kind === "nodes" && !hasHardGates(work.network));
    const others = isOfReals ? 0 : Math.floor(Math.min(threads - 1, secondsOfPairs(work) / secondsPerThread));
    if (isOfReals || others === 0) return await openPairTiles(work, engine, signal);
    const shared = await sharedPairs(work);
    return new TileWorkers(
      others,
      { kind: "pairs", work: shared },
      await openPairTiles(shared, engine, signal),
    ).maker();
  };

function packedWork({ rows, columns, layers, lastBias }: TileWork, bytes: PackedPoolWork["bytes"]): PoolWork {
  const left = { gates: sharedGates(rows.gates) };
  const right = rows === columns ? left : { gates: sharedGates(columns.gates) };
  const leftBytes = bytes && sharedBytes(bytes[0]);
  return {
    kind: "packed",
    overlaps: { layers, lastBias, rows: left, columns: right },
    bytes: leftBytes && [leftBytes, bytes[0] === bytes[1] ? leftBytes : sharedBytes(bytes[1])],
  };
}

function sharedGates(gates: GateRows): GateRows {
  const data = new Uint32Array(new SharedArrayBuffer(gates.data.byteLength));
  data.set(gates.data);
  return { ...gates, data };
}

function sharedBytes(rows: ByteRows): ByteRows {
  const data = new Uint8Array(new SharedArrayBuffer(rows.data.byteLength));
  data.set(rows.data);
  return { ...rows, data };
}
