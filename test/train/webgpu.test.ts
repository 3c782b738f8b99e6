import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type Architecture, initialParameters } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { ChunkRunner } from "../../src/train/chunks.ts";
import { type OptimizerKind, optimizer, startState, stateByName, type TrainingPlan } from "../../src/train/index.ts";
import { oracleConformance } from "../conformance/oracles.ts";
import { expectClose } from "../support/expect-close.ts";
import { oracles } from "../support/oracle.ts";
import { startOf, tinyData, tinyPlan, trainAll } from "../support/tiny-training.ts";
import { hasWebgpu, keepShaders } from "../support/webgpu.ts";

const CONVOLUTIONAL: Architecture = {
  inputShape: [1, 4, 5],
  layers: [
    { kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
    { kind: "convolution", channels: 4, kernel: 3, stride: 1, padding: "same", bias: false, gated: true },
    { kind: "global-average-pool" },
    { kind: "dense", units: 3, bias: true, gated: false },
  ],
};
const NORMALIZED: Architecture = {
  inputShape: [1, 4, 5],
  layers: [
    {
      ...{ kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same" },
      ...{ bias: false, gated: true, batchNorm: true },
    },
    { kind: "global-average-pool" },
    { kind: "dense", units: 5, bias: true, gated: true, batchNorm: true },
    { kind: "dense", units: 3, bias: true, gated: false },
  ],
};
const MAX_POOL: Architecture = {
  inputShape: [1, 4, 6],
  layers: [
    { kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
    { kind: "max-pool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", units: 3, bias: true, gated: false },
  ],
};
// an update is the same for all layers: each optimizer on one network
const NETWORKS = [
  { network: "fully connected", architecture: tinyPlan().architecture, optimizers: ["sgd", "adam"] },
  { network: "convolutional", architecture: CONVOLUTIONAL, optimizers: ["rmsprop", "adamw"] },
] as const satisfies readonly { readonly optimizers: readonly OptimizerKind[]; readonly [other: string]: unknown }[];
const STEPS = 10;

/** Losses, parameters and averages of ten steps in two runs: what the first leaves on the device is fed to the second. */
async function tenSteps(engine: Engine, plan: TrainingPlan) {
  const examples = STEPS * plan.batch;
  const { train } = tinyData(examples, 1, plan.architecture.inputShape);
  const order = randomStream(plan.seed, "order", 1).permutation(examples);
  await using runner = await ChunkRunner.open(engine, plan, train, startState(plan, startOf(plan)));
  const half = { batch: plan.batch, count: STEPS / 2 };
  const first = await runner.run({ start: 0, ...half }, order, 1);
  const second = await runner.run({ start: examples / 2, ...half }, order, 1);
  return {
    losses: [...first.losses, ...second.losses],
    correct: first.correct + second.correct,
    arrays: stateByName(await runner.read()),
  };
}

const isThere = hasWebgpu();
// a file without a test fails
it.skipIf(!isThere)("a WebGPU driver is there", () => expect(isThere).toBe(true));

describe.skipIf(!isThere)("on webgpu", () => {
  let webgpu: Engine;
  let cpu: Engine;
  beforeAll(async () => {
    await keepShaders();
    webgpu = await openNodeEngine("webgpu", { threads: 1 });
    cpu = await openNodeEngine("cpu", { threads: 1 });
  });
  afterAll(async () => {
    await webgpu[Symbol.asyncDispose]();
    await cpu[Symbol.asyncDispose]();
  });

  describe.each(NETWORKS)("ten steps of a $network network are those of the CPU", ({ architecture, optimizers }) => {
    it.each(optimizers)("%s", async (kind) => {
      const plan = tinyPlan({ architecture, regime: "dlnpf", optimizer: optimizer(kind, kind === "sgd" ? 0.1 : 3e-3) });
      const wanted = await tenSteps(cpu, plan);
      const got = await tenSteps(webgpu, plan);
      expectClose(got.losses, wanted.losses, { relative: 1e-5 });
      expect(got.correct).toBe(wanted.correct);
      for (const [name, { data }] of Object.entries(wanted.arrays)) {
        expectClose(got.arrays[name]?.data ?? [], data, { relative: 1e-4, absolute: 1e-5 });
      }
    });
  });

  it("ten steps with a recipe and batch normalization are those of the CPU", async () => {
    const plan = tinyPlan({
      architecture: NORMALIZED,
      regime: "dlnpf",
      optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 },
      recipe: {
        schedule: { kind: "cosine", epochs: 3, warmup: 1 },
        clipNorm: 0.5,
        labelSmoothing: 0.1,
        classWeights: [1, 2, 0.5],
        dropout: 0.25,
        augment: { crop: 1, flip: true },
      },
    });
    const [wanted, got] = [await tenSteps(cpu, plan), await tenSteps(webgpu, plan)];
    expectClose(got.losses, wanted.losses, { relative: 1e-4 });
    for (const [name, { data }] of Object.entries(wanted.arrays)) {
      expectClose(got.arrays[name]?.data ?? [], data, { relative: 1e-3, absolute: 1e-4 });
    }
  });

  // flnpf takes its gates from a table of bits; the others compute them
  it.each([
    { architecture: tinyPlan().architecture, regime: "flnpf", network: "fully connected" },
    { architecture: CONVOLUTIONAL, regime: "frnpf-di", network: "convolutional" },
    { architecture: MAX_POOL, regime: "dlnpf", network: "with a maximum" },
  ] as const)("a training of $regime, $network, has the epochs of the CPU", async ({ architecture, regime }) => {
    const plan = tinyPlan({ architecture, regime, epochs: 2 });
    const data = tinyData(45, 20, architecture.inputShape);
    const wanted = await trainAll(plan, data);
    const got = await trainAll(plan, data, { engine: webgpu });
    wanted.forEach(({ metrics }, i) => {
      const one = got[i]?.metrics;
      expect(one?.testAccuracy).toBe(metrics.testAccuracy);
      expect(one?.trainAccuracy).toBe(metrics.trainAccuracy);
      expectClose([one?.trainLoss ?? 0, one?.testLoss ?? 0], [metrics.trainLoss, metrics.testLoss], { relative: 1e-5 });
      expect(one?.gates).toEqual(metrics.gates);
    });
  });

  // what --from, --gates and --init choose: a network's gates, others of the seed, weights to begin from
  it("a training behind gates of several sources has the epochs of the CPU", async () => {
    const { architecture } = tinyPlan();
    const other = initialParameters(tinyPlan({ seed: 100 })).value;
    const plan = tinyPlan({
      ...{ regime: "by-layer", epochs: 1, init: { network: "sha256:a" } },
      gates: [
        { layer: 1, from: { network: "sha256:a", architecture }, trains: false },
        { layer: 2, from: "random", trains: true },
      ],
    });
    const initial = initialParameters(plan, undefined, { "sha256:a": other });
    // whole batches: each size is a program of its own
    const [data, context] = [tinyData(40, 16), { initial }];
    const wanted = await trainAll(plan, data, context);
    const got = await trainAll(plan, data, { ...context, engine: webgpu });
    wanted.forEach(({ metrics }, i) => {
      const { trainLoss = 0, testLoss = 0, testAccuracy, gates } = got[i]?.metrics ?? {};
      expectClose([trainLoss, testLoss], [metrics.trainLoss, metrics.testLoss], { relative: 1e-5 });
      expect({ testAccuracy, gates }).toEqual({ testAccuracy: metrics.testAccuracy, gates: metrics.gates });
    });
  });
});

if (isThere) oracleConformance("webgpu", () => openNodeEngine("webgpu", { threads: 1 }), oracles("conv"));
