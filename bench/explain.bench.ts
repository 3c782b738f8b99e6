/**
 * What the maps of flow are worth on a trained network (theory 7.10): pixels are inserted into a blank image, and deleted, in the order of a
 * map, largest first; the area under the predicted class's probability by insertion less that by deletion. Beside signed flow (gradient × input)
 * SmoothGrad × input, integrated gradients, mass and chance. And what is kept, gained and lost against the nearest image of the rival class.
 * `npx tsx bench/explain.bench.ts --model RUN --inputs X.npy --images 100`, images as the network reads them, in [0, 1].
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { float64, sizeOf } from "../src/graph/index.ts";
import { openModel, readArray } from "../src/node.ts";
import { type ActiveNetwork, activate, pathFlow, referenceSplit } from "../src/paths/index.ts";
import { randomStream } from "../src/random.ts";
import { median } from "./contestants.ts";

const { values: options } = parseArgs({
  options: { model: { type: "string" }, inputs: { type: "string" }, images: { type: "string", default: "100" } },
});
/** Images between blank and whole. */
const STEPS = 28;
/** Gradients of a mean. */
const SAMPLES = 32;
const NOISE = 0.15;

const { model: path = "", inputs: file = "" } = options;
await using model = await openModel(path);
const all = await readArray(file);
const size = sizeOf(model.inputShape);
const count = Math.min(Number(options.images), all.shape[0] ?? 0);
const imageAt = (i: number): Float64Array => Float64Array.from(all.data.subarray(i * size, (i + 1) * size));

interface Target {
  readonly output: number;
  readonly against: number;
}

function targetOf({ logits }: ActiveNetwork): Target {
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]!);
  return { output: order[0] ?? 0, against: order[1] ?? 1 };
}

/** `∂y/∂x` at a point, of the network's own input. */
function gradientAt(x: Float64Array, target: Target): Float64Array {
  const { passes } = pathFlow(activate(model.network, x), target);
  const { exponent = 0, totals = new Float64Array(size) } = passes.gradients.get(0) ?? {};
  return totals.map((one) => one * 2 ** exponent);
}

const mean = (size: number, maps: number, of: (k: number) => Float64Array): Float64Array => {
  const sum = new Float64Array(size);
  for (let k = 0; k < maps; k++) {
    const map = of(k);
    for (let i = 0; i < size; i++) sum[i]! += map[i]! / maps;
  }
  return sum;
};
const times = (a: Float64Array, b: Float64Array): Float64Array => a.map((one, i) => one * b[i]!);

function mapsOf(x: Float64Array, i: number, target: Target): Readonly<Record<string, Float64Array>> {
  const { inputFlow, inputMass } = pathFlow(activate(model.network, x), target);
  const noisy = (k: number): Float64Array => {
    const noise = randomStream(0, "noise", i, k).normal(size);
    return x.map((one, pixel) => one + NOISE * noise[pixel]!);
  };
  return {
    "signed flow (gradient × input)": inputFlow,
    "SmoothGrad × input": times(
      x,
      mean(size, SAMPLES, (k) => gradientAt(noisy(k), target)),
    ),
    "integrated gradients": times(
      x,
      mean(size, SAMPLES, (k) =>
        gradientAt(
          x.map((one) => (one * (k + 0.5)) / SAMPLES),
          target,
        ),
      ),
    ),
    mass: inputMass,
    chance: randomStream(0, "chance", i).uniform(size, -1, 1),
  };
}

/** Mean probability of a class over images. */
async function areaOf(images: readonly Float64Array[], output: number): Promise<number> {
  const batch = new Float64Array(images.length * size);
  for (const [i, image] of images.entries()) batch.set(image, i * size);
  const { data, shape } = await model.predict(float64([images.length, ...model.inputShape], batch));
  const outputs = shape[1] ?? 1;
  let sum = 0;
  for (let i = 0; i < images.length; i++) {
    const logits = data.subarray(i * outputs, (i + 1) * outputs);
    const most = logits.reduce((a, b) => Math.max(a, b));
    const whole = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
    sum += Math.exp(logits[output]! - most) / whole;
  }
  return sum / images.length;
}

async function faithfulness(x: Float64Array, map: Float64Array, output: number): Promise<number> {
  const order = Array.from(map.keys()).sort((a, b) => map[b]! - map[a]!);
  const inserted = Array.from({ length: STEPS + 1 }, (_, step) => {
    const image = new Float64Array(size);
    for (const pixel of order.slice(0, Math.round((step * size) / STEPS))) image[pixel] = x[pixel]!;
    return image;
  });
  const deleted = inserted.map((image) => x.map((one, pixel) => one - image[pixel]!));
  return (await areaOf(inserted, output)) - (await areaOf(deleted, output));
}

/** Of the difference to the nearest image that is given the rival class: the share of kept in |kept| + |gained| + |lost|. */
async function keptShares(): Promise<readonly number[]> {
  const shares: number[] = [];
  for (let i = 0; i < count; i++) {
    const active = activate(model.network, imageAt(i));
    const target = targetOf(active);
    const nearest = await model.nearestOfClass(all, i, target.against);
    const split = referenceSplit(pathFlow(active, target), activate(model.network, imageAt(nearest)));
    const { kept, gained, lost } = split;
    shares.push(Math.abs(kept) / (Math.abs(kept) + Math.abs(gained) + Math.abs(lost)));
  }
  return shares;
}

const sums = new Map<string, number[]>();
for (let i = 0; i < count; i++) {
  const x = imageAt(i);
  const target = targetOf(activate(model.network, x));
  for (const [name, map] of Object.entries(mapsOf(x, i, target))) {
    sums.set(name, [...(sums.get(name) ?? []), await faithfulness(x, map, target.output)]);
  }
}
const table = new Table({ head: [`${count} images`, "insertion less deletion"], style: { head: [], border: [] } });
for (const [name, all] of sums) table.push([name, (all.reduce((a, b) => a + b, 0) / all.length).toFixed(3)]);
console.log(table.toString());
const shares = await keptShares();
console.log(
  `kept, of |kept| + |gained| + |lost| against the nearest image of the rival class: median ${(100 * median([...shares])).toFixed(1)} %`,
);
