import { describe, expect, it } from "vitest";
import { input, type Tensor } from "../../src/graph/index.ts";
import * as arithmetic from "../../src/graph/ops/arithmetic.ts";
import * as convolution from "../../src/graph/ops/convolution.ts";
import * as indexing from "../../src/graph/ops/indexing.ts";
import * as layout from "../../src/graph/ops/layout.ts";
import { matMul } from "../../src/graph/ops/matrix.ts";
import * as pooling from "../../src/graph/ops/pooling.ts";
import * as reductions from "../../src/graph/ops/reductions.ts";
import { errorOf } from "../support/error-of.ts";
import type { OpName } from "./op-case.ts";

/** Ops that take every shape. */
type Shapeless =
  | "cast"
  | "not"
  | "negate"
  | "exp"
  | "log"
  | "sqrt"
  | "absolute"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "power"
  | "oneHot";

interface Row {
  readonly build: () => unknown;
  readonly message: string;
}

const float = (...shape: readonly (number | string)[]): Tensor<"float32"> => input("x", "float32", shape);
const double = (...shape: readonly (number | string)[]): Tensor<"float64"> => input("x", "float64", shape);
const bool = (...shape: readonly number[]): Tensor<"bool"> => input("x", "bool", shape);
const indices = (...shape: readonly number[]): Tensor<"int32"> => input("i", "int32", shape);

const broadcast = (name: string, build: (a: Tensor<"float32">, b: Tensor<"float32">) => unknown): readonly Row[] => [
  {
    build: () => build(float(2, 3), float(2)),
    message: `${name} of float32 [2, 3] and float32 [2]: expected shapes that broadcast together`,
  },
  {
    build: () => build(float("batch", 3), float("rows", 3)),
    message: `${name} of float32 [batch, 3] and float32 [rows, 3]: expected shapes that broadcast together`,
  },
];
const axis = (name: string, build: (x: Tensor<"float32">, axis: number) => unknown): readonly Row[] => [
  { build: () => build(float(2, 3), 2), message: `${name} of float32 [2, 3]: expected an axis below 2, not 2` },
  { build: () => build(float(2, 3), -3), message: `${name} of float32 [2, 3]: expected an axis below 2, not -3` },
];

const MAPS = "[n, c, h, w] and [out, c / groups, kh, kw]";
const ERRORS = {
  add: [
    ...broadcast("add", arithmetic.add),
    {
      build: () => arithmetic.add(float(2), double(2)),
      message: "add of float32 [2] and float64 [2]: expected one dtype: cast first",
    },
  ],
  subtract: broadcast("subtract", arithmetic.subtract),
  multiply: broadcast("multiply", arithmetic.multiply),
  divide: broadcast("divide", arithmetic.divide),
  maximum: broadcast("maximum", arithmetic.maximum),
  minimum: broadcast("minimum", arithmetic.minimum),
  greater: broadcast("greater", arithmetic.greater),
  greaterOrEqual: broadcast("greaterOrEqual", arithmetic.greaterOrEqual),
  less: broadcast("less", arithmetic.less),
  lessOrEqual: broadcast("lessOrEqual", arithmetic.lessOrEqual),
  equal: broadcast("equal", arithmetic.equal),
  and: [
    {
      build: () => arithmetic.and(bool(2), bool(3)),
      message: "and of bool [2] and bool [3]: expected shapes that broadcast together",
    },
  ],
  where: [
    {
      build: () => arithmetic.where(bool(2), float(3), float(1)),
      message: "where of bool [2] and float32 [3] and float32 [1]: expected shapes that broadcast together",
    },
  ],
  matMul: [
    {
      build: () => matMul(float(2, 3), float(2, 3)),
      message: "matMul of float32 [2, 3] and float32 [2, 3]: expected […, n, k] and […, k, m]",
    },
    {
      build: () => matMul(float(2, 3), float(2, 3), { transposeA: true, transposeB: true }),
      message: "matMul of float32 [2, 3] and float32 [2, 3]: expected […, k, n] and […, m, k]",
    },
    {
      build: () => matMul(float(3), float(3, 2)),
      message: "matMul of float32 [3] and float32 [3, 2]: expected […, n, k] and […, k, m]",
    },
    {
      build: () => matMul(float(2, 1, 3), float(4, 3, 2)),
      message: "matMul of float32 [2, 1, 3] and float32 [4, 3, 2]: expected shapes that broadcast together",
    },
  ],
  convolution: [
    {
      build: () => convolution.convolution(float(2, 3, 8), float(4, 3, 3, 3)),
      message: `convolution of float32 [2, 3, 8]: expected ${MAPS}`,
    },
    {
      build: () => convolution.convolution(float(2, 3, 8, 8), float(4, 2, 3, 3)),
      message: `convolution of float32 [2, 3, 8, 8] and float32 [4, 2, 3, 3]: expected ${MAPS} with groups = 1`,
    },
    {
      build: () => convolution.convolution(float(2, 4, 8, 8), float(3, 2, 3, 3), { groups: 2 }),
      message: `convolution of float32 [2, 4, 8, 8] and float32 [3, 2, 3, 3]: expected ${MAPS} with groups = 2`,
    },
    {
      build: () =>
        convolution.convolution(float(2, 3, 3, 8), float(4, 3, 3, 3), { dilations: [2, 1], pads: [0, 0, 1, 0] }),
      message:
        "convolution of float32 [2, 3, 3, 8] and float32 [4, 3, 3, 3]: expected a map of at least 5 with its padding, not 4",
    },
    {
      build: () => convolution.convolution(float(2, 3, "height", 8), float(4, 3, 3, 3)),
      message: "convolution of float32 [2, 3, height, 8]: expected a fixed size in dimension 2",
    },
  ],
  convolutionInputGradient: [
    {
      build: () => convolution.convolutionInputGradient(float(2, 4, 6, 6), float(4, 3, 3, 3), [2, 3, 9, 8]),
      message:
        "convolutionInputGradient of float32 [2, 4, 6, 6] and float32 [4, 3, 3, 3] and [2, 3, 9, 8]: expected a gradient of shape [2, 4, 7, 6]",
    },
  ],
  convolutionWeightGradient: [
    {
      build: () => convolution.convolutionWeightGradient(float(2, 3, 8, 8), float(2, 4, 6, 6), [4, 3, 2, 3]),
      message:
        "convolutionWeightGradient of float32 [2, 3, 8, 8] and float32 [2, 4, 6, 6] and [4, 3, 2, 3]: expected a gradient of shape [2, 4, 7, 6]",
    },
  ],
  maxPool: [
    {
      build: () => pooling.maxPool(float(2, 3, 8), [2, 2]),
      message: "maxPool of float32 [2, 3, 8]: expected [n, c, h, w]",
    },
    {
      build: () => pooling.maxPool(float(2, 3, 8, 8), [2, 2], { pads: [0, 2, 0, 0] }),
      message: "maxPool of float32 [2, 3, 8, 8]: expected padding below the kernel [2,2], not [0,2,0,0]",
    },
    {
      build: () => pooling.maxPool(float(2, 3, 1, 8), [2, 2]),
      message: "maxPool of float32 [2, 3, 1, 8]: expected a map of at least 2 with its padding, not 1",
    },
  ],
  maxPoolGradient: [
    {
      build: () => pooling.maxPoolGradient(float(2, 3, 8, 8), float(2, 3, 4, 3), [2, 2]),
      message:
        "maxPoolGradient of float32 [2, 3, 8, 8] and float32 [2, 3, 4, 3]: expected a gradient of shape [2, 3, 4, 4]",
    },
  ],
  maxPoolSelect: [
    {
      build: () => pooling.maxPoolSelect(float(2, 3, 8, 8), float(2, 3, 8, 9), [2, 2]),
      message: "maxPoolSelect of float32 [2, 3, 8, 8] and float32 [2, 3, 8, 9]: expected two maps of one shape",
    },
  ],
  averagePool: [
    {
      build: () => pooling.averagePool(float(2, 3, "height", 8), [2, 2]),
      message: "averagePool of float32 [2, 3, height, 8]: expected a fixed size in dimension 2",
    },
  ],
  reduceSum: axis("reduceSum", (x, at) => layout.reduceSum(x, [at])),
  reduceMean: axis("reduceMean", (x, at) => reductions.reduceMean(x, [at])),
  reduceMax: axis("reduceMax", (x, at) => reductions.reduceMax(x, [at])),
  reduceLogSumExp: axis("reduceLogSumExp", (x, at) => reductions.reduceLogSumExp(x, [at])),
  argMax: axis("argMax", reductions.argMax),
  reshape: [
    {
      build: () => layout.reshape(float(2, 6), [3, 5]),
      message: "reshape of float32 [2, 6] and [3, 5]: expected as many elements in both shapes",
    },
    {
      build: () => layout.reshape(float("batch", 6), [2, 6]),
      message: "reshape of float32 [batch, 6] and [2, 6]: expected as many elements in both shapes",
    },
    {
      build: () => layout.reshape(float("batch", "time", 6), ["time", "batch", 6]),
      message:
        "reshape of float32 [batch, time, 6] and [time, batch, 6]: expected at most one symbolic dimension that moves",
    },
  ],
  transpose: [
    {
      build: () => layout.transpose(float(2, 3), [0, 0]),
      message: "transpose of float32 [2, 3]: expected an order of 2 axes, not [0,0]",
    },
    {
      build: () => layout.transpose(float(2, 3), [1]),
      message: "transpose of float32 [2, 3]: expected an order of 2 axes, not [1]",
    },
  ],
  expandLike: [
    {
      build: () => layout.expandLike(float(2, 3), float(3)),
      message: "expandLike of float32 [2, 3] and [3]: expected a first shape that broadcasts to the second",
    },
  ],
  slice: [
    {
      build: () => indexing.slice(float(2, 5), 1, 2, 6),
      message: "slice of float32 [2, 5]: expected whole numbers with 0 ≤ start < end ≤ 5, not 2 to 6 by 1",
    },
    {
      build: () => indexing.slice(float(2, 5), 1, 2, 2),
      message: "slice of float32 [2, 5]: expected whole numbers with 0 ≤ start < end ≤ 5, not 2 to 2 by 1",
    },
    {
      build: () => indexing.slice(float(2, 5), 1, 0, 2, 0.5),
      message: "slice of float32 [2, 5]: expected whole numbers with 0 ≤ start < end ≤ 5, not 0 to 2 by 0.5",
    },
    {
      build: () => indexing.slice(float("batch", 5), 0, 0, 1),
      message: "slice of float32 [batch, 5]: expected a fixed size in dimension 0",
    },
  ],
  pad: [
    {
      build: () => indexing.pad(float(2, 5), 1, -1, 0),
      message: "pad of float32 [2, 5]: expected whole padding of at least 0, not -1 and 0",
    },
  ],
  dilate: [
    {
      build: () => indexing.dilate(float(2, 5), 1, 0),
      message:
        "dilate of float32 [2, 5]: expected a whole step of at least 1, not 0, and at most one symbolic dimension",
    },
    {
      build: () => indexing.dilate(float("a", "b", 5), 2, 2),
      message:
        "dilate of float32 [a, b, 5]: expected a whole step of at least 1, not 2, and at most one symbolic dimension",
    },
  ],
  concat: [
    {
      build: () => indexing.concat([float(2, 3), float(2, 3), float(3, 3)], 1),
      message:
        "concat of float32 [2, 3] and float32 [2, 3] and float32 [3, 3]: expected shapes that agree but for axis 1",
    },
    {
      build: () => indexing.concat([float(2, 3), float(2)], -1),
      message: "concat of float32 [2, 3] and float32 [2]: expected shapes that agree but for axis 1",
    },
  ],
  gather: [
    {
      build: () => indexing.gather(float(), indices(2)),
      message: "gather of float32 [] and int32 [2]: expected [n, …] and indices of any shape",
    },
  ],
  scatterAdd: [
    {
      build: () => indexing.scatterAdd(float(4, 3), indices(2), float(2, 4)),
      message:
        "scatterAdd of float32 [4, 3] and int32 [2] and float32 [2, 4]: expected [n, …rest], indices […m] and rows […m, …rest]",
    },
  ],
} satisfies Record<Exclude<OpName, Shapeless>, readonly [Row, ...Row[]] | readonly Row[]>;

const ROWS = Object.values<readonly Row[]>(ERRORS).flat();

describe("shape errors", () => {
  it.each(ROWS)("$message", ({ build, message }) => {
    expect(errorOf(build)).toEqual({ message, hint: "change the shapes where the graph is built" });
  });

  it("an op of two numbers", () => {
    expect(errorOf(() => arithmetic.add<"float32">(1, 2))).toEqual({
      message: "add of two numbers: expected at least one tensor",
      hint: "compute it outside the graph, or make one of them a constant",
    });
  });
});
