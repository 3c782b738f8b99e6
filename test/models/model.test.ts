/** The front door answers what the rooms below answer, however the network is built. */
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs, tangentKernel } from "../../src/kernels/index.ts";
import { examplesOf, Model, neuralPathKernelWay } from "../../src/models/index.ts";
import type { GatedNetwork } from "../../src/network/index.ts";
import { activate, largestBundles, neighborsBySharedPaths } from "../../src/paths/index.ts";
import { enumeratePaths } from "../paths/enumerate.reference.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { type GatedNetworkCase, gatedNetworkOf } from "../support/gated-networks.ts";

const CASES = [
  { name: "a chain of hard gates", body: "dense", gates: "hard", way: "packed bits" },
  { name: "a chain of soft gates", body: "dense", gates: "feature-soft", way: "pairs of positions" },
  { name: "maps with clipped gates", body: "conv-flatten", gates: "clipped", way: "pairs of positions" },
] as const;

const caseOf = ({ body, gates }: (typeof CASES)[number]): GatedNetworkCase =>
  gatedNetworkOf({ body, gates, bias: true, normalize: false, seed: 3 });

const modelOf = (network: GatedNetwork): Model =>
  new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });

describe("a model", () => {
  it("tells the bundles of the output that it is asked for, and of the largest logit otherwise", async () => {
    const { network, inputs } = gatedNetworkOf({
      ...{ body: "conv-flatten", gates: "hard", seed: 3 },
      bias: true,
      normalize: false,
    });
    await using model = modelOf(network);
    const example = examplesOf(inputs).example(0);
    const { output } = model.paths(example);
    const active = activate(network, example.data);
    expect(await model.bundles(example)).toEqual(largestBundles(active, output, 10));
    expect(await model.bundles(example, { output: 0, top: 2 })).toEqual(largestBundles(active, 0, 2));
  });

  it.each(CASES)("of $name gives the path kernel, whole and in parts", async (one) => {
    const { network, inputs } = caseOf(one);
    expect(neuralPathKernelWay(network).kind).toBe(one.way);
    await using model = modelOf(network);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const wanted = await neuralPathKernelByPairs(network, engine, inputs, undefined, { shortcuts: false });
    const kernel = await model.pathKernel(inputs);
    // gates of float32 pre-activations are bits on both sides; soft ones are float32
    expectClose(kernel, wanted, { relative: 1e-6 });
    const [n = 0] = inputs.shape;
    const diagonal = Float64Array.from({ length: n }, (_, i) => wanted.data[i * (n + 1)] ?? Number.NaN);
    const trace = diagonal.reduce((sum, value) => sum + value, 0);
    expectClose(kernel.trace ?? Number.NaN, trace, { relative: 1e-6 });
    expectClose((await model.pathKernel(inputs, { part: "diagonal" })).data, diagonal, { relative: 1e-6 });
    expectClose((await model.pathKernel(inputs, { part: "trace" })).data, [trace], { relative: 1e-6 });
    const normalized = await model.pathKernel(inputs, { normalize: "trace" });
    expectClose(
      normalized.data,
      wanted.data.map((value) => value / trace),
      { relative: 1e-6 },
    );
    const between = await model.pathKernel(inputs, { inputs2: examplesOf(inputs).example(1) });
    expectClose(
      between.data,
      Float64Array.from({ length: n }, (_, i) => wanted.data[i * n + 1] ?? 0),
      { relative: 1e-6 },
    );
    expect(between.trace).toBeNull();
  });

  it.each(CASES)("of $name gives paths whose sum is what every path adds, without an engine", (one) => {
    const { network, inputs } = caseOf(one);
    const model = new Model(network, { openEngine: () => expect.fail("paths need no engine") });
    const example = examplesOf(inputs).example(2);
    const { output, sum, top, topShare, absoluteMass } = model.paths(example, { top: 4 });
    const all = enumeratePaths(network, example.data, output).map(({ contribution }) => contribution);
    expectClose(
      sum,
      all.reduce((a, b) => a + b, 0),
      { relative: 1e-9, absolute: 1e-9 },
    );
    const largest = all.map(Math.abs).sort((a, b) => b - a);
    expectClose(
      top.map(({ contribution }) => Math.abs(contribution)),
      largest.slice(0, top.length),
      { relative: 1e-9 },
    );
    const share = largest.slice(0, 4).reduce((a, b) => a + b, 0) / absoluteMass;
    expectClose(topShare, share, { relative: 1e-9, absolute: 1e-9 });
  });

  it.each(CASES)("of $name ranks neighbors as exact counts of shared paths do", async (one) => {
    const { network, inputs } = caseOf(one);
    await using model = modelOf(network);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const wanted = await neighborsBySharedPaths(network, engine, inputs, 1, 2);
    const found = await model.neighbors(inputs, 1, { top: 2 });
    expect(found.map(({ example }) => example)).toEqual(wanted.map(({ example }) => example));
    expectClose(
      found.map(({ similarity }) => similarity),
      wanted.map(({ similarity }) => similarity),
      { relative: 1e-9, absolute: 1e-9 },
    );
  });

  it.each(CASES)("of $name predicts, and gives its tangent kernel", async (one) => {
    const { network, inputs } = caseOf(one);
    await using model = modelOf(network);
    const logits = await model.predict(inputs);
    expect(logits.shape).toEqual([inputs.shape[0], model.outputs]);
    const examples = examplesOf(inputs);
    const own = model.paths(examples.example(1)).active.logits;
    expectClose(logits.data.subarray(model.outputs, 2 * model.outputs), own, { relative: 1e-5, absolute: 1e-5 });
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const options = { output: 0, part: "value" } as const;
    expect(await model.tangentKernel(inputs, options)).toEqual(await tangentKernel(network, engine, inputs, options));
  });

  it("answers no more once it is released, and opens no engine again", async () => {
    const { network, inputs } = caseOf(CASES[0]);
    let opened = 0;
    const model = new Model(network, {
      openEngine: () => {
        opened += 1;
        return openNodeEngine("cpu", { threads: 1 });
      },
    });
    await model.predict(inputs);
    await model[Symbol.asyncDispose]();
    expect(await rejectionOf(model.predict(inputs))).toEqual({
      message: "a model that has been released: expected a model in use",
      hint: "ask within the scope of `await using`, or open it again",
    });
    expect(opened).toBe(1);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses inputs of %s in every question", async (value) => {
    const { network, inputs } = caseOf(CASES[0]);
    await using model = modelOf(network);
    const broken = examplesOf({ ...inputs, data: Float64Array.from(inputs.data, (x, i) => (i === 1 ? value : x)) });
    const message = `inputs with ${value} at element 1: expected finite numbers`;
    const questions = [
      model.predict(broken),
      model.gates(broken),
      model.pathKernel(broken),
      model.tangentKernel(broken),
      model.neighbors(broken, 1),
    ];
    for (const refused of await Promise.all(questions.map(rejectionOf))) expect(refused.message).toBe(message);
    expect(errorOf(() => model.paths(broken.example(0))).message).toBe(message);
  });

  it("says how far each stage of an answer is", async () => {
    const { network, inputs } = caseOf(CASES[2]);
    await using model = modelOf(network);
    const said = new Map<string, string>();
    await model.pathKernel(inputs, {
      onProgress: ({ stage, things, done, of }) => said.set(stage, `${done}/${of} ${things}`),
    });
    expect([...said]).toEqual([
      ["gates", "3/3 inputs"],
      ["kernel", "6/6 pairs"],
    ]);
    said.clear();
    await model.tangentKernel(inputs, {
      onProgress: ({ stage, things, done, of }) => said.set(stage, `${done}/${of} ${things}`),
    });
    expect([...said]).toEqual([["ntk", "100/100 percent"]]);
  });

  it.each([
    {
      name: "a diagonal between two sets",
      options: { part: "diagonal", two: true },
      message:
        "a second set of inputs with the diagonal alone: expected one set of inputs: between two there is no diagonal",
    },
    {
      name: "features of a trace",
      options: { part: "trace", features: 10 },
      message: "random features with the trace alone: expected a whole kernel, normalized by nothing or by its trace",
    },
    {
      name: "the width of maps",
      options: { normalize: "width" },
      message:
        "normalization by the width for a network that is no chain of dense layers: expected a fully connected network with hard gates",
    },
  ] as const)("refuses $name", async ({ options, message }) => {
    const { network, inputs } = caseOf(CASES[2]);
    await using model = modelOf(network);
    const { two, ...asked }: { readonly two?: boolean } = options;
    const asking = model.pathKernel(inputs, { ...asked, ...(two === true ? { inputs2: inputs } : {}) });
    await expect(asking).rejects.toMatchObject({ message });
  });
});

/** What a caller in JavaScript may pass. */
const loosely = (value: unknown) => JSON.parse("0", () => value);

describe("an answer", () => {
  const { network, inputs } = caseOf(CASES[2]);
  const [n = 0, channels = 0, height = 0, width = 0] = inputs.shape;
  const example = examplesOf(inputs).example(1);
  const bytes = loosely({ dtype: "uint8", shape: example.shape, data: Uint8Array.from(example.data) });
  const last = loosely({ ...example, dtype: example.dtype, shape: [1, height, width, channels], data: example.data });
  const DTYPE = {
    message: "inputs of dtype uint8: expected float32 or float64, as the network reads them",
    hint: "convert them: bytes of images are usually divided by 255",
  };
  const ORDER = {
    message: `inputs of shape [1, ${height}, ${width}, ${channels}]: expected [n, ${channels}, ${height}, ${width}] with at least one example, as the network reads them`,
    hint: "the network reads channels first: in NumPy, x.transpose(0, 3, 1, 2)",
  };

  it("of paths is by one example of the network's shape, with or without its axis", () => {
    const model = modelOf(network);
    expect(errorOf(() => model.paths(bytes))).toEqual(DTYPE);
    expect(errorOf(() => model.paths(last))).toEqual(ORDER);
    expect(errorOf(() => model.paths(inputs))).toEqual({
      message: `${n} examples: expected one, of shape [1, ${channels}, ${height}, ${width}]`,
      hint: "give one of them: a file that holds it alone, or inputs.example(0) in a program",
    });
    const bare = loosely({ dtype: example.dtype, shape: example.shape.slice(1), data: example.data });
    expect(model.paths(bare)).toEqual(model.paths(example));
  });

  it("of kernels and neighbors is refused to bytes and to maps with their channels last", async () => {
    await using model = modelOf(network);
    for (const [asked, error] of [[bytes, DTYPE] as const, [last, ORDER] as const]) {
      expect(await rejectionOf(model.predict(asked))).toEqual(error);
      expect(await rejectionOf(model.gates(asked))).toEqual(error);
      expect(await rejectionOf(model.pathKernel(asked))).toEqual(error);
      expect(await rejectionOf(model.tangentKernel(asked))).toEqual(error);
      expect(await rejectionOf(model.neighbors(asked, 0))).toEqual(error);
    }
  });

  it.each([
    {
      options: { normalize: "tracee" },
      message: 'normalization "tracee": expected none or width or trace',
      hint: "choose one of them",
    },
    {
      options: { features: -1 },
      message: "number of features -1: expected a whole number of at least 0",
      hint: "give another number of features",
    },
    {
      options: { features: 1.5 },
      message: "number of features 1.5: expected a whole number of at least 0",
      hint: "give another number of features",
    },
  ])("of a kernel is refused: $message", async ({ options, ...error }) => {
    await using model = modelOf(network);
    expect(await rejectionOf(model.pathKernel(inputs, loosely(options)))).toEqual(error);
  });

  it("of what the network is, is of a number of examples", async () => {
    await using model = modelOf(network);
    const asking = model.describe({ examples: 1.5, clock: () => performance.now() });
    expect(await rejectionOf(asking)).toEqual({
      message: "number of examples 1.5: expected a whole number of at least 1",
      hint: "give another number of examples",
    });
  });
});

describe("examples of an array", () => {
  const array = examplesOf(float64([2, 3], [1, 2, 3, 4, 5, 6]));

  it("come one by one", () => {
    expect(array.dtype).toBe("float64");
    expect(array.example(1)).toMatchObject({ shape: [1, 3], data: Float64Array.of(4, 5, 6) });
    expect(sizeOf(array.example(0).shape)).toBe(3);
  });

  it.each([
    { index: 2, received: "example 2" },
    { index: -1, received: "example -1" },
    { index: 0.5, received: "example 0.5" },
  ])("has no example $index", ({ index, received }) => {
    expect(errorOf(() => array.example(index))).toEqual({
      message: `${received}: expected a whole number from 0 to 1`,
      hint: "examples are counted from 0",
    });
  });

  it("need an axis", () => {
    expect(errorOf(() => examplesOf(float64([], [1])))).toEqual({
      message: "an array of shape []: expected [n, …]: a first axis that counts examples",
      hint: "put the examples one behind the other along axis 0",
    });
  });
});
