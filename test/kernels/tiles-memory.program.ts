/** Takes tiles of a kernel one by one under a signal that never comes, and tells what is held of them. */
import { kernelTiles } from "../../src/kernels/index.ts";
import { allocateHere } from "../../src/kernels/tiles/tile-maker.ts";
import { printHeld } from "../support/memory-growth.ts";

const EDGE = 256;
const tiles = kernelTiles(
  {
    ...{ rows: 16 * EDGE, columns: 16 * EDGE, symmetric: true, edge: EDGE },
    open: async () => ({
      ahead: 1,
      allocate: allocateHere,
      write: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }),
  },
  { signal: new AbortController().signal },
);
await printHeld(12, async () => {
  for (let i = 0; i < 4; i++) await tiles.next();
});
