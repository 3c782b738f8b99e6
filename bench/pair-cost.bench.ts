/**
 * What one pair of the exact path kernel takes against what its program or plan tells, in processor time:
 * `npx tsx bench/pair-cost.bench.ts [--only gap40,leakyGap]`.
 */
import { parseArgs } from "node:util";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { float64, sizeOf } from "../src/graph/index.ts";
import { pairWay } from "../src/kernels/pair/pair-way.ts";
import { openPairTiles, readPairs } from "../src/kernels/pair/pair-work.ts";
import { networkFromOnnx } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { convolutions, type MapLayer, mapModel } from "../test/support/map-models.ts";

const max = (size: number, stride: number, pad = 0): MapLayer => ({ pool: "Max", size, stride, pad });
const average = (size: number, stride: number, pad = 0): MapLayer => ({ pool: "Average", size, stride, pad });

const NETWORKS: Readonly<Record<string, readonly [shape: readonly number[], layers: readonly MapLayer[]]>> = {
  flat: [
    [3, 128, 128],
    [...convolutions(4, 64), { dense: 10 }],
  ],
  maxpools: [
    [3, 64, 64],
    [
      ...convolutions(1, 32),
      max(2, 2),
      ...convolutions(1, 64),
      max(2, 2),
      ...convolutions(1, 64),
      max(2, 2),
      { dense: 10 },
    ],
  ],
  avgpools: [
    [3, 96, 96],
    [
      ...convolutions(1, 32),
      average(2, 2),
      ...convolutions(1, 64),
      average(2, 2),
      ...convolutions(1, 64),
      average(2, 2),
      { dense: 10 },
    ],
  ],
  overlap: [
    [3, 48, 48],
    [
      ...convolutions(1, 16),
      max(3, 2, 1),
      ...convolutions(1, 16),
      max(3, 2, 1),
      ...convolutions(1, 16),
      max(3, 2, 1),
      { dense: 10 },
    ],
  ],
  gapAfterMax: [
    [3, 40, 40],
    [...convolutions(1, 32), max(2, 2), ...convolutions(1, 32), "global-average", { dense: 10 }],
  ],
  gapAfterAvg: [
    [3, 40, 40],
    [...convolutions(1, 32), average(2, 2), ...convolutions(1, 32), "global-average", { dense: 10 }],
  ],
  gap40: [
    [3, 40, 40],
    [...convolutions(3, 128), "global-average", { dense: 10 }],
  ],
  gapStride: [
    [3, 64, 64],
    [{ conv: 32, stride: 2 }, "relu", ...convolutions(2, 64), "global-average", { dense: 10 }],
  ],
  residualGap: [
    [3, 40, 40],
    [{ conv: 32 }, "relu", { conv: 32 }, "relu", { conv: 32 }, { add: 3 }, "relu", "global-average", { dense: 10 }],
  ],
  residualFlat: [
    [3, 128, 128],
    [{ conv: 32 }, "relu", { conv: 32 }, "relu", { conv: 32 }, { add: 3 }, "relu", max(2, 2), { dense: 10 }],
  ],
  leakyGap: [
    [3, 40, 40],
    [{ conv: 32 }, { slope: 0.1 }, { conv: 32 }, { slope: 0.1 }, "global-average", { dense: 10 }],
  ],
  leakyFlat: [
    [3, 96, 96],
    [{ conv: 32 }, { slope: 0.1 }, max(2, 2), { conv: 32 }, { slope: 0.1 }, max(2, 2), { dense: 10 }],
  ],
  grouped: [
    [4, 64, 64],
    [{ conv: 32 }, "relu", { conv: 32, groups: 32 }, "relu", { conv: 32, kernel: 1 }, "relu", max(2, 2), { dense: 10 }],
  ],
  groupedGap: [
    [4, 24, 24],
    [
      { conv: 32 },
      "relu",
      { conv: 32, groups: 32 },
      "relu",
      { conv: 32, kernel: 1 },
      "relu",
      "global-average",
      { dense: 10 },
    ],
  ],
  oneD: [
    [4, 20000],
    [{ conv: 16 }, "relu", max(8, 8), { conv: 16 }, "relu", max(8, 8), { dense: 10 }],
  ],
  oneDgap: [
    [4, 1500],
    [{ conv: 16 }, "relu", { conv: 16 }, "relu", "global-average", { dense: 10 }],
  ],
  avgOverlap: [
    [3, 28, 28],
    [...convolutions(1, 16), average(5, 1), ...convolutions(1, 16), average(5, 1), { dense: 10 }],
  ],
  avgOverlapAll: [
    [3, 28, 28],
    [...convolutions(1, 16), average(5, 1), ...convolutions(1, 16), "global-average", { dense: 10 }],
  ],
};

const { only } = parseArgs({ options: { only: { type: "string" } } }).values;
const engine = await openNodeEngine("cpu", { threads: 1 });
for (const [name, [shape, layers]] of Object.entries(NETWORKS)) {
  if (only !== undefined && !only.split(",").includes(name)) continue;
  const network = networkFromOnnx(mapModel(shape, layers));
  const way = pairWay(network);
  const { seconds, bytes } = way.cost;
  // the machine makes eight pairs at a time, and as long for fewer
  const sample = way.kind === "program" ? 8 : 2;
  const images = (seed: number) =>
    float64([sample, ...shape], randomStream(seed, "x").uniform(sample * sizeOf(shape), 0, 1));
  const work = await readPairs(network, way, engine, images(0), images(1));
  const maker = await openPairTiles(work, engine, undefined);
  const whole = { from: 0, to: sample };
  const run = () =>
    maker.write(whole, whole, { tile: { data: new Float64Array(sample ** 2), start: 0, stride: sample } });
  await run();
  const start = process.cpuUsage();
  await run();
  const measured = process.cpuUsage(start).user / 1e6 / sample ** 2;
  await maker[Symbol.asyncDispose]();
  const columns = [seconds, measured].map((value) => (1000 * value).toPrecision(3).padStart(9));
  const ratio = (seconds / measured).toFixed(2).padStart(7);
  const memory = (bytes / 1e6).toFixed(1).padStart(8);
  console.log(
    name.padEnd(14),
    way.kind.padEnd(8),
    "told ms, measured ms, ratio, told MB",
    columns.join(""),
    ratio,
    memory,
  );
}
await engine[Symbol.asyncDispose]();
