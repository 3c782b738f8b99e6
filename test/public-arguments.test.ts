import { afterAll, describe, expect, it } from "vitest";
import { writeNpy, writeSafetensors } from "../src/data/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import type { Inputs } from "../src/gates/index.ts";
import { constant, writeModel } from "../src/graph/index.ts";
import { float32, float64 } from "../src/index.ts";
import {
  estimatedKernel,
  neighborsByOverlaps,
  neuralPathKernelByPairs,
  packedKernel,
  pathKernelScores,
  pathKernelTrace,
  randomPathFeatures,
  readPathExamples,
  tangentKernel,
  tangentKernelMemory,
  tangentKernels,
} from "../src/kernels.ts";
import { Model } from "../src/models/index.ts";
import { writeNeuralPathKernel } from "../src/models/node/index.ts";
import { fullyConnected, gatedNetwork, initialParameters, regimeOf } from "../src/network/index.ts";
import {
  activate,
  classOverlaps,
  countActivePaths,
  countPaths,
  kBestPaths,
  largestBundles,
  neighborsBySharedPaths,
  pathNorm,
  pathStatistics,
  readNetworkGates,
  samplePaths,
} from "../src/paths.ts";
import { randomStream } from "../src/random.ts";
import { openModel, readArray } from "../src/runs/node/index.ts";
import { errorOf, rejectionOf } from "./support/error-of.ts";
import { gatedNetworkOf } from "./support/gated-networks.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(() => engine[Symbol.asyncDispose]());
const { network, inputs } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 1 });
const active = activate(network, inputs.data.slice(0, 4));
const gates = await readNetworkGates(network, engine, inputs);

/** What a caller in JavaScript may pass: nothing of it has the type that is asked for. */
const loosely = (value: unknown) => JSON.parse("0", () => value);
const rejected = (call: () => unknown) => rejectionOf((async () => await call())());

const NO_INDEX = [-1, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY];
const NO_COUNT = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY];

describe("an output that is not there", () => {
  const counted = { expected: "0 to 2", hint: "outputs are counted from 0" };
  const chosen = { expected: "a whole number from 0 to 2", hint: "choose one of the network's outputs" };
  it.each([
    { name: "pathNorm", call: (output: number) => pathNorm(network, 1, output), ...counted },
    { name: "countPaths", call: (output: number) => countPaths(network, output), ...counted },
    { name: "countActivePaths", call: (output: number) => countActivePaths(active, output), ...counted },
    { name: "pathStatistics", call: (output: number) => pathStatistics(active, output), ...counted },
    { name: "kBestPaths", call: (output: number) => kBestPaths(active, output, 1), ...counted },
    { name: "largestBundles", call: (output: number) => largestBundles(active, output, 1), ...counted },
    { name: "samplePaths", call: (output: number) => samplePaths(active, output, 1, randomStream(1, "a")), ...counted },
    {
      name: "randomPathFeatures",
      call: (output: number) => randomPathFeatures(network, engine, inputs, 2, { seed: 1, output }),
      ...counted,
    },
    { name: "tangentKernel", call: (output: number) => tangentKernel(network, engine, inputs, { output }), ...chosen },
    { name: "pathKernelTrace", call: (output: number) => pathKernelTrace(network, engine, { output }), ...chosen },
    { name: "pathKernelScores", call: (output: number) => pathKernelScores(network, engine, { output }), ...chosen },
  ])("$name", async ({ call, expected, hint }) => {
    for (const output of NO_INDEX) {
      expect(await rejected(() => call(output))).toEqual({ message: `output ${output}: expected ${expected}`, hint });
    }
  });
});

describe("an example that is not there", () => {
  it.each([
    { name: "neighborsByOverlaps", call: (query: number) => neighborsByOverlaps(gates, query, 1) },
    {
      name: "neighborsBySharedPaths",
      call: (query: number) => neighborsBySharedPaths(network, engine, inputs, query, 1),
    },
  ])("$name", async ({ call }) => {
    for (const query of NO_INDEX) {
      expect(await rejected(() => call(query))).toEqual({
        message: `query ${query}: expected an example from 0 to 2`,
        hint: "count the inputs from 0",
      });
    }
  });
});

describe("a number of something that is none", () => {
  it.each([
    { what: "number of paths", least: 0, call: (k: number) => kBestPaths(active, 0, k) },
    { what: "number of bundles", least: 1, call: (k: number) => largestBundles(active, 0, k) },
    { what: "number of samples", least: 0, call: (k: number) => samplePaths(active, 0, k, randomStream(1, "a")) },
    { what: "number of neighbors", least: 1, call: (k: number) => neighborsByOverlaps(gates, 0, k) },
    {
      what: "number of neighbors",
      least: 1,
      call: (k: number) => neighborsBySharedPaths(network, engine, inputs, 0, k),
    },
    {
      what: "number of features",
      least: 1,
      call: (k: number) => randomPathFeatures(network, engine, inputs, k, { seed: 1 }),
    },
    { what: "tile", least: 1, call: (tile: number) => tangentKernel(network, engine, inputs, { tile }) },
    { what: "tile", least: 1, call: (tile: number) => tangentKernels(network, engine, inputs, { tile }) },
    { what: "tile", least: 1, call: (tile: number) => tangentKernelMemory(network, tile) },
    { what: "batch", least: 1, call: (batch: number) => readNetworkGates(network, engine, inputs, { batch }) },
    { what: "batch", least: 1, call: (batch: number) => readPathExamples(network, engine, inputs, { batch }) },
    {
      what: "batch",
      least: 1,
      call: (batch: number) => randomPathFeatures(network, engine, inputs, 2, { seed: 1, batch }),
    },
    {
      what: "batch",
      least: 1,
      call: (batch: number) => neighborsBySharedPaths(network, engine, inputs, 0, 1, { batch }),
    },
    { what: "number of classes", least: 1, call: (k: number) => classOverlaps(gates, [0, 0, 0], k) },
  ])("$what, of $call", async ({ what, least, call }) => {
    for (const count of least === 0 ? NO_COUNT : [0, ...NO_COUNT]) {
      expect(await rejected(() => call(count))).toEqual({
        message: `${what} ${count}: expected a whole number of at least ${least}`,
        hint: `give another ${what}`,
      });
    }
  });
});

describe("inputs that are none", () => {
  const readers = [
    { name: "readNetworkGates", call: (x: Inputs) => readNetworkGates(network, engine, x) },
    { name: "readPathExamples", call: (x: Inputs) => readPathExamples(network, engine, x) },
    { name: "neuralPathKernelByPairs", call: (x: Inputs) => neuralPathKernelByPairs(network, engine, x) },
    {
      name: "neuralPathKernelByPairs, second",
      call: (x: Inputs) => neuralPathKernelByPairs(network, engine, inputs, x),
    },
    { name: "randomPathFeatures", call: (x: Inputs) => randomPathFeatures(network, engine, x, 2, { seed: 1 }) },
    { name: "tangentKernel", call: (x: Inputs) => tangentKernel(network, engine, x) },
    { name: "tangentKernel, second", call: (x: Inputs) => tangentKernel(network, engine, inputs, { inputs2: x }) },
    { name: "pathKernelTrace", call: (x: Inputs) => pathKernelTrace(network, engine, { inputs: x }) },
    { name: "pathKernelScores", call: (x: Inputs) => pathKernelScores(network, engine, { inputs: x }) },
    { name: "neighborsBySharedPaths", call: (x: Inputs) => neighborsBySharedPaths(network, engine, x, 0, 1) },
  ];
  it.each(readers)("$name refuses bytes and whole numbers", async ({ call }) => {
    for (const [dtype, data] of [
      ["uint8", new Uint8Array(12)],
      ["int32", new Int32Array(12)],
    ] as const) {
      expect(await rejected(() => call(loosely({ dtype, shape: [3, 4], data })))).toEqual({
        message: `inputs of dtype ${dtype}: expected float32 or float64, as the network reads them`,
        hint: "convert them: bytes of images are usually divided by 255",
      });
    }
  });

  it.each(readers)("$name refuses another shape, no examples, and numbers that do not fill it", async ({ call }) => {
    for (const shape of [[3, 5], [0, 4], [12], [4], []]) {
      const size = shape.reduce((product, length) => product * length, 1);
      const { message } = await rejected(() => call(float64(shape, new Float64Array(size))));
      expect(message).toBe(
        `inputs of shape [${shape.join(", ")}]: expected [n, 4] with at least one example, as the network reads them`,
      );
    }
    expect(await rejected(() => call(loosely({ ...inputs, data: inputs.data.slice(0, 7) })))).toEqual({
      message: "7 numbers as inputs of shape [3, 4]: expected 12 numbers",
      hint: "give the shape that they have",
    });
  });
});

describe("more than memory holds", () => {
  it("paths, where there are as many", () => {
    // few paths are all of them, however many are asked for
    expect(kBestPaths(active, 0, 1e9).length).toBeLessThanOrEqual(Number(countActivePaths(active, 0)));
    const architecture = fullyConnected({ inputShape: [16], depth: 8, width: 16, outputs: 1 });
    const plan = { architecture, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 } as const;
    const many = gatedNetwork(architecture, regimeOf(plan), initialParameters(plan));
    expect(errorOf(() => kBestPaths(activate(many, Array(16).fill(1)), 0, 1e9))).toEqual({
      message: `the 1000000000 largest paths, ${(1000 + 200 * many.nodes.length).toFixed(1)} GB: expected at most ${Math.floor(
        2 ** 30 / (1000 + 200 * many.nodes.length),
      )} of this network, what memory holds`,
      hint: "ask for fewer paths",
    });
  });

  it("features and their kernel, before anything is drawn", async () => {
    const closed = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
    await using model = closed;
    expect(await rejected(() => model.pathKernel(inputs, { features: 2e9 }))).toEqual({
      message: "2000000000 random features of 3 inputs with their kernel, 48.0 GB: expected at most 17.2 GB",
      hint: "ask for fewer features",
    });
    expect(await rejected(() => randomPathFeatures(network, engine, inputs, 2e9, { seed: 1 }))).toEqual({
      message: "2000000000 random features of 3 inputs, 48.0 GB: expected at most 17.2 GB",
      hint: "ask for fewer features",
    });
    const writing = { features: 2, threads: 1 };
    expect((await rejected(() => writeNeuralPathKernel(model, loosely(undefined), writing))).message).toMatch(
      /^undefined instead of inputs/,
    );
  });
});

/** Whatever else has no meaning. */
const OTHERS = [
  {
    call: () => pathNorm(network, loosely(3)),
    message: "a path-norm of power 3: expected 1 or 2",
    hint: "choose one of them",
  },
  {
    call: () => pathKernelScores(network, engine, { score: loosely("best") }),
    message: 'score "best": expected path-kernel or synflow',
    hint: "choose one of them",
  },
  {
    call: () => tangentKernel(network, engine, inputs, { part: loosely("half") }),
    message: 'part "half": expected value or feature or all',
    hint: "choose one of them",
  },
  {
    call: () => neuralPathKernelByPairs(network, engine, inputs, undefined, { part: loosely("half") }),
    message: 'part "half": expected full or diagonal or trace',
    hint: "choose one of them",
  },
  {
    call: () => neuralPathKernelByPairs(network, engine, inputs, inputs, { part: "diagonal" }),
    message: 'two sets of inputs with part "diagonal": expected one set of inputs: two sets have no diagonal',
    hint: "leave one of them out",
  },
  {
    call: () => classOverlaps(gates, [0, 2, 1], 2),
    message: "label 2: expected classes from 0 to 1",
    hint: "number the classes from 0",
  },
  {
    call: () => classOverlaps(gates, [0, 1], 2),
    message: "2 labels for 3 examples: expected one label an example",
    hint: "give the labels of the same inputs, in the same order",
  },
  {
    call: () => estimatedKernel(float64([3, 1], [1, 2, 3])),
    message: "number of features 1: expected a whole number of at least 2",
    hint: "give another number of features",
  },
  {
    call: () => estimatedKernel(float64([2, 2], [1, 2, 3, 4]), float64([1, 3], [1, 2, 3])),
    message: "features of shapes [2, 2] and [1, 3]: expected [n, R] and [m, R]",
    hint: "draw both with the same count and seed",
  },
  {
    call: () =>
      packedKernel(
        { rows: { inputs: float64([2, 4], new Float64Array(8)), gates }, biases: [true, true, true, true] },
        engine,
      ),
    message:
      "inputs of float64 [2, 4] behind 4 weight layers, with gates of 3 examples in 3 layers: expected inputs of float32 or float64 and gates of the same examples, of every layer but the last",
    hint: "read the gates of these inputs with the network that they are for",
  },
  {
    call: () => activate(network, [1, 2]),
    message: "an example of 2 elements: expected 4, the shape [4]",
    hint: "give one example at a time, as the network has it",
  },
];

it.each(OTHERS)("$message", async ({ call, message, hint }) => {
  expect(await rejected(call)).toEqual({ message, hint });
});

describe("what a caller without types gives", () => {
  const model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
  afterAll(() => model[Symbol.asyncDispose]());
  const example = float64([1, 4], inputs.data.slice(0, 4));
  const questions = (one: Model, x: Inputs, ...options: readonly unknown[]) => {
    const o = loosely(options[0]);
    return {
      predict: () => one.predict(x, o),
      gates: () => one.gates(x, o),
      gateDifferences: () => one.gateDifferences(x, o),
      paths: () => one.paths(x, o),
      pathKernel: () => one.pathKernel(x, o),
      tangentKernel: () => one.tangentKernel(x, o),
      tangentKernels: () => one.tangentKernels(x, o),
      tangentAnswer: () => one.tangentAnswer(x, o),
      neighbors: () => one.neighbors(x, 0, o),
      evaluate: () => one.evaluate(loosely({ inputs: x, labels: x }), o),
    };
  };
  const names = Object.keys(questions(model, example));

  it.each(names)("%s refuses what is no array", async (name) => {
    for (const none of [undefined, null, 3, "x.npy", {}, [[1, 2, 3, 4]]]) {
      const question = Object.entries(questions(model, loosely(none))).find(([key]) => key === name)?.[1];
      expect((await rejected(() => question?.())).message).toMatch(
        /^(undefined|null|a value of type (number|object)|a string|a list) instead of (inputs|an example|the inputs of examples): expected a dense array: dtype, shape and data$/,
      );
    }
  });

  it.each(names)("%s refuses options that are none, and answers no more after its release", async (name) => {
    const of = (one: Model, ...options: readonly unknown[]) =>
      Object.entries(questions(one, example, ...options)).find(([key]) => key === name)?.[1];
    for (const none of [null, 3]) {
      expect((await rejected(() => of(model, none)?.())).message).toMatch(/^options that are .*: expected an object/);
    }
    for (const signal of [3, null, "stop"]) {
      expect((await rejected(() => of(model, { signal })?.())).message).toMatch(
        /^a `signal` that is .*: expected an Abort/,
      );
    }
    const released = new Model(network, { openEngine: () => expect.fail("released") });
    await released[Symbol.asyncDispose]();
    expect((await rejected(() => of(released)?.())).message).toBe(
      "a model that has been released: expected a model in use",
    );
  });

  it("describes without a clock, and not after the release", async () => {
    const told = await model.describe();
    expect(told.cost.examples).toBe(1000);
    expect(told.cost.pathKernelSeconds).toBeGreaterThan(0);
    const released = new Model(network, { openEngine: () => expect.fail("released") });
    await released[Symbol.asyncDispose]();
    for (const call of [() => released.describe(), () => released.tangentBytes(3), () => released.engine()]) {
      expect((await rejected(call)).message).toMatch(/^a model that has been released/);
    }
  });

  it.each([undefined, null, {}, "", 3])("%j is no path", async (path) => {
    expect((await rejected(() => readArray(loosely(path)))).message).toMatch(/ instead of the path of an array: /);
    expect((await rejected(() => openModel(loosely(path)))).message).toMatch(/ instead of the path of a model: /);
  });

  const data = new Float32Array(4);
  it.each([
    { array: { dtype: "float16", shape: [4], data }, message: 'dtype "float16": expected float32, ' },
    { array: { dtype: "float32", shape: [3], data }, message: "4 elements of float32: expected 3 for the shape [3]" },
    { array: { dtype: "float32", shape: [-2, -2], data }, message: "a shape that is [-2, -2]: expected a list" },
    { array: { dtype: "float32", shape: "4", data }, message: "a shape that is a string: expected a list" },
    { array: { dtype: "float64", shape: [4], data }, message: " of float64 whose data is a Float32Array: expected" },
    { array: { dtype: "float32", shape: [2], data: [1, 2] }, message: " whose data is an array of numbers: expected" },
    { array: undefined, message: "undefined instead of " },
  ])("no file holds an array: $message", async ({ array, message }) => {
    const broken = loosely(array);
    const calls = [() => writeNpy(broken), () => writeSafetensors({ a: broken }, {}), () => constant(broken)];
    for (const call of calls) expect((await rejected(call)).message).toContain(message);
  });

  it.each([
    { call: () => float32(loosely("ab"), [1, 2]), message: "a shape that is a string: expected a list" },
    { call: () => float64([2], loosely(undefined)), message: "undefined instead of the numbers of an array" },
    { call: () => writeSafetensors(loosely(null), {}), message: "tensors that are null" },
    { call: () => writeSafetensors({}, loosely({ a: 1 })), message: 'metadata "a" of a value of type number' },
    { call: () => writeModel(loosely(undefined)), message: "undefined instead of a graph" },
    { call: () => writeModel(loosely({})), message: "a value of type object instead of a graph" },
  ])("$message", async ({ call, message }) => {
    expect((await rejected(call)).message).toContain(message);
  });
});
