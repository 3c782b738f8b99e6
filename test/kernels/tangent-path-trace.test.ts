import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import type { DenseArray } from "../../src/graph/index.ts";
import { float64, int64 } from "../../src/graph/index.ts";
import { pathKernelScores, pathKernelTrace } from "../../src/kernels/index.ts";
import { runPathPass } from "../../src/kernels/tangent/path-trace.ts";
import { type GatedNetwork, networkFromOnnx, outputCount, pathNodes } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { type NodeOf, onnxModel } from "../graph/onnx/model.ts";
import { enumeratePaths } from "../paths/enumerate.reference.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { BODY_NAMES, GATE_KINDS, gatedNetworkCase, gatedNetworkOf } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { placesOf, withNumber } from "./tangent-kernel.reference.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(() => engine[Symbol.asyncDispose]());

const outputsOf = (network: GatedNetwork) => Array.from({ length: outputCount(network) }, (_, output) => output);

/** `Σ_p |v_p|^q` over all paths to all outputs, one by one; what starts at a saturated unit has no weights of its own. */
const allPaths = (network: GatedNetwork, input: Float64Array, power: number): number =>
  outputsOf(network)
    .flatMap((output) => enumeratePaths(network, input, output))
    .filter(({ startsAtSaturation }) => !startsAtSaturation)
    .reduce((sum, { value }) => sum + Math.abs(value) ** power, 0);

/** `Σ_x Σ_p |φ_x(p) v_p|^q` over the paths to one output. */
const activePaths = (network: GatedNetwork, { shape, data }: DenseArray<"float64">, output: number, power: number) => {
  const [examples = 0] = shape;
  const size = data.length / examples;
  return Array.from({ length: examples }, (_, i) => data.subarray(i * size, (i + 1) * size))
    .flatMap((x) => enumeratePaths(network, x, output))
    .reduce((sum, { contribution }) => sum + Math.abs(contribution) ** power, 0);
};

const rows = BODY_NAMES.map((body, i) => ({ body, gates: GATE_KINDS[i % GATE_KINDS.length] ?? "hard" }));

describe("passes of powers against all paths one by one", () => {
  it.each(rows)("$body, $gates", async (choices) => {
    const { network, inputs } = gatedNetworkOf({ ...choices, bias: true, normalize: true, seed: 4 });
    const tolerance = { relative: 1e-11 };
    for (const power of [1, 2] as const) {
      const whole = await runPathPass(network, engine, { power, scope: "all-paths" });
      expectClose(whole.sum, allPaths(network, inputs.data, power), tolerance);
      const active = await runPathPass(network, engine, { power, scope: "active-paths", output: 1 }, inputs);
      expectClose(active.sum, activePaths(network, inputs, 1, power), tolerance);
    }
  });
});

describe("trace of the path kernel (theory 4.6)", () => {
  // a path uses a weight once at most, so R is affine in its square: its slope is R at 1 less R at 0
  it.each(["shallow", "dense", "residual-dense"] as const)("%s, over all paths", async (body) => {
    const { network, inputs } = gatedNetworkOf({ body, gates: "feature-hard", bias: true, normalize: false, seed: 2 });
    const onPaths = new Set(pathNodes(network));
    const slopes = placesOf(network)
      .filter(({ position }) => onPaths.has(position))
      .map((place) => {
        const [at1, at0] = [1, 0].map((value) =>
          allPaths(
            withNumber(network, place, () => value),
            inputs.data,
            2,
          ),
        );
        return (at1 ?? Number.NaN) - (at0 ?? Number.NaN);
      });
    const wanted = slopes.reduce((sum, slope) => sum + slope, 0);
    expectClose(await pathKernelTrace(network, engine), wanted, { relative: 1e-11 });
  });

  it("over the paths that are active for some inputs", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "dense",
      gates: "feature-hard",
      bias: true,
      normalize: false,
      seed: 2,
    });
    const onPaths = new Set(pathNodes(network));
    const wanted = placesOf(network)
      .filter(({ position }) => onPaths.has(position))
      .reduce((sum, place) => {
        const [at1 = 0, at0 = 0] = [1, 0].map((value) =>
          activePaths(
            withNumber(network, place, () => value),
            inputs,
            0,
            2,
          ),
        );
        return sum + at1 - at0;
      }, 0);
    expectClose(await pathKernelTrace(network, engine, { inputs, output: 0 }), wanted, { relative: 1e-11 });
  });
});

describe("by the parameters of a file (docs/parameters.md)", () => {
  const draw = (name: string, ...shape: readonly number[]) =>
    float64(shape, randomStream(3, name).normal(shape.reduce((product, size) => product * size, 1)));
  const read = (nodes: readonly NodeOf[], constants: Readonly<Record<string, DenseArray>>) =>
    networkFromOnnx(onnxModel({ input: [1, 2], elementType: 11, nodes, constants }));
  const parts = {
    w: draw("w", 2, 3),
    b: draw("b", 3),
    s: draw("s", 3),
    t: draw("t", 3),
    m: draw("m", 3),
    v: float64([3], [0.5, 1, 2]),
    tall: draw("tall", 5, 3),
    from: int64([1], [1]),
    to: int64([1], [4]),
    last: draw("last", 2, 3),
  };
  const nodes: readonly NodeOf[] = [
    { op: "Gemm", inputs: ["x", "w", "b"] },
    { op: "BatchNormalization", inputs: ["t0", "s", "t", "m", "v"] },
    { op: "Relu", inputs: ["t1"] },
    { op: "Neg", inputs: ["t2"] },
    { op: "Slice", inputs: ["tall", "from", "to"] },
    { op: "Transpose", inputs: ["t4"], outputs: ["turned"] },
    { op: "Add", inputs: ["t4", "turned"], outputs: ["even"] },
    { op: "MatMul", inputs: ["t3", "even"], outputs: ["t5"] },
    {
      op: "Constant",
      inputs: [],
      outputs: ["half"],
      attributes: { value: { tensor: float64([], Float64Array.of(0.5)) } },
    },
    { op: "Mul", inputs: ["t5", "half"], outputs: ["t7"] },
    { op: "Gemm", inputs: ["t7", "last"], attributes: { transB: 1, alpha: { float: 2 } } },
  ];

  it("trace and scores are those of every path's derivative by every number of the file", async () => {
    const pathValues = (name: string, index: number, by: number): readonly number[] => {
      const changed = Object.entries(parts).map(([key, array]): [string, DenseArray] => {
        if (key !== name || array.dtype !== "float64") return [key, array];
        return [key, float64(array.shape, array.data.with(index, array.data[index]! + by))];
      });
      const network = read(nodes, Object.fromEntries(changed));
      return outputsOf(network).flatMap((output) => enumeratePaths(network, [1, 1], output).map(({ value }) => value));
    };
    // a path's value is linear in each number: the difference is the derivative whatever the step
    const squares = (name: string, index: number): number => {
      const below = pathValues(name, index, -0.25);
      return pathValues(name, index, 0.25).reduce(
        (sum, one, p) => sum + ((one - (below[p] ?? Number.NaN)) / 0.5) ** 2,
        0,
      );
    };
    const names = ["w", "s", "b", "t", "tall", "last"] as const;
    const wanted = Object.fromEntries(
      names.map((name) => [name, Array.from(parts[name].data, (_, index) => squares(name, index))]),
    );
    const network = read(nodes, parts);
    const trace = Object.values(wanted)
      .flat()
      .reduce((sum, one) => sum + one, 0);
    expectClose(await pathKernelTrace(network, engine), trace, { relative: 1e-10 });
    const scores = await pathKernelScores(network, engine);
    expect(scores.map(({ parameter }) => parameter)).toEqual(names);
    for (const { parameter, scores: got } of scores) {
      const { data } = parts[names.find((name) => name === parameter) ?? expect.fail(parameter)];
      const own = wanted[parameter]?.map((one, i) => one * data[i]! ** 2) ?? [];
      expectClose(got.data, own, { relative: 1e-10, absolute: 1e-14 });
    }
  });

  it("a matrix that is used twice counts as if its uses were apart", async () => {
    const square = draw("square", 2, 2);
    const twice = (second: string): readonly NodeOf[] => [
      { op: "MatMul", inputs: ["x", "first"] },
      { op: "Relu", inputs: ["t0"] },
      { op: "Gemm", inputs: ["t1", second], attributes: { transB: 1 } },
    ];
    const shared = read(twice("first"), { first: square });
    const apart = read(twice("second"), { first: square, second: square });
    expect(await pathKernelTrace(shared, engine)).toBe(await pathKernelTrace(apart, engine));
    const [one, ...more] = await pathKernelScores(shared, engine);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ parameter: "first", nodes: ["MatMul_0", "Gemm_2"] });
    const two = await pathKernelScores(apart, engine);
    expectClose(
      one?.scores.data ?? [],
      square.data.map((_, i) => two.reduce((sum, { scores }) => sum + scores.data[i]!, 0)),
      { relative: 1e-14 },
    );
  });
});

describe("pruning scores (theory 4.7)", () => {
  // every path without a bias uses one weight of each layer
  it.each([
    { score: "path-kernel", power: 2 },
    { score: "synflow", power: 1 },
  ] as const)("$score of the weights of any layer add up to the sum over all paths", ({ score, power }) =>
    fc.assert(
      fc.asyncProperty(gatedNetworkCase({ body: "dense", bias: false }), async ({ network, inputs }) => {
        const layers = await pathKernelScores(network, engine, { score });
        const wanted = allPaths(network, inputs.data, power);
        for (const { scores } of layers) {
          expectClose(
            scores.data.reduce((sum, one) => sum + one, 0),
            wanted,
            { relative: 1e-11 },
          );
        }
        expect(layers.map(({ parameter }) => parameter.replace(/.*\./, ""))).toEqual(Array(4).fill("weight"));
      }),
      { numRuns: propertyRuns(5) },
    ),
  );

  it("a weight's score is what the paths through it add", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "max-pool",
      gates: "hard",
      bias: true,
      normalize: false,
      seed: 3,
    });
    const scores = await pathKernelScores(network, engine);
    const whole = allPaths(network, inputs.data, 2);
    const [first] = scores;
    expect(first).toMatchObject({ parameter: "convolution-1.weight", nodes: ["convolution-1"] });
    for (const index of [0, 3, 7]) {
      const without = withNumber(network, { position: 1, kind: "weight", index }, () => 0);
      const lost = whole - allPaths(without, inputs.data, 2);
      expectClose(first?.scores.data[index] ?? Number.NaN, lost, { relative: 1e-9, absolute: 1e-12 * whole });
    }
  });

  it("refuses an output that the network does not have", async () => {
    const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 3 });
    expect(await rejectionOf(pathKernelScores(network, engine, { output: 3 }))).toEqual({
      message: "output 3: expected a whole number from 0 to 2",
      hint: "choose one of the network's outputs",
    });
    expect(await rejectionOf(pathKernelTrace(network, engine, { inputs: float64([1, 3], [1, 2, 3]) }))).toEqual({
      message: "inputs of shape [1, 3]: expected [n, 4] with at least one example, as the network reads them",
      hint: "reshape the inputs or choose the model that they belong to",
    });
  });
});
