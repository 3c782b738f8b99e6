/** Networks so deep that counts, kernels and masses leave float64, and weights that leave float32: an answer or an error. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64 } from "../../src/graph/index.ts";
import { kernelSize } from "../../src/kernels/index.ts";
import { KeptPrograms } from "../../src/models/kept-programs.ts";
import { neighbors } from "../../src/models/neighbors.ts";
import { neuralPathKernel } from "../../src/models/neural-path-kernel.ts";
import { pathsOfExample } from "../../src/models/paths-of-example.ts";
import { tangentAnswer } from "../../src/models/tangent-kernels.ts";
import type { GatedNetwork, GatedNode } from "../../src/network/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { propertyRuns } from "../support/property-runs.ts";

const engine = new KeptPrograms(await openNodeEngine("cpu", { threads: 1 }));
const zerosOf = (count: number): number[] => new Array<number>(count).fill(0);
afterAll(() => engine[Symbol.asyncDispose]());

/** Sixteen units wide; each unit gets `gain` times the mean of all, so all gates are open for positive inputs. */
const WIDTH = 16;
const alike = (gain: number): number[] => new Array<number>(WIDTH ** 2).fill(gain / WIDTH);
type Biases = (layer: number) => number | undefined;
const chain = (depth: number, gain: number, biases?: Biases): GatedNetwork =>
  chainOf(depth, WIDTH, alike(gain), biases);

function chainOf(depth: number, width: number, weights: readonly number[], biases: Biases = () => undefined) {
  const nodes: GatedNode[] = [{ kind: "input", name: "x", shape: [width] }];
  const weight = float64([width, width], weights);
  for (let i = 0; i <= depth; i++) {
    const bias = biases(i);
    const input = nodes.length - 1;
    nodes.push({
      kind: "dense",
      name: `d${i}`,
      shape: [width],
      input,
      weight,
      bias: bias === undefined ? undefined : float64([width], new Float64Array(width).fill(bias)),
    });
    const q = input + 1;
    const gate = { kind: "gate", name: `g${i}`, shape: [width], input: q, gatedBy: q, rule: { kind: "hard" } } as const;
    if (i < depth) nodes.push(gate);
  }
  return { nodes, output: nodes.length - 1 };
}

const DEPTH = 275;
/** Two examples of three elements that are not 0. */
const inputs = float64([2, WIDTH], [1, 2, 0, ...zerosOf(13), 3, 1, 0, ...zerosOf(13)]);
const deep = chain(DEPTH, 1);

describe(`a path kernel of ${DEPTH} layers of 16 open units, 2^${4 * DEPTH} times the products of the inputs`, () => {
  it("is beyond float64, which is told", async () => {
    for (const part of ["full", "diagonal", "trace"] as const) {
      expect(await rejectionOf(neuralPathKernel(deep, engine, inputs, { part }))).toEqual({
        message: "a neural path kernel with numbers beyond float64: expected numbers that float64 holds, up to 1.8e308",
        hint: "normalize by the trace, which kernels of any size can be divided by",
      });
    }
    expect((await rejectionOf(neuralPathKernel(deep, engine, inputs, { inputs2: inputs }))).message).toContain(
      "beyond",
    );
  });

  it("is exact over its trace", async () => {
    const { data, trace, log2Trace } = await neuralPathKernel(deep, engine, inputs, { normalize: "trace" });
    expect([...data]).toEqual([5 / 15, 5 / 15, 5 / 15, 10 / 15].map((one) => expect.closeTo(one, 14)));
    expect(trace).toBe(null);
    expect(log2Trace).toBeCloseTo(4 * DEPTH + Math.log2(15), 9);
  });

  it("is what it is over the widths", async () => {
    const { data } = await neuralPathKernel(deep, engine, inputs, { normalize: "width" });
    expect([...data]).toEqual([5, 5, 5, 10]);
  });
});

it("a kernel that vanishes over its widths is told, and exact over its trace", async () => {
  // all units but the first are shut in every layer
  const weights = alike(1).map((_, i) => (i % WIDTH === 0 ? 1 : -1));
  const half = chainOf(DEPTH, WIDTH, weights);
  expect((await rejectionOf(neuralPathKernel(half, engine, inputs, { normalize: "width" }))).message).toBe(
    "a neural path kernel with numbers above 0 and below 1e-323: expected numbers that float64 holds, up to 1.8e308",
  );
  const { data, trace } = await neuralPathKernel(half, engine, inputs);
  expect([[...data], trace]).toEqual([[5, 5, 5, 10], 15]);
});

it("over the trace, a scaled kernel is the same as one that needs no scale", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), async (biased) => {
      // biases where a kernel is small, then layers that take it beyond 2^400
      const at = (layer: number): number | undefined => (biased[layer] === true ? 0.5 : undefined);
      const { data, trace } = await neuralPathKernel(chain(110, 1, at), engine, inputs, { normalize: "trace" });
      const plain = await neuralPathKernel(chain(110, 1, at), engine, inputs);
      expect(trace).toBe(plain.trace);
      for (const [i, one] of plain.data.entries()) expect(data[i]).toBeCloseTo(one / (plain.trace ?? 0), 14);
    }),
    { numRuns: propertyRuns(8) },
  );
});

it("neighbors by more shared paths than float64 counts are ranked", async () => {
  const [first] = await neighbors(deep, engine, inputs, 0);
  expect(first).toMatchObject({ example: 1, similarity: 1, log2SharedPaths: 4 * DEPTH + 8 });
});

describe("paths", () => {
  it("have masses and norms beyond float64 by their logarithms", () => {
    // a unit gets 8 times itself and −7 times its twin
    const signed = chainOf(DEPTH, 2, [8, -7, -7, 8]);
    const answer = pathsOfExample(signed, float64([2], [1, 1]), { output: 0 });
    expect(answer.logit).toBe(1);
    expect(answer.sum).toBeCloseTo(1, 9);
    const expected = (DEPTH + 1) * Math.log2(15);
    expect(answer.absoluteMass).toBe(Number.POSITIVE_INFINITY);
    for (const log2 of [answer.log2AbsoluteMass, answer.log2PathNorm]) expect(log2).toBeCloseTo(expected, 6);
    for (const log2 of [answer.log2PositiveMass, answer.log2NegativeMass]) expect(log2).toBeCloseTo(expected - 1, 6);
    // (Σ|c|)² / Σc² = (15² / (8² + 7²)) ^ layers
    expect(answer.log2Participation).toBeCloseTo((DEPTH + 1) * Math.log2(225 / 113), 6);
  });

  it("of a logit beyond float64 are refused", () => {
    expect(() => pathsOfExample(chainOf(DEPTH, 2, [8, 8, 8, 8]), float64([2], [1, 1]))).toThrow(
      "output 0 of this example beyond float64",
    );
  });
});

describe("values beyond float32 decide no gates", () => {
  const large = chain(50, 16);
  const message =
    "pre-activations of input 0 beyond float32: expected values of at most 3.4e38, as gates are decided by them";

  it.each([
    ["npk", () => neuralPathKernel(large, engine, inputs)],
    ["npk by features", () => neuralPathKernel(large, engine, inputs, { features: 2 })],
    ["neighbors", () => neighbors(large, engine, inputs, 0)],
  ] as const)("%s", async (_, ask) => {
    expect((await rejectionOf(ask())).message).toBe(message);
  });
});

it("a path kernel is not 0 because values vanish in float32", async () => {
  const small = chain(50, 1 / 16);
  const message =
    "a path kernel of 0 for input 0, which has active paths: values that decide gates vanish in float32: expected values above 1e-38";
  for (const options of [{}, { part: "trace" }, { features: 2 }] as const) {
    expect((await rejectionOf(neuralPathKernel(small, engine, inputs, options))).message).toBe(message);
  }
  const shut = float64([1, WIDTH], new Float64Array(WIDTH).fill(-1));
  expect((await neuralPathKernel(small, engine, shut)).trace).toBe(0);
});

describe("a tangent kernel", () => {
  it("beyond float64 is told", async () => {
    expect((await rejectionOf(tangentAnswer(chain(150, 16), engine, inputs))).message).toContain(
      "a tangent kernel with numbers beyond float64",
    );
  });

  it("whose squares leave float64 has its size and eigenvalues", async () => {
    const { summary } = await tangentAnswer(chain(75, 16), engine, inputs);
    const plain = await tangentAnswer(chain(75, 1), engine, inputs);
    // 76 layers, of which a weight's gradient comes through 75 others
    expect(summary.trace / plain.summary.trace / 2 ** 600).toBeCloseTo(1, 9);
    expect(summary.frobenius).toBeLessThanOrEqual(summary.trace);
    expect(summary.frobenius).toBeGreaterThan(summary.trace / 2);
    expect(kernelSize(float64([2, 2], [1e200, 0, 0, 1e200]))).toEqual({ trace: 2e200, frobenius: Math.SQRT2 * 1e200 });
    expect(kernelSize(float64([1, 1], [1e-200])).frobenius).toBeCloseTo(1e-200, 210);
  });
});
