import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64 } from "../../src/graph/index.ts";
import {
  affordsEigenvalue,
  checkEigenvalueExamples,
  tangentKernel,
  tangentKernelMemory,
  tangentKernelProducts,
  tangentKernels,
  tangentSummary,
  tangentWorkBytes,
} from "../../src/kernels/index.ts";
import { joinedPortions } from "../../src/kernels/tangent/engine-team.ts";
import {
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  gateOfNode,
  gconv,
  initialParameters,
  pathNodes,
  REGIMES,
  scalarGate,
} from "../../src/network/index.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { BODY_NAMES, GATE_KINDS, type GateKind, gatedNetworkCase, gatedNetworkOf } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { placesOf, tangentKernelReference, withNumber } from "./tangent-kernel.reference.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
const [second, third] = [
  await openNodeEngine("cpu", { threads: 1 }),
  await openNodeEngine("cpu", { threads: 1 }),
] as const;
afterAll(async () => {
  for (const one of [engine, second, third]) await one[Symbol.asyncDispose]();
});

const largest = (numbers: ArrayLike<number>): number => Math.max(...Array.from(numbers, Math.abs));

describe("exact tangent kernels against finite differences of every parameter (theory 4.1)", () => {
  // each body with soft gates of a feature network, and with two of all kinds in turn
  const rows = BODY_NAMES.flatMap((body, i) => {
    const others = [2 * i, 2 * i + 1].map((k) => GATE_KINDS[k % GATE_KINDS.length] ?? expect.fail());
    return [...new Set<GateKind>(["feature-soft", ...others])].map((gates) => ({ body, gates }));
  });
  it.each(rows)("$body, $gates", async (choices) => {
    const { network: drawn, inputs: three } = gatedNetworkOf({ ...choices, bias: true, normalize: false, seed: 8 });
    const inputs = float64([2, ...three.shape.slice(1)], three.data.subarray(0, (2 * three.data.length) / 3));
    // zeros among the numbers would put pre-activations on the kink, where a difference sees half of each side
    const network = placesOf(drawn).reduce((changed, place) => withNumber(changed, place, (one) => one || 0.05), drawn);
    const got = await tangentKernels(network, engine, inputs, { output: 1 });
    const wanted = tangentKernelReference(network, inputs, 1);
    // differences of step 1e-5 are off by about 1e-9, times the slope of the sigmoids cubed
    const absolute = 1e-7 * Math.max(1, largest(got.value.data), largest(got.feature.data));
    expectClose(got.value, wanted.value, { relative: 0, absolute });
    expectClose(got.feature, wanted.feature, { relative: 0, absolute });
    expect(largest(got.value.data)).toBeGreaterThan(0);
    // what decides alone has a gradient through gates that have one
    const onPaths = new Set(pathNodes(network));
    const gates = network.nodes.flatMap((node) => gateOfNode(node) ?? []);
    const isMoved = gates.some(({ rule, by }) => scalarGate(rule).hasGradient && !onPaths.has(by));
    expect(largest(got.feature.data) > 0).toBe(isMoved);
  });
});

it("of an output for each example: the logit of its class", async () => {
  const { network, inputs } = gatedNetworkOf({
    body: BODY_NAMES[0] ?? expect.fail("no body"),
    gates: "feature-soft",
    bias: true,
    normalize: false,
    seed: 3,
  });
  const output = [1, 0, 1];
  const got = await tangentKernels(network, engine, inputs, { output, tile: 2 });
  const wanted = tangentKernelReference(network, inputs, output);
  const absolute = 1e-7 * Math.max(1, largest(got.value.data), largest(got.feature.data));
  expectClose(got.value, wanted.value, { relative: 0, absolute });
  expectClose(got.feature, wanted.feature, { relative: 0, absolute });
  expect(await rejectionOf(tangentKernel(network, engine, inputs, { output: [0, 1] }))).toEqual({
    message: "2 outputs for 3 inputs: expected one output for each input, among one set of inputs",
    hint: "give one output for all, or a list of this length",
  });
});

describe("laws", () => {
  it("no tile changes the kernel, and another set of inputs gives its rectangle", () =>
    fc.assert(
      fc.asyncProperty(gatedNetworkCase(), fc.integer({ min: 1, max: 3 }), async ({ network, inputs }, tile) => {
        const whole = await tangentKernel(network, engine, inputs);
        const tolerance = { relative: 0, absolute: 1e-13 * largest(whole.data) };
        expectClose(await tangentKernel(network, engine, inputs, { tile }), whole, tolerance);
        const size = inputs.data.length / 3;
        const two = float64([2, ...inputs.shape.slice(1)], inputs.data.subarray(size));
        const rectangle = await tangentKernel(network, engine, inputs, { inputs2: two, tile });
        // engines that work together: the same bits
        const asked = { inputs2: two, tile };
        expect(await tangentKernel(network, engine, inputs, { ...asked, beside: [second, third] })).toEqual(rectangle);
        const alone = await tangentKernel(network, engine, inputs, { tile });
        expect(await tangentKernel(network, engine, inputs, { tile, beside: [second, third] })).toEqual(alone);
        const wanted = [0, 1, 2].map((i) => Array.from(whole.data.subarray(3 * i + 1, 3 * i + 3)));
        expectClose(rectangle, wanted, tolerance);
      }),
      { numRuns: propertyRuns(8) },
    ));

  it("symmetric to the bit and positive semidefinite; the whole is the sum of its parts", () =>
    fc.assert(
      fc.asyncProperty(gatedNetworkCase(), async ({ network, inputs }) => {
        const whole = await tangentKernel(network, engine, inputs, { tile: 2 });
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) expect(whole.data[3 * i + j]).toBe(whole.data[3 * j + i]);
        }
        const { trace, smallestEigenvalue } = await tangentSummary(whole, engine);
        expect(smallestEigenvalue).toBeGreaterThanOrEqual(-1e-13 * trace);
        const { value, feature } = await tangentKernels(network, engine, inputs);
        const sum = value.data.map((one, i) => one + (feature.data[i] ?? Number.NaN));
        expectClose(whole.data, sum, { relative: 0, absolute: 1e-13 * trace });
      }),
      { numRuns: propertyRuns(8) },
    ));

  it.each([
    { title: "0", bias: 0 },
    { title: "the ceiling", bias: 6 },
  ])("a clipped gate at $title is shut", async ({ bias }) => {
    const one = float64([1, 1], [1]);
    const network: GatedNetwork = {
      nodes: [
        { kind: "input", name: "x", shape: [1] },
        { kind: "scale", name: "scale", shape: [1], input: 0, weight: float64([1], [0]), bias: float64([1], [bias]) },
        { kind: "gate", name: "gate", shape: [1], input: 1, gatedBy: 1, rule: { kind: "clipped", ceiling: 6 } },
        { kind: "dense", name: "dense", shape: [1], input: 2, weight: one, bias: undefined },
      ],
      output: 3,
    };
    // what is left is the square of the last layer's input: of the path that starts at the saturated unit
    expect((await tangentKernel(network, engine, one)).data).toEqual(Float64Array.of(bias ** 2));
  });

  it("behind hard gates the feature kernel is zero", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "dense",
      gates: "feature-hard",
      bias: true,
      normalize: true,
      seed: 1,
    });
    const feature = await tangentKernel(network, engine, inputs, { part: "feature" });
    expect(feature).toEqual(float64([3, 3], new Float64Array(9)));
    const zero = { trace: 0, frobenius: 0, smallestEigenvalue: 0 };
    expect(await tangentSummary(feature, engine)).toEqual(zero);
  });

  it("tells the smallest eigenvalue, or that it was not asked for", async () => {
    // eigenvalues 1 to 12, in a basis that mixes them
    const n = 12;
    const v = Array.from({ length: n }, (_, k) =>
      Array.from({ length: n }, (__, i) => Math.sqrt(2 / (n + 1)) * Math.sin(((k + 1) * (i + 1) * Math.PI) / (n + 1))),
    );
    const entry = (i: number, j: number): number =>
      v.reduce((sum, vector, k) => sum + (k + 1) * (vector[i] ?? 0) * (vector[j] ?? 0), 0);
    const kernel = float64(
      [n, n],
      Array.from({ length: n * n }, (_, at) => entry(Math.floor(at / n), at % n)),
    );
    const { smallestEigenvalue, ...size } = await tangentSummary(kernel, engine);
    expectClose(smallestEigenvalue ?? expect.fail(), 1, { relative: 1e-10 });
    const without = await tangentSummary(kernel, engine, { smallestEigenvalue: false });
    expect(without).toEqual({ ...size, smallestEigenvalue: null });
  });

  it("computes an eigenvalue unasked where it costs at most a fifth of the kernel", () => {
    const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 1 });
    // the kernel of a small network takes little more than the engine needs to begin
    expect([3, 150, 500, 2_000, 1_000_000].map((n) => affordsEigenvalue(network, n))).toEqual([
      ...[true, true, false, false, false],
    ]);
    const wide = gconv({ inputShape: [3, 32, 32], width: 16, outputs: 10 });
    const initial = { architecture: wide, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 } as const;
    const convolutional = gatedNetwork(wide, REGIMES.relu, initialParameters(initial));
    expect(affordsEigenvalue(convolutional, 2_000)).toBe(true);
    // a factor does not fit beside its kernel
    expect(affordsEigenvalue(convolutional, 10_001)).toBe(false);
    expect(errorOf(() => checkEigenvalueExamples(10_001))).toEqual({
      message:
        "the smallest eigenvalue of a kernel of 10001 inputs: expected at most 10000: its factor stays in memory",
      hint: "ask for it on fewer inputs: it is at least as small on all of them",
    });
    expect(() => checkEigenvalueExamples(10_000)).not.toThrow();
  });
});

describe("work", () => {
  const architecture = fullyConnected({ inputShape: [784], depth: 6, width: 128, outputs: 10 });
  const network = gatedNetwork(
    architecture,
    REGIMES.relu,
    initialParameters({ architecture, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 }),
  );

  it("states its memory beforehand: factors of the tile and the batch, values of the batch (784 twice: flattened)", () => {
    const factors = 8 * (784 + 128 + 4 * 256 + 128 + 10);
    const values = 8 * 3 * (2 * 784 + 10 * 128 + 10);
    expect(tangentKernelMemory(network, 300)).toEqual({
      tile: 300,
      block: 200,
      batch: 200,
      bytes: 700 * factors + 200 * values,
    });
    expect(tangentKernelMemory(network, 50).batch).toBe(50);
    const { tile, bytes } = tangentKernelMemory(network);
    expect(tile).toBe(Math.floor(2 ** 28 / factors));
    expect(bytes).toBeLessThan(3 * 2 ** 28);
  });

  it("joins the factors of portions to those of a block", () => {
    const of = (values: readonly number[]) => ({ left: float64([values.length / 2, 1, 2], values) });
    expect(joinedPortions([of([1, 2, 3, 4]), of([5, 6])])).toEqual(of([1, 2, 3, 4, 5, 6]));
    expect(joinedPortions([of([1, 2])])).toEqual(of([1, 2]));
  });

  it("wide convolutions go through a few at a time, and are multiplied many at a time", () => {
    const wide = gconv({ inputShape: [3, 32, 32], width: 64, outputs: 10 });
    const initial = { architecture: wide, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 } as const;
    const convolutional = gatedNetwork(wide, REGIMES.relu, initialParameters(initial));
    const { tile, block, batch } = tangentKernelMemory(convolutional);
    expect([block, batch]).toEqual([32, 1]);
    expect(tile).toBeGreaterThan(400);
    // what is told of few inputs is what they take
    expect(tangentWorkBytes(convolutional, 60)).toBe(tangentKernelMemory(convolutional, 60).bytes);
    expect(tangentWorkBytes(convolutional, 1_000_000)).toBe(tangentKernelMemory(convolutional).bytes);
    const products = tangentKernelProducts(convolutional, 60);
    // three times the products of a forward pass, theory 6.2, and those of the gradients
    expect(products / (3 * 60 * 1024 * 9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128))).toBeCloseTo(1, 1);
    expect(tangentKernelProducts(convolutional, 30, 30)).toBeLessThan(products);
  });

  it("tells how far it is and can be stopped", async () => {
    const inputs = float64([5, 784], new Float64Array(5 * 784).fill(0.5));
    const seen: (readonly [number, number])[] = [];
    await tangentKernel(network, engine, inputs, { tile: 2, onProgress: (done, of) => void seen.push([done, of]) });
    // factors of nine examples, four of them again, and half of the 25 pairs, the diagonal's once
    const forward = 784 * 128 + 4 * 128 * 128 + 128 * 10;
    const all = 9 * 3 * forward + 12.5 * (784 + 128 + 4 * 256 + 138);
    expect(new Set(seen.map(([, of]) => of))).toEqual(new Set([all]));
    const done = seen.map(([share]) => share);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect([done[0], done.at(-1)]).toEqual([2 * 3 * forward, all]);
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(tangentKernel(network, engine, inputs, { signal })).rejects.toThrow("stopped");
  });

  it("refuses an output or inputs that the network does not have", async () => {
    const one = float64([1, 784], new Float64Array(784));
    expect(await rejectionOf(tangentKernel(network, engine, one, { output: 10 }))).toEqual({
      message: "output 10: expected a whole number from 0 to 9",
      hint: "choose one of the network's outputs",
    });
    expect(await rejectionOf(tangentKernel(network, engine, float64([1, 3], [1, 2, 3])))).toEqual({
      message: "inputs of shape [1, 3]: expected [n, 784] with at least one example, as the network reads them",
      hint: "reshape the inputs or choose the model that they belong to",
    });
  });
});
