/**
 * What kernels are told to take, against what was measured: by bench/told-times.bench.ts in processor time on one core of an
 * AMD EPYC with AVX-512. The times here do not change; what is told does when programs, plans or rates do.
 */
import { describe, expect, it } from "vitest";
import { featureSeconds } from "../../src/models/feature-timing.ts";
import { Model } from "../../src/models/index.ts";
import { timeNeuralPathKernel } from "../../src/models/kernel-timing.ts";
import { neuralPathKernelWork } from "../../src/models/node/index.ts";
import { TOLD_MODELS, type ToldModel } from "../support/told-models.ts";

/** Microseconds of a pair, and of 200 features of one of 64 inputs. */
const MEASURED = {
  "packed bits: five layers of 128": [0.181, 2020],
  "packed bits: five layers of 1024": [0.194, 41_600],
  "soft chain: five layers of 128": [0.217, 1450],
  "box chain: four convolutions of 128, global average": [4360, 169_000],
  "node by node: leaky gates": [83.5, 720],
  "program: pools and flattening": [30.3, 4140],
  "program: PyTorch's MNIST example": [13.1, 32_600],
  "program: PyTorch's tutorial": [53.8, 5440],
  "program: residual sum, global average": [1080, 11_700],
  "program: strides, global average": [86.4, 2010],
  "program: groups": [210, 13_600],
  "program: means that overlap": [103, 1610],
} as const satisfies Record<ToldModel, readonly [pair: number, features: number]>;

const noEngine = (): Promise<never> => Promise.reject(new Error("what is told runs nothing"));

const expectTold = (seconds: number, microseconds: number): void => {
  expect((1e6 * seconds) / microseconds).toBeGreaterThan(0.5);
  expect((1e6 * seconds) / microseconds).toBeLessThan(2);
};

describe("told within a factor of two of what was measured", () => {
  it.each(Object.entries(TOLD_MODELS))("%s", async (name, open) => {
    const network = open();
    const measured = Object.entries(MEASURED).find(([model]) => model === name)?.[1];
    const told = await timeNeuralPathKernel(network, noEngine);
    if (measured === undefined || told.by === "random features only") throw new Error("no measured time");
    expectTold(told.secondsPerPair, measured[0]);
    expectTold(featureSeconds(network, 200, 64), measured[1]);
  });
});

it("of two sets every pair counts, of one half of them; threads share a file, and features are told beside them", async () => {
  const network = TOLD_MODELS["program: groups"]();
  await using model = new Model(network, { openEngine: noEngine });
  const told = await timeNeuralPathKernel(network, noEngine);
  const secondsPerPair = told.by === "random features only" ? Number.NaN : told.secondsPerPair;
  const out = { path: "kernel.npy" };
  const seconds = async (columns: number | undefined, threads: number): Promise<number> =>
    (await neuralPathKernelWork(model, 100, columns, { out, threads })).seconds;
  expect(await seconds(undefined, 1)).toBeCloseTo(5050 * secondsPerPair, 12);
  expect(await seconds(300, 1)).toBeCloseTo(30_000 * secondsPerPair, 12);
  expect(await seconds(300, 2)).toBeCloseTo(15_000 * secondsPerPair, 12);
  const { exactInstead } = await neuralPathKernelWork(model, 100, 300, { out, threads: 1, features: 160 });
  expect(exactInstead?.features).toBeCloseTo(400 * featureSeconds(network, 160, 400), 12);
  expect(exactInstead?.exact).toBeCloseTo(30_000 * secondsPerPair, 12);
});
