import type { PairTileMakers } from "../pair/pair-kernel.ts";
import { openPairTilePool, openTilePool } from "./tile-pool.ts";

/** Makers of the tiles of all kernels in so many worker threads. */
export const tileMakers = (threads: number): PairTileMakers & { readonly packed: ReturnType<typeof openTilePool> } => ({
  packed: openTilePool(threads),
  pairs: openPairTilePool(threads),
  allocate: (bytes) => new SharedArrayBuffer(bytes),
});
