import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Program } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  add,
  constant,
  type DenseArray,
  type FloatDType,
  formatTensor,
  gradients,
  graph,
  input,
  multiply,
  reduceSum,
  type Tensor,
} from "../../src/graph/index.ts";
import { asFloat } from "../../src/graph/op.ts";
import { topologicalOrder } from "../../src/graph/traversal.ts";
import { expectClose } from "../support/expect-close.ts";
import { finiteDifferences } from "../support/finite-differences.ts";
import { ARITHMETIC } from "./cases/arithmetic.ts";
import { CONVOLUTION } from "./cases/convolution.ts";
import { INDEXING } from "./cases/indexing.ts";
import { LAYOUT } from "./cases/layout.ts";
import { MATRIX } from "./cases/matrix.ts";
import { POOLING } from "./cases/pooling.ts";
import { REDUCTIONS } from "./cases/reductions.ts";
import { draw, draw32 } from "./draws.ts";
import type { OpCase, OpName, OpTable } from "./op-case.ts";

const CASES = {
  ...ARITHMETIC,
  ...CONVOLUTION,
  ...INDEXING,
  ...LAYOUT,
  ...MATRIX,
  ...POOLING,
  ...REDUCTIONS,
} satisfies OpTable<OpName>;

const ROWS = Object.entries<readonly OpCase[]>(CASES).flatMap(([op, cases]) => cases.map((one) => ({ ...one, op })));
const WITH_GRADIENT = ROWS.flatMap(({ gradient, ...row }) => (gradient === "none" ? [] : [{ ...row, gradient }]));
const WITH_SECOND = WITH_GRADIENT.flatMap(({ gradient, ...row }) =>
  gradient.second === undefined ? [] : [{ ...row, gradient, second: gradient.second }],
);

const WITH_SECOND_STATIC = WITH_SECOND.filter(({ shapes }) => shapes === undefined);

const nameOf = (position: number): string => `x${position}`;
const inputsOf = ({ inputs, shapes }: Pick<OpCase, "inputs" | "shapes">): readonly Tensor[] =>
  inputs.map(({ dtype, shape }, i) => input(nameOf(i), dtype, shapes?.[i] ?? shape));

/** Feeds for the inputs that a program has: it has none for a tensor whose shape alone is used. */
const feedsFor = ({ model }: Program, arrays: readonly DenseArray[], dy?: DenseArray): Record<string, DenseArray> => {
  const all = new Map(arrays.map((array, i) => [nameOf(i), array]));
  if (dy !== undefined) all.set("dy", dy);
  return Object.fromEntries([...all].filter(([name]) => model.inputs.some((port) => port.name === name)));
};

/** Weights of a weighted sum over the elements of something. */
const weightsLike = (name: string, { dtype }: Tensor, shape: readonly number[]): DenseArray<FloatDType> =>
  dtype === "float32" ? draw32(name, shape) : draw(name, shape);

describe("ops", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openNodeEngine("cpu", { threads: 1 });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it.each(ROWS)("$op: $title: value", async ({ op, inputs, shapes, build, wanted, tolerance }) => {
    const y = build(inputsOf({ inputs, shapes }));
    const made = topologicalOrder([y]).map(({ source }) => (source.kind === "op" ? source.op.name : source.kind));
    expect(made).toContain(op);
    expect(y.shape.map((size, axis) => (typeof size === "number" ? size : wanted.shape[axis]))).toEqual(wanted.shape);

    await using program = await engine.compile(graph({ y }));
    const { fetched } = await program.run(feedsFor(program, inputs));
    expect(fetched.y?.dtype).toBe(y.dtype);
    expectClose(fetched.y ?? [], wanted, tolerance);
  });

  it.each(WITH_GRADIENT)("$op: $title: gradient", async ({ inputs, shapes, build, wanted, gradient }) => {
    const tensors = inputsOf({ inputs, shapes });
    const y = asFloat(build(tensors));
    const dy = input("dy", y.dtype, y.shape);
    const weights = weightsLike("dy", y, wanted.shape);
    const wrt = gradient.by.map((position) => asFloat(tensors[position] ?? y));
    const found = gradients(reduceSum(multiply(y, dy)), wrt);
    expect(found.map(formatTensor)).toEqual(wrt.map(formatTensor));

    const outputs = Object.fromEntries(gradient.by.map((position, i) => [`g${position}`, found[i] ?? y]));
    await using program = await engine.compile(graph({ y, ...outputs }));
    const feeds = feedsFor(program, inputs, weights);
    const { fetched } = await program.run(feeds);
    for (const position of gradient.by) {
      const differences = { program, feeds, by: nameOf(position), step: gradient.step };
      const wantedGradient = await finiteDifferences({ ...differences, of: [{ output: "y", weights }] });
      expectClose(fetched[`g${position}`] ?? [], wantedGradient, gradient.tolerance);
    }
  });

  it.each(WITH_SECOND_STATIC)("$op: $title: second gradient", async ({ inputs, build, wanted, gradient, second }) => {
    const tensors = inputsOf({ inputs, shapes: undefined });
    const y = asFloat(build(tensors));
    const wrt = second.map((position) => asFloat(tensors[position] ?? y));
    const weights = weightsLike("dy", y, wanted.shape);
    const first = gradients(reduceSum(multiply(y, constant(weights))), wrt);
    const arrays = wrt.map((tensor, i) => weightsLike(`v${i}`, tensor, inputs[second[i] ?? 0]?.shape ?? []));
    const weighted = first.map((one, i) => reduceSum(multiply(one, constant(arrays[i] ?? weights))));
    const found = gradients(
      weighted.reduce((sum, one) => add(sum, one)),
      wrt,
    );

    const named = (prefix: string, list: readonly Tensor[]): Readonly<Record<string, Tensor>> =>
      Object.fromEntries(list.map((one, i) => [`${prefix}${i}`, one]));
    await using program = await engine.compile(graph({ ...named("first", first), ...named("second", found) }));
    const feeds = feedsFor(program, inputs);
    const { fetched } = await program.run(feeds);
    for (const [i, position] of second.entries()) {
      const of = arrays.map((weights, j) => ({ output: `first${j}`, weights }));
      const differences = { program, feeds, by: nameOf(position), of, step: gradient.step };
      expectClose(fetched[`second${i}`] ?? [], await finiteDifferences(differences), gradient.tolerance);
    }
  });
});
