import type { DenseArray, DType, FloatDType, Shape, Tensor } from "../../src/graph/index.ts";
import type * as arithmetic from "../../src/graph/ops/arithmetic.ts";
import type * as convolution from "../../src/graph/ops/convolution.ts";
import type * as indexing from "../../src/graph/ops/indexing.ts";
import type * as layout from "../../src/graph/ops/layout.ts";
import type * as matrix from "../../src/graph/ops/matrix.ts";
import type * as pooling from "../../src/graph/ops/pooling.ts";
import type * as reductions from "../../src/graph/ops/reductions.ts";
import type { Tolerance } from "../support/expect-close.ts";
import type { Nd } from "./reference/nd.ts";

type NamesIn<M> = { [K in keyof M]: M[K] extends { readonly opName: infer N extends string } ? N : never }[keyof M];
/** Every op that a module of src/graph/ops exports, by its name: a new op without a row does not compile. */
export type OpName = OpNames[keyof OpNames];
export interface OpNames {
  arithmetic: NamesIn<typeof arithmetic>;
  convolution: NamesIn<typeof convolution>;
  indexing: NamesIn<typeof indexing>;
  layout: NamesIn<typeof layout>;
  matrix: NamesIn<typeof matrix>;
  pooling: NamesIn<typeof pooling>;
  reductions: NamesIn<typeof reductions>;
}

/** How gradients are checked by central differences. */
export interface GradientCheck {
  /** Positions of the inputs to differentiate by. */
  readonly by: readonly number[];
  readonly step: number;
  readonly tolerance: Tolerance;
  /** Positions of the inputs by which the first gradients, too, are differentiated. */
  readonly second?: readonly number[];
}

/** One row: an op applied to inputs, its value by plain loops, its gradient by differences. */
export interface OpCase {
  readonly title: string;
  readonly inputs: readonly DenseArray[];
  /** Shapes of the input tensors where they are not those of the arrays: with symbolic dimensions. */
  readonly shapes: readonly Shape[] | undefined;
  readonly build: (tensors: readonly Tensor[]) => Tensor;
  readonly wanted: Nd;
  readonly tolerance: Tolerance;
  /** `"none"` where no float input has a gradient. */
  readonly gradient: GradientCheck | "none";
}

type DTypeOf<A extends DenseArray> = A extends DenseArray<infer D extends DType> ? D : never;
type TensorsOf<I extends readonly DenseArray[]> = { readonly [K in keyof I]: Tensor<DTypeOf<I[K]>> };
type Options<I extends readonly DenseArray[]> = Partial<Pick<OpCase, "tolerance">> & {
  readonly title: string;
  readonly inputs: I;
  readonly shapes?: readonly Shape[];
  readonly build: (...tensors: TensorsOf<I>) => Tensor;
  readonly reference: (...arrays: readonly Nd[]) => Nd;
  readonly gradient: GradientCheck | "none";
};

/** float64 throughout, a few operations: a few roundings of 1e-16. */
const EXACT: Tolerance = { relative: 1e-13, absolute: 1e-14 };
/** float64 differences: truncation `h²` = 1e-10, rounding `1e-16 / h` = 1e-11, times sums over some elements. */
const DIFFERENCES = { step: 1e-5, tolerance: { relative: 1e-7, absolute: 1e-8 } } as const;
/** float32: 24 bits, and a sum over some terms. */
export const FLOAT32: Tolerance = { relative: 1e-5, absolute: 1e-5 };

/** The usual check: float64. */
export const by = (...inputs: readonly number[]): GradientCheck => ({ by: inputs, ...DIFFERENCES });

/** An op that is linear in each input has no truncation error: a large step keeps float32's rounding small. */
export const byLinear = (...inputs: readonly number[]): GradientCheck => ({
  by: inputs,
  step: 1,
  tolerance: FLOAT32,
});

export function opCase<const I extends readonly DenseArray[]>(options: Options<I>): OpCase {
  const { title, inputs, shapes, build, reference, tolerance = EXACT, gradient } = options;
  return {
    title,
    inputs,
    shapes,
    // the tensors are made from these inputs, in this order
    build: (tensors) => build(...(tensors as TensorsOf<I>)),
    wanted: reference(...inputs.map(({ shape, data }) => ({ shape, data: Array.from(data, Number) }))),
    tolerance,
    gradient,
  };
}

export type OpTable<N extends OpName> = Readonly<Record<N, readonly [OpCase, ...OpCase[]]>>;
export type Float64 = DenseArray<"float64">;
export type FloatTensor = Tensor<FloatDType>;
