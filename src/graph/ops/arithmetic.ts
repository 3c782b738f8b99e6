/** Ops on one element at a time, with NumPy's broadcasting. */

import { GatewiseError } from "../../errors.ts";
import { type DType, filled } from "../dense-array.ts";
import { ELEMENT_TYPE } from "../onnx/element-types.ts";
import { apply, asFloat, broadcastShapes, isFloat, type NamedOp, named, sameDType } from "../op.ts";
import type { FloatDType, FloatInput, NumericDType, OpDefinition, Tensor } from "../symbolic.ts";
import { scalar } from "../tensor.ts";
import { sumLike } from "./layout.ts";

/** A tensor, or a number that becomes a constant of the other operand's dtype. */
export type Operand<D extends DType> = Tensor<D> | number;

function operands<D extends DType>(op: string, a: Operand<D>, b: Operand<D>): readonly [Tensor<D>, Tensor<D>] {
  if (typeof a !== "number") return [a, typeof b === "number" ? scalar(a.dtype, b) : b];
  if (typeof b !== "number") return [scalar(b.dtype, a), b];
  throw new GatewiseError({
    received: `${op} of two numbers`,
    expected: "at least one tensor",
    next: "compute it outside the graph, or make one of them a constant",
  });
}

/** An op of two tensors of one dtype, or of a tensor and a number; shapes broadcast by NumPy's rule, or GatewiseError. */
export type Binary<D extends DType> = <T extends D>(a: Operand<T>, b: Operand<T>) => Tensor<T>;
/** A {@link Binary} op whose result is 0 or 1 for each element. */
export type Comparison<D extends DType> = <T extends D>(a: Operand<T>, b: Operand<T>) => Tensor<"bool">;
/** An op on each element: the result has the input's dtype and shape. */
export type Unary<D extends DType> = <T extends D>(x: Tensor<T>) => Tensor<T>;
type Float = Tensor<FloatDType>;
type Pair = readonly [a: Tensor, b: Tensor];
type Single = readonly [x: Tensor];

interface BinaryRule {
  readonly onnx: string;
  /** Before broadcasting is undone. */
  readonly gradient?: (a: Float, b: Float, dy: Float, y: Float) => readonly [Float, Float];
}

function binaryDefinition(name: string, rule: BinaryRule, result?: DType): OpDefinition<undefined, Pair> {
  const { gradient } = rule;
  return {
    name,
    ...(result === undefined ? {} : { dtype: () => result }),
    shape(inputs) {
      sameDType(name, inputs);
      return broadcastShapes(
        name,
        inputs.map(({ shape }) => shape),
        inputs,
      );
    },
    gradient: gradient
      ? ([a, b], dy, y) => {
          const [da, db] = gradient(asFloat(a), asFloat(b), dy, y);
          return [sumLike(da, a), sumLike(db, b)];
        }
      : "none",
    onnx: rule.onnx,
  };
}

function binary<const N extends string, D extends DType = NumericDType>(
  name: N,
  rule: BinaryRule,
): NamedOp<N, Binary<D>> {
  const definition = binaryDefinition(name, rule);
  return named(
    name,
    <T extends D>(a: Operand<T>, b: Operand<T>): Tensor<T> => apply(definition, operands(name, a, b), undefined),
  );
}

function comparison<const N extends string, D extends DType = NumericDType>(
  name: N,
  onnx: string,
): NamedOp<N, Comparison<D>> {
  const definition = binaryDefinition(name, { onnx }, "bool");
  return named(
    name,
    <T extends D>(a: Operand<T>, b: Operand<T>): Tensor<"bool"> => apply(definition, operands(name, a, b), undefined),
  );
}

interface UnaryRule {
  readonly onnx: string;
  readonly gradient: "none" | ((x: Float, dy: Float, y: Float) => Float);
}

function unary<const N extends string, D extends DType = FloatDType>(name: N, rule: UnaryRule): NamedOp<N, Unary<D>> {
  const { gradient, onnx } = rule;
  const definition: OpDefinition<undefined, Single> = {
    name,
    shape: ([x]) => x.shape,
    gradient: gradient === "none" ? "none" : ([x], dy, y) => [gradient(asFloat(x), dy, y)],
    onnx,
  };
  return named(name, <T extends D>(x: Tensor<T>): Tensor<T> => apply(definition, [x], undefined));
}

const castOp: OpDefinition<{ readonly to: DType }, Single> = {
  name: "cast",
  dtype: (_, { to }) => to,
  shape: ([x]) => x.shape,
  gradient: ([x], dy) => [isFloat(x) ? cast(dy, x.dtype) : undefined],
  onnx: (emit, names, { to }) => emit.node("Cast", names, { to: { int: ELEMENT_TYPE[to] } }),
};
/** Values as another dtype; a bool becomes 0 or 1, a number becomes `value != 0`. */
export const cast = named(
  "cast",
  <D extends DType>(x: Tensor, to: D): Tensor<D> => (hasDType(x, to) ? x : apply(castOp, [x], { to })),
);
const hasDType = <D extends DType>(x: Tensor, dtype: D): x is Tensor<D> => x.dtype === dtype;

/** `a + b` element by element; shapes broadcast by NumPy's rule. */
export const add = binary("add", { onnx: "Add", gradient: (_a, _b, dy) => [dy, dy] });
/** `a − b` element by element; shapes broadcast. */
export const subtract = binary("subtract", { onnx: "Sub", gradient: (_a, _b, dy) => [dy, negate(dy)] });
/** `a · b` element by element; shapes broadcast. */
export const multiply: NamedOp<"multiply", Binary<NumericDType>> = binary("multiply", {
  onnx: "Mul",
  gradient: (a, b, dy) => [multiply(dy, b), multiply(dy, a)],
});
/** `a / b` element by element; shapes broadcast. */
export const divide: NamedOp<"divide", Binary<FloatDType>> = binary<"divide", FloatDType>("divide", {
  onnx: "Div",
  gradient: (_a, b, dy, y) => [divide(dy, b), negate(divide(multiply(dy, y), b))],
});
/** The greater of two values; at a tie the gradient goes to the first. */
export const maximum = binary<"maximum", FloatDType>("maximum", {
  onnx: "Max",
  gradient: (a, b, dy) => choose(greaterOrEqual(a, b), dy),
});
/** The lesser of two values; at a tie the gradient goes to the first. */
export const minimum = binary<"minimum", FloatDType>("minimum", {
  onnx: "Min",
  gradient: (a, b, dy) => choose(lessOrEqual(a, b), dy),
});
function choose(first: Tensor<"bool">, dy: Float): readonly [Float, Float] {
  const share = multiply(dy, cast(first, dy.dtype));
  return [share, subtract(dy, share)];
}

/** `a > b` element by element; shapes broadcast. */
export const greater = comparison("greater", "Greater");
/** `a ≥ b` element by element; shapes broadcast. */
export const greaterOrEqual = comparison("greaterOrEqual", "GreaterOrEqual");
/** `a < b` element by element; shapes broadcast. */
export const less = comparison("less", "Less");
/** `a ≤ b` element by element; shapes broadcast. */
export const lessOrEqual = comparison("lessOrEqual", "LessOrEqual");
/** `a = b` element by element; shapes broadcast. */
export const equal = comparison("equal", "Equal");
/** Whether both are true, element by element; shapes broadcast. */
export const and = comparison<"and", "bool">("and", "And");
/** Whether it is false, element by element. */
export const not = unary<"not", "bool">("not", { onnx: "Not", gradient: "none" });

/** `−x` element by element. */
export const negate: NamedOp<"negate", Unary<NumericDType>> = unary<"negate", NumericDType>("negate", {
  onnx: "Neg",
  gradient: (_, dy) => negate(dy),
});
/** `e^x` element by element. */
export const exp = unary("exp", { onnx: "Exp", gradient: (_, dy, y) => multiply(dy, y) });
/** Natural logarithm element by element. */
export const log = unary("log", { onnx: "Log", gradient: (x, dy) => divide(dy, x) });
/** Square root element by element. */
export const sqrt = unary("sqrt", { onnx: "Sqrt", gradient: (_, dy, y) => divide(multiply(dy, 0.5), y) });
/** `|x|` element by element; the gradient at 0 is 0. */
export const absolute = unary("absolute", { onnx: "Abs", gradient: (x, dy) => multiply(dy, sign(x)) });
/** −1, 0 or 1, from comparisons: WebGPU has no kernel for Sign. */
export const sign = <D extends FloatDType>(x: Tensor<D>): Tensor<D> =>
  subtract(cast(greater(x, 0), x.dtype), cast(less(x, 0), x.dtype));
/** `1 / (1 + e^(−x))` element by element. */
export const sigmoid = unary("sigmoid", {
  onnx: "Sigmoid",
  gradient: (_, dy, y) => multiply(dy, multiply(y, subtract(1, y))),
});
/** Hyperbolic tangent element by element. */
export const tanh = unary("tanh", { onnx: "Tanh", gradient: (_, dy, y) => multiply(dy, subtract(1, multiply(y, y))) });
/** `x · 1{x > 0}`; the gradient at 0 is 0, as the gate there is off (theory 1.1). */
export const relu = unary("relu", {
  onnx: "Relu",
  gradient: (_, dy, y) => multiply(dy, cast(greater(y, 0), dy.dtype)),
});
/** `x²` element by element. */
export const square = <D extends NumericDType>(x: Tensor<D>): Tensor<D> => multiply(x, x);

const powerOp: OpDefinition<{ readonly exponent: number }, FloatInput> = {
  name: "power",
  shape: ([x]) => x.shape,
  gradient: ([x], dy, _, { exponent }) =>
    // without the case of 0 its gradient at x = 0 would be 0 · ∞
    [exponent === 0 ? undefined : multiply(dy, multiply(power(x, exponent - 1), exponent))],
  onnx: (emit, [x], { exponent }, [{ dtype }]) => emit.node("Pow", [x, emit.constant(filled(dtype, [], exponent))]),
};
/** `x` to a fixed power. */
export const power = named(
  "power",
  <D extends FloatDType>(x: Tensor<D>, exponent: number): Tensor<D> => apply(powerOp, [x], { exponent }),
);

const whereOp: OpDefinition<undefined, readonly [condition: Tensor<"bool">, a: Tensor, b: Tensor]> = {
  name: "where",
  dtype: ([, a]) => a.dtype,
  shape(inputs) {
    const [, a, b] = inputs;
    sameDType("where", [a, b]);
    return broadcastShapes(
      "where",
      inputs.map(({ shape }) => shape),
      inputs,
    );
  },
  gradient: ([condition, a, b], dy) => [
    undefined,
    sumLike(where(condition, dy, 0), a),
    sumLike(where(condition, 0, dy), b),
  ],
  onnx: "Where",
};
/** `a` where the condition holds, else `b`. */
export const where = named(
  "where",
  <D extends DType>(condition: Tensor<"bool">, a: Operand<D>, b: Operand<D>): Tensor<D> =>
    apply(whereOp, [condition, ...operands("where", a, b)], undefined),
);
