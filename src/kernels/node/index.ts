export { tileMakers } from "./tile-makers.ts";
export { openPairTilePool, openTilePool } from "./tile-pool.ts";
export { finishedTiles, type KernelFile, writeKernelFile } from "./tiled-file.ts";
