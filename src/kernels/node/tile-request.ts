/** What is said between the thread that asks for tiles and those that make them. */
import type { PackedError } from "../../errors.ts";
import type { ByteRows } from "../packed/byte-rows.ts";
import type { TileOverlaps } from "../packed/tile-maker.ts";
import type { TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import type { ThreadedWork } from "./shared-pairs.ts";

/** What a worker is started with. */
export type PoolWork = PackedPoolWork | { readonly kind: "pairs"; readonly work: ThreadedWork };

export interface PackedPoolWork {
  readonly kind: "packed";
  readonly overlaps: TileOverlaps;
  readonly bytes: readonly [ByteRows, ByteRows] | undefined;
}

export interface TileRequest {
  readonly id: number;
  readonly rows: ExampleRange;
  readonly columns: ExampleRange;
  /** `[rows, columns]`, the input's inner products, where packed work has no bytes. */
  readonly products: Float64Array<ArrayBuffer> | undefined;
  /** In shared memory. */
  readonly to: TilePlace;
  /** One shared number, 0 until a thread begins the tile: whoever sets it to 1 makes it. */
  readonly taken: Int32Array;
}

/** Whether a thread that comes to a tile is the first: no other makes it then. */
export const takeTile = ({ taken }: TileRequest): boolean => Atomics.compareExchange(taken, 0, 0, 1) === 0;

/** Once when it can begin, and behind each tile. */
export interface FromTileWorker {
  /** Not if another thread makes the tile. */
  readonly made: boolean;
  /** Why the tile is not written, if it is not. */
  readonly error?: PackedError;
}
