/**
 * Times of path statistics and of the largest paths of one example: `node --import tsx bench/paths.bench.ts`. The network
 * is GCONV on 32×32×3 (266 million multiply-adds a pass) with random Glorot weights and biases of a trained size.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { gatedNetwork, gconv, initialParameters, mapParameters, REGIMES } from "../src/network/index.ts";
import {
  activate,
  countActivePaths,
  giniIndex,
  kBestPaths,
  lorenzCurve,
  pathNorm,
  pathStatistics,
  samplePaths,
} from "../src/paths/index.ts";
import { randomStream } from "../src/random.ts";

const GCONV = gconv({ inputShape: [3, 32, 32], width: 64, outputs: 10 });

const { values: options } = parseArgs({ options: { repeat: { type: "string", default: "3" } } });

const SEED = 0;
const initial = initialParameters({
  architecture: GCONV,
  regime: "relu",
  initializer: { kind: "glorot-uniform" },
  seed: SEED,
});
const parameters = mapParameters(initial, (one, { layer, kind }) => {
  if (kind === "weight") return one;
  const drawn = randomStream(SEED, `${layer}.bias`).normal(one.data.length);
  return { ...one, data: Float32Array.from(drawn, (x) => 0.02 * x) };
});
const network = gatedNetwork(GCONV, REGIMES.relu, parameters);
const image = randomStream(SEED, "image").uniform(3 * 32 * 32, 0, 1);
const active = activate(network, image);
const output = active.logits.indexOf(Math.max(...active.logits));
const statistics = pathStatistics(active, output);

const WORK = {
  "activate (gates, selections)": () => activate(network, image),
  "active paths, exact": () => countActivePaths(active, output),
  "all statistics": () => pathStatistics(active, output),
  "path-norm": () => pathNorm(network, 2),
  "top 20 paths": () => kBestPaths(active, output, 20),
  "top 1000 paths": () => kBestPaths(active, output, 1000),
  "1000 sampled paths": () => samplePaths(active, output, 1000, randomStream(SEED, "paths")),
} as const satisfies Record<string, () => unknown>;

/** Least seconds of a few runs, by the wall and by the processor: other work on the machine only adds to the first. */
function secondsOf(work: () => unknown): readonly [wall: string, processor: string] {
  const times = Array.from({ length: Number(options.repeat) }, () => {
    const [start, before] = [performance.now(), process.cpuUsage()];
    work();
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - start) / 1e3, processor: (user + system) / 1e6 };
  });
  const least = (of: (time: (typeof times)[number]) => number): string => Math.min(...times.map(of)).toFixed(3);
  return [least(({ wall }) => wall), least(({ processor }) => processor)];
}

const table = new Table({ head: ["GCONV, one example", "seconds", "of a core"], style: { head: [], border: [] } });
for (const [name, work] of Object.entries(WORK)) table.push([name, ...secondsOf(work)]);
console.log(table.toString());
console.log({ ...statistics, paths: String(statistics.paths), activePaths: String(statistics.activePaths) });
const curve = lorenzCurve(samplePaths(active, output, 1000, randomStream(SEED, "paths")), {
  log2Mass: statistics.log2AbsoluteMass,
  log2Contributing: statistics.log2ContributingPaths,
});
console.log({ gini: giniIndex(curve) });
console.log(kBestPaths(active, output, 3).map(({ contribution, units }) => JSON.stringify({ contribution, units })));
