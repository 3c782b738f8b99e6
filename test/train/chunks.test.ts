import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { capabilitiesOf } from "../../src/engine/device-capabilities.ts";
import type { Capabilities, Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { ortEngine } from "../../src/engine/ort-engine.ts";
import { denseArray, float32, sizeOf } from "../../src/graph/index.ts";
import {
  type Architecture,
  byName,
  fullyConnected,
  type Layer,
  type TrialParameters,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { ChunkRunner, chunksOf } from "../../src/train/chunks.ts";
import { GateReader } from "../../src/train/gate-reader.ts";
import { type Optimizer, optimizer, startState, stateByName, type TrainingPlan } from "../../src/train/index.ts";
import { SLOTS } from "../../src/train/optimizers.ts";
import { expectClose } from "../support/expect-close.ts";
import { startOf, tinyData, tinyPlan } from "../support/tiny-training.ts";

const RMSPROP_SHORT: Optimizer = { kind: "rmsprop", learningRate: 1e-3, rho: 0.5, epsilon: 1e-7 };

describe("chunksOf", () => {
  const adam = optimizer("adam", 1e-3);
  it.each([
    { examples: 60000, batch: 32, config: adam, longest: 235 },
    { examples: 45, batch: 8, config: adam, longest: 5 },
    { examples: 3, batch: 8, config: adam, longest: 1 },
    { examples: 8, batch: 8, config: adam, longest: 1 },
    { examples: 251, batch: 1, config: adam, longest: 126 },
    // 2^60 of squares that halve in every step
    { examples: 600, batch: 1, config: RMSPROP_SHORT, longest: 60 },
  ])("$examples examples in batches of $batch under $config.kind", ({ examples, batch, config, longest }) => {
    const chunks = chunksOf(examples, { batch, optimizer: config });
    let position = 0;
    chunks.forEach((chunk, i) => {
      expect(chunk.start).toBe(position);
      position += chunk.batch * chunk.count;
      if (chunk.batch !== batch) expect([i, chunk.batch]).toEqual([chunks.length - 1, examples % batch]);
    });
    expect(position).toBe(examples);
    expect(Math.max(...chunks.map(({ count }) => count))).toBe(longest);
  });
});

const INPUTS = 6;
const BATCH = 4;
const STEPS = 600;
const EXAMPLES = BATCH * STEPS;
const SEEN = {
  inputs: denseArray(
    "uint8",
    [EXAMPLES, INPUTS],
    Uint8Array.from(randomStream(4, "x").uniform(EXAMPLES * INPUTS, 0, 256)),
  ),
  labels: denseArray("uint8", [EXAMPLES], Uint8Array.from(randomStream(4, "y").uniform(EXAMPLES, 0, 2))),
};
const WEIGHT = float32([INPUTS, 1], randomStream(4, "w").uniform(INPUTS, -1, 1));
const START: TrialParameters = { value: { 1: { weight: WEIGHT } } };

const planOf = (config: Optimizer): TrainingPlan =>
  tinyPlan({
    architecture: fullyConnected({ inputShape: [INPUTS], depth: 1, width: 1, outputs: 1, bias: false }),
    optimizer: config,
    loss: "mean-squared-error",
    batch: BATCH,
    epochs: 1,
  });

/** One linear unit, labels −1 and +1 without any rule: the textbook's (and Keras's) formulas, step by step in float64. */
function reference(config: Optimizer, order: Int32Array) {
  const w = Array.from(WEIGHT.data);
  const [m, v, velocity] = [w.map(() => 0), w.map(() => 0), w.map(() => 0)];
  const losses: number[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const gradient = w.map(() => 0);
    let loss = 0;
    for (let b = 0; b < BATCH; b++) {
      const example = order[(t - 1) * BATCH + b]!;
      const x = w.map((_, i) => SEEN.inputs.data[example * INPUTS + i]! / 255);
      const error = x.reduce((sum, value, i) => sum + value * w[i]!, 0) - (2 * SEEN.labels.data[example]! - 1);
      loss += error ** 2 / BATCH;
      x.forEach((value, i) => {
        gradient[i]! += (2 * error * value) / BATCH;
      });
    }
    losses.push(loss);
    gradient.forEach((g, i) => {
      if (config.kind === "sgd") {
        velocity[i] = config.momentum * velocity[i]! - config.learningRate * g;
        w[i]! += velocity[i]!;
      } else if (config.kind === "adam") {
        m[i] = config.beta1 * m[i]! + (1 - config.beta1) * g;
        v[i] = config.beta2 * v[i]! + (1 - config.beta2) * g * g;
        const rate = (config.learningRate * Math.sqrt(1 - config.beta2 ** t)) / (1 - config.beta1 ** t);
        w[i]! -= (rate * m[i]!) / (Math.sqrt(v[i]!) + config.epsilon);
      } else if (config.kind === "rmsprop") {
        v[i] = config.rho * v[i]! + (1 - config.rho) * g * g;
        w[i]! -= (config.learningRate * g) / (Math.sqrt(v[i]!) + config.epsilon);
      }
    });
  }
  return { w, m, v, velocity, losses };
}

/** The CPU as an engine that lacks something. */
const openLacking = (lacking: Partial<Capabilities>): Engine =>
  ortEngine(
    { InferenceSession, Tensor: OrtTensor },
    {
      device: "cpu",
      capabilities: { ...capabilitiesOf("cpu"), ...lacking },
      session: { executionProviders: ["cpu"], intraOpNumThreads: 1, logSeverityLevel: 4 },
      ownMemory: false,
    },
  );

/** The same steps by the graph, in chunks of these lengths. */
async function chunked(
  config: Optimizer,
  order: Int32Array,
  counts: readonly number[],
  lacking: Partial<Capabilities> = {},
) {
  const plan = planOf(config);
  const start = startState(plan, START);
  await using engine = openLacking(lacking);
  await using runner = await ChunkRunner.open(engine, plan, SEEN, start);
  const losses: number[] = [];
  let position = 0;
  for (const count of counts) {
    losses.push(...(await runner.run({ start: position, batch: BATCH, count }, order, 1)).losses);
    position += count * BATCH;
  }
  return { losses, ...(await runner.read()) };
}

describe.each([
  { name: "sgd", config: optimizer("sgd", 1e-2) },
  { name: "sgd with momentum", config: { kind: "sgd", learningRate: 1e-2, momentum: 0.9 } },
  { name: "adam", config: optimizer("adam", 1e-2) },
  { name: "rmsprop", config: optimizer("rmsprop", 1e-3) },
] satisfies { name: string; config: Optimizer }[])(`${STEPS} steps of $name`, ({ config }) => {
  it.each([
    { title: "one chunk", counts: [STEPS] },
    { title: "chunks of up to 250", counts: [200, 200, 200] },
    { title: "a chunk for every step at first", counts: [1, 1, 1, 1, 1, 5, 90, 250, 250] },
  ])("in $title are those of a float64 loop", async ({ counts }) => {
    const order = randomStream(0, "order", 1).permutation(EXAMPLES);
    const wanted = reference(config, order);
    const { losses, parameters, averages } = await chunked(config, order, counts);
    // 600 roundings of float32
    const tolerance = { relative: 2e-4, absolute: 2e-5 };
    expectClose(losses, wanted.losses, tolerance);
    expectClose(parameters.value[1]?.weight.data ?? [], wanted.w, tolerance);
    // averages are kept without the factors 1 − β₁ and 1 − β₂ (optimizers.ts)
    const [beta1, beta2] =
      config.kind === "adam" ? [config.beta1, config.beta2] : [0, config.kind === "rmsprop" ? config.rho : 0];
    const slots = {
      velocity: wanted.velocity,
      "first-moment": wanted.m.map((value) => value / (1 - beta1)),
      "second-moment": wanted.v.map((value) => value / (1 - beta2)),
    };
    for (const slot of SLOTS) {
      const average = averages[slot]?.value[1]?.weight;
      if (average !== undefined) expectClose(average.data, slots[slot], { relative: 1e-3, absolute: 1e-4 });
    }
  });
});

describe.each([
  { name: "sgd", config: optimizer("sgd", 1e-2) },
  { name: "adam", config: optimizer("adam", 1e-2) },
  { name: "rmsprop", config: optimizer("rmsprop", 1e-3) },
])("60 steps of $name", ({ config }) => {
  it.each([
    { title: "without loops", lacking: { scan: false } },
    { title: "with rows that travel", lacking: { largestArray: 100 } },
    { title: "with neither loops nor room", lacking: { scan: false, largestArray: 100 } },
  ])("on an engine $title are those of a scan over data that stays", async ({ lacking }) => {
    const order = randomStream(0, "order", 1).permutation(EXAMPLES);
    const counts = [25, 25, 9, 1];
    const wanted = await chunked(config, order, counts);
    const got = await chunked(config, order, counts, lacking);
    expectClose(got.losses, wanted.losses, { relative: 1e-5 });
    const arrays = stateByName(got);
    for (const [name, { data }] of Object.entries(stateByName(wanted))) {
      expectClose(arrays[name]?.data ?? [], data, { relative: 1e-5, absolute: 1e-6 });
    }
  });
});

describe("the runs of an epoch", () => {
  it.each([
    { title: "with loops", lacking: {}, longest: 200 },
    { title: "unrolled", lacking: { scan: false }, longest: 32 },
  ])("$title", async ({ lacking, longest }) => {
    await using engine = openLacking(lacking);
    const plan = planOf(optimizer("sgd", 1e-2));
    await using runner = await ChunkRunner.open(engine, plan, SEEN, startState(plan, START));
    expect(runner.chunks.reduce((sum, { count }) => sum + count, 0)).toBe(STEPS);
    expect(Math.max(...runner.chunks.map(({ count }) => count))).toBe(longest);
  });
});

const dense = (units: number, gated: boolean): Layer => ({ kind: "dense", units, bias: true, gated });
const CONVOLUTIONAL: Architecture = {
  inputShape: [1, 3, 4],
  layers: [
    { kind: "convolution", channels: 4, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
    { kind: "flatten" },
    dense(5, true),
    dense(3, false),
  ],
};

describe("a table of fixed gates trains as gates computed in every step", () => {
  it.each([
    { name: "fully connected", architecture: tinyPlan().architecture, regime: "frnpf-ii" },
    { name: "fully connected", architecture: tinyPlan().architecture, regime: "flnpf" },
    { name: "convolutional", architecture: CONVOLUTIONAL, regime: "frnpf-di" },
  ] as const)("$name, $regime", async ({ architecture, regime }) => {
    const plan = tinyPlan({ architecture, regime });
    const { train } = tinyData(1203, 1, architecture.inputShape);
    const start = startOf(plan);
    const order = randomStream(0, "order", 1).permutation(1203);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    await using reader = await GateReader.open(engine, plan, "uint8");
    // more examples than one run of the reader takes
    const table = await reader.table(byName(start), train);
    const results = [];
    for (const gates of [table, {}]) {
      await using runner = await ChunkRunner.open(engine, plan, train, startState(plan, start), gates);
      const losses: number[] = [];
      for (const chunk of chunksOf(1203, plan)) losses.push(...(await runner.run(chunk, order, 1)).losses);
      results.push({ losses, parameters: byName((await runner.read()).parameters) });
    }
    const [tabled, computed] = results;
    expectClose(tabled?.losses ?? [], computed?.losses ?? [], { relative: 1e-4, absolute: 1e-6 });
    for (const [name, { data, shape }] of Object.entries(computed?.parameters ?? {})) {
      expect(data).toHaveLength(sizeOf(shape));
      expectClose(tabled?.parameters[name]?.data ?? [], data, { relative: 1e-3, absolute: 1e-4 });
    }
  });
});
