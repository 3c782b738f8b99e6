export { finishedTiles, type KernelFile, writeKernelFile } from "./kernel-file.ts";
export { openTilePool } from "./tile-pool.ts";
