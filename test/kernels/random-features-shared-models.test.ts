import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type DenseArray, float64, sizeOf } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs, randomPathFeatures } from "../../src/kernels/index.ts";
import { inputShapeOf, networkFromOnnx } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { sharedPath } from "../support/shared-data.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const folder = sharedPath("models");
const INPUTS = 50;
/** Features enough to tell kernels apart; {@link REFUSED} has no paths. */
const CASES = [
  { file: "acasxu-1-1.onnx", features: 200 },
  { file: "cifar10-oval-base.onnx", features: 100 },
  { file: "cifar10-resnet-2b.onnx", features: 100 },
  { file: "cifar10-tf2onnx-small.onnx", features: 100 },
  { file: "mnist-256x2.onnx", features: 100 },
  { file: "mnist-convnet-avgpool.onnx", features: 100 },
  { file: "nano-sklearn.onnx", features: 300 },
] as const;
const REFUSED = "mnist-sigmoid-refused.onnx";

/** Pictures of noise, some dark and some bright, so that biases weigh more in some of them. */
function pictures(count: number, shape: readonly number[]): DenseArray<"float64"> {
  const size = sizeOf(shape);
  const brightness = randomStream(5, "brightness").uniform(count, 0.1, 1);
  const noise = randomStream(5, "noise").uniform(count * size, 0, 1);
  return float64(
    [count, ...shape],
    Float64Array.from(noise, (x, i) => x * (brightness[Math.floor(i / size)] ?? 0)),
  );
}

/** A mean over features with its standard error: the rounding of float32 where all agree (a network of one path). */
function meanOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const count = values.length;
  const mean = values.reduce((sum, one) => sum + one, 0) / count;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, variance: squares / (count - 1) / count + 1e-12 * mean ** 2 };
}

/** Of each feature, its products of all pairs of inputs, `[n, n]` one behind the other. */
const productsOf = ({ shape: [rows = 0, count = 0], data }: DenseArray<"float64">): readonly Float64Array[] =>
  Array.from({ length: count }, (_, k) =>
    Float64Array.from(
      { length: rows ** 2 },
      (__, at) => (data[Math.floor(at / rows) * count + k] ?? 0) * (data[(at % rows) * count + k] ?? 0),
    ),
  );

/** Distance of the whole estimated kernel from the exact one, in told standard errors of the Frobenius norm. */
function errorsOff(products: readonly Float64Array[], exact: Float64Array): number {
  let [squares, variances] = [0, 0];
  for (const [at, wanted] of exact.entries()) {
    const { mean, variance } = meanOf(products.map((one) => one[at] ?? 0));
    squares += (mean - wanted) ** 2;
    variances += variance;
  }
  return Math.sqrt(squares / variances);
}

/** How many times the exact kernel the estimated one is, by least squares. */
function timesExact(products: readonly Float64Array[], exact: Float64Array): ReturnType<typeof meanOf> {
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return meanOf(products.map((one) => dot(one, exact) / dot(exact, exact)));
}

describe.skipIf(folder === undefined)("random path features of other people's models (theory 3.15)", () => {
  it("every model but the refused one has a row", () => {
    const files = readdirSync(folder ?? "").filter((file) => file.endsWith(".onnx") && file !== REFUSED);
    expect(files.sort()).toEqual(CASES.map(({ file }) => file));
  });

  it.each(CASES)(
    `$file: $features features agree with the exact kernel of ${INPUTS} inputs within three told errors`,
    async ({ file, features: count }) => {
      const network = networkFromOnnx(readFileSync(join(folder ?? "", file)));
      const x = pictures(INPUTS, inputShapeOf(network));
      const exact = await neuralPathKernelByPairs(network, engine, x);
      const products = productsOf(await randomPathFeatures(network, engine, x, count, { seed: 6 }));
      expect(errorsOff(products, exact.data)).toBeLessThan(3);
      const { mean, variance } = timesExact(products, exact.data);
      const told = Math.sqrt(variance);
      expect(Math.abs(mean - 1)).toBeLessThan(3 * told);
      // the error is small enough to tell: no kernel and one of twice the size are refused
      expect(told).toBeLessThan(1 / 3);
    },
  );
});
