/**
 * What path kernels are told to take against what they take, in processor time, a way and a model after the other:
 * `npx tsx bench/told-times.bench.ts [--only groups]`. test/models/told-times.test.ts holds what was measured.
 */
import { parseArgs } from "node:util";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { float32, sizeOf } from "../src/graph/index.ts";
import { featuresTogether, randomPathFeatures } from "../src/kernels/index.ts";
import { featureSeconds } from "../src/models/feature-timing.ts";
import { timeNeuralPathKernel } from "../src/models/kernel-timing.ts";
import { inputShapeOf } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { TOLD_MODELS } from "../test/support/told-models.ts";
import { timed } from "./contestants.ts";

const { values: options } = parseArgs({ options: { only: { type: "string" } } });
/** Enough of them that what starts up does not count. */
const [FEATURES, INPUTS] = [200, 64];

const processor = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

await using engine = await openNodeEngine("cpu", { threads: 1 });
for (const [name, open] of Object.entries(TOLD_MODELS)) {
  if (options.only !== undefined && !name.includes(options.only)) continue;
  const network = open();
  const told = await timeNeuralPathKernel(network, async () => engine);
  const measured = await timeNeuralPathKernel(network, async () => engine, processor);
  if (!("secondsPerPair" in told) || !("secondsPerPair" in measured)) throw new Error(`${name} has no exact kernel`);
  const shape = [INPUTS, ...inputShapeOf(network)];
  const images = float32(shape, Float32Array.from(randomStream(1, "x").uniform(sizeOf(shape), 0, 1)));
  const together = featuresTogether(network, FEATURES);
  const draw = (count: number) => randomPathFeatures(network, engine, images, count, { seed: 1, together });
  await draw(2 * together);
  const features = (await timed(() => draw(FEATURES))).processor / INPUTS;
  const line = (what: string, asTold: number, took: number): string =>
    `${what}: told ${(1e6 * asTold).toPrecision(3)} µs, took ${(1e6 * took).toPrecision(3)} µs, ${(asTold / took).toFixed(2)}`;
  console.log(`${name}\n  ${line("a pair", told.secondsPerPair, measured.secondsPerPair)}`);
  console.log(`  ${line(`${FEATURES} features of an input`, featureSeconds(network, FEATURES, INPUTS), features)}`);
  // half as many pairs as inputs' square against as many features: where features take less
  const inputs = (2 * 2000 * features) / FEATURES / measured.secondsPerPair;
  console.log(
    `  2,000 features take less than the exact kernel from ${Math.round(inputs).toLocaleString("en-US")} inputs on`,
  );
}
