/** Several features of one draw: the same kernel in the mean, and an error told from draws. */
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64, sizeOf } from "../../src/graph/index.ts";
import {
  estimatedKernel,
  featuresTogether,
  neuralPathKernelByPairs,
  randomPathFeatures,
} from "../../src/kernels/index.ts";
import { networkFromOnnx } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { type MapLayer, mapModel } from "../support/map-models.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const SHAPE = [2, 6, 6] as const;
const LAYERS: readonly MapLayer[] = [
  ...([{ conv: 4 }, "relu", { pool: "Max", size: 2, stride: 2 }, { conv: 4 }, "relu", { dense: 3 }] as const),
];
const network = networkFromOnnx(mapModel(SHAPE, LAYERS));
const inputs = float64([6, ...SHAPE], randomStream(2, "pictures").uniform(6 * sizeOf(SHAPE), 0, 1));

describe("features of a draw", () => {
  it("estimate the same kernel, and tell how far off they are: 30 rounds", async () => {
    const { data: exact } = await neuralPathKernelByPairs(network, engine, inputs);
    const norm = exact.reduce((sum, value) => sum + value ** 2, 0);
    const rounds = 30;
    const mean = new Float64Array(exact.length);
    let [told, found] = [0, 0];
    for (let seed = 0; seed < rounds; seed++) {
      const features = await randomPathFeatures(network, engine, inputs, 128, { seed, together: 8 });
      const { kernel, relativeError } = estimatedKernel(features, features, 8);
      for (const [i, value] of kernel.data.entries()) mean[i]! += value / rounds;
      told += relativeError / rounds;
      found += Math.sqrt(kernel.data.reduce((sum, value, i) => sum + (value - exact[i]!) ** 2, 0) / norm) / rounds;
    }
    // of 16 draws a round: a fifth
    expect(told / found).toBeGreaterThan(0.8);
    expect(told / found).toBeLessThan(1.25);
    // the mean of all rounds is as much closer as there are more of them: within three such errors
    const off = Math.sqrt(mean.reduce((sum, value, i) => sum + (value - exact[i]!) ** 2, 0) / norm);
    expect(off).toBeLessThan((3 * told) / Math.sqrt(rounds));
  });

  it("are told an error that knows of their draws: taken for independent ones it is smaller", async () => {
    const features = await randomPathFeatures(network, engine, inputs, 400, { seed: 1, together: 8 });
    expect(estimatedKernel(features).relativeError).toBeLessThan(
      0.8 * estimatedKernel(features, features, 8).relativeError,
    );
  });

  it("are so many that there are draws enough, behind a last layer that is dense", () => {
    expect([2, 31, 32, 100, 2000, 2003].map((count) => featuresTogether(network, count))).toEqual([1, 1, 2, 5, 8, 1]);
    const maps = networkFromOnnx(mapModel(SHAPE, [{ conv: 4 }, "relu", "global-average"]));
    expect(featuresTogether(maps, 2000)).toBe(1);
  });

  it("divide the features", async () => {
    expect(await rejectionOf(randomPathFeatures(network, engine, inputs, 10, { seed: 1, together: 4 }))).toEqual({
      message:
        "4 of 10 features a draw, behind a dense node: expected a number that divides that of the features, and a last layer that is dense",
      hint: "draw each feature on its own",
    });
  });
});
