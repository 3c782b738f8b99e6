/** Kernels of pairs by tiles: the same bytes however they are cut, by whatever threads, and behind an interruption. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { float32, sizeOf } from "../../../src/graph/index.ts";
import { openPairTilePool, writeKernelFile } from "../../../src/kernels/node/index.ts";
import { sharedPairs } from "../../../src/kernels/node/shared-pairs.ts";
import { TileWorkers } from "../../../src/kernels/node/tile-workers.ts";
import { pairWay } from "../../../src/kernels/pair/pair-way.ts";
import { type OpenPairTiles, openPairTiles, readPairs, tiledPairs } from "../../../src/kernels/pair/pair-work.ts";
import type { TileMaker } from "../../../src/kernels/tiles/tile-maker.ts";
import { tileCount } from "../../../src/kernels/tiles/tile-plan.ts";
import { kernelTiles, type TiledKernel, writeKernel } from "../../../src/kernels/tiles/tiled-kernel.ts";
import { networkFromOnnx } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { type MapLayer, mapModel } from "../../support/map-models.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const EXAMPLES = 19;
const max: MapLayer = { pool: "Max", size: 2, stride: 2 };
/** One of each way: a program, a box chain, gates that are no bits, matrix products of the engine. */
const NETWORKS: Readonly<Record<string, readonly [shape: readonly number[], layers: readonly MapLayer[]]>> = {
  program: [
    [1, 8, 8],
    [{ conv: 4 }, "relu", max, { conv: 8 }, "relu", max, { dense: 2 }],
  ],
  "box chain": [
    [2, 6, 6],
    [{ conv: 8 }, "relu", { conv: 8 }, "relu", "global-average", { dense: 2 }],
  ],
  "leaky gates": [
    [1, 6, 6],
    [{ conv: 4 }, { slope: 0.1 }, max, { conv: 4 }, { slope: 0.2 }, { dense: 2 }],
  ],
};

/** The kernel of two sets, or of one with itself, cut into tiles of an edge. */
async function tiled(name: string, edge: number, between: boolean, open: OpenPairTiles, signal?: AbortSignal) {
  const [shape, layers] = NETWORKS[name] ?? [[], []];
  const network = networkFromOnnx(mapModel(shape, layers));
  const images = (count: number, seed: number) =>
    float32([count, ...shape], Float32Array.from(randomStream(seed, "x").normal(count * sizeOf(shape))));
  const way = pairWay(network);
  const others = between ? images(11, 2) : undefined;
  const work = await readPairs(network, way, engine, images(EXAMPLES, 1), others);
  return { ...tiledPairs(network, work, way, () => open(work, engine, signal)), edge };
}

async function whole(kernel: TiledKernel): Promise<Float64Array> {
  const numbers = new Float64Array(kernel.rows * kernel.columns);
  await writeKernel(kernel, numbers);
  return numbers;
}

describe.each(Object.keys(NETWORKS))("tiles of a %s", (name) => {
  it.each([false, true])(
    "are the same bytes with any edge and any number of threads (two sets: %s)",
    async (between) => {
      const wanted = await whole(await tiled(name, 64, between, openPairTiles));
      expect(wanted.every((value) => value !== 0)).toBe(true);
      expect(await whole(await tiled(name, 8, between, openPairTiles))).toEqual(wanted);
      expect(await whole(await tiled(name, 8, between, openPairTilePool(2, 0)))).toEqual(wanted);
      expect(await whole(await tiled(name, 5, between, openPairTilePool(3, 0)))).toEqual(wanted);
    },
  );

  it("are the same where each thread takes its share, and this one takes what others have not begun", async () => {
    if (name === "leaky gates") return; // no bits: this thread and the engine make them
    const wanted = await whole(await tiled(name, 64, false, openPairTiles));
    let here = 0;
    const slowly: OpenPairTiles = async (work, ...others) => {
      if (work.kind === "soft chain") throw new Error("unreachable: no gates of this test are soft");
      const shared = await sharedPairs(work);
      const maker = await openPairTiles(shared, ...others);
      const write: TileMaker["write"] = async (rows, columns, to) => {
        here += 1;
        // the other thread has all that it may have before it by then
        await new Promise((resolve) => setTimeout(resolve, here < 3 ? 300 : 0));
        await maker.write(rows, columns, to);
      };
      return new TileWorkers(1, { kind: "pairs", work: shared }, { ...maker, write }).maker();
    };
    const kernel = await tiled(name, 3, false, slowly);
    expect(await whole(kernel)).toEqual(wanted);
    expect(here).toBeGreaterThan(2);
    expect(here).toBeLessThan(tileCount(kernel));
  });

  it("end in the same file behind an interruption", async () => {
    await using folder = await temporaryFolder();
    const write = async (file: string, stopAfter: number, open: OpenPairTiles): Promise<Buffer> => {
      const path = join(folder.path, file);
      const stop = new AbortController();
      const target = { path, dtype: "float64", shape: [EXAMPLES, EXAMPLES], symmetric: true, digest: "ab" } as const;
      const run = async (skip: number): Promise<void> => {
        const kernel = await tiled(name, 8, false, open, stop.signal);
        const tiles = kernelTiles(kernel, { skip, signal: skip === 0 ? stop.signal : undefined });
        await writeKernelFile({ ...target, saveEvery: 1 }, tiles, ({ done }) => {
          if (skip === 0 && done === stopAfter) stop.abort(new Error("stop"));
        });
      };
      if (stopAfter === 0) await run(0);
      else {
        await expect(run(0)).rejects.toThrow(/^stop$/);
        const { tiles } = JSON.parse(await readFile(`${path}.part.json`, "utf8"));
        expect(tiles).toBe(stopAfter);
        await run(tiles);
      }
      return await readFile(path);
    };
    const wanted = await write("whole.npy", 0, openPairTiles);
    expect(await write("parts.npy", 2, openPairTiles)).toEqual(wanted);
    expect(await write("threads.npy", 3, openPairTilePool(2, 0))).toEqual(wanted);
  });
});
