/** Ops that make each number of a constant of those at its place in others. */
import { type DenseArray, type DType, sizeOf } from "../../graph/index.ts";
import { commonShape, isWhole, made, stretched } from "./made-constants.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { type Origin, ofSingle, originOfMapped, originOfOther, originOfPicked, originOfSum } from "./origin.ts";
import { broadcastPlaces } from "./places.ts";
import { numbersOf } from "./value.ts";

export type Binary = (a: number, b: number) => number;

/** Slopes of an op of two numbers by both. */
type Slopes = (a: number, b: number) => readonly [number, number];

/** Elementwise over two constants or more, from the left. */
export const elementwise =
  (of: (reader: NodeReader, isWhole: boolean) => Binary, slopes?: Slopes, result?: DType): OpReader =>
  (reader) => {
    const first = reader.constant(0);
    const others = reader.inputs.slice(1).map((_, index) => reader.constant(index + 1));
    const combine = of(reader, isWhole(first.dtype));
    const arrays = [first, ...others];
    const shape = commonShape(
      reader,
      arrays.map((array) => array.shape),
    );
    const size = sizeOf(shape);
    // each operand is walked over once more
    reader.builder.limits.constants(reader.node, others.length * size);
    // one number beside an array of them is a constant of the graph, as it is beside a node
    const origins = arrays.map((array, index): Origin => {
      const own = reader.origin(index);
      const origin = array.data.length === 1 && size > 1 ? ofSingle(own) : own;
      const moved = origin.length > 0 && array.data.length !== size;
      return moved ? originOfPicked(origin, broadcastPlaces(shape, array.shape)) : origin;
    });
    let origin = origins[0] ?? [];
    const numbers = (): Float64Array => {
      const left = stretched(first, shape);
      for (const [index, array] of others.entries()) {
        const right = stretched(array, shape);
        const next = origins[index + 1] ?? [];
        reader.builder.limits.terms(reader.node, origin.length);
        if (origin.length + next.length > 0) origin = ofBoth(origin, next, left, right, slopes);
        for (let i = 0; i < left.length; i++) left[i] = combine(left[i]!, right[i]!);
      }
      return left;
    };
    // weights that are computed keep their digits
    const exact = first.dtype === "float32" && origins.some(({ length }) => length > 0);
    return made(reader, result ?? (exact ? "float64" : first.dtype), shape, numbers, () => origin);
  };

/** Where the result of an op of two arrays comes from, by the chain rule. */
function ofBoth(a: Origin, b: Origin, left: Float64Array, right: Float64Array, slopes: Slopes | undefined): Origin {
  if (slopes === undefined) return originOfOther([...a, ...b]);
  const [byLeft, byRight] = [new Float64Array(left.length), new Float64Array(left.length)];
  for (let i = 0; i < left.length; i++) [byLeft[i] = 0, byRight[i] = 0] = slopes(left[i]!, right[i]!);
  return originOfSum([originOfMapped(a, byLeft), originOfMapped(b, byRight)]);
}

export const plain = (of: Binary, slopes?: Slopes): OpReader => elementwise(() => of, slopes);
export const comparison = (of: (a: number, b: number) => boolean): OpReader =>
  elementwise(() => (a, b) => (of(a, b) ? 1 : 0), undefined, "bool");

/** The remainder with the sign of the divisor, or with `fmod` of the dividend. */
export const modulo: OpReader = elementwise((reader) =>
  reader.int("fmod") === 1 ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b),
);

export const unary =
  (of: (value: number) => number): OpReader =>
  (reader) => {
    const array = reader.constant(0);
    return made(reader, array.dtype, array.shape, () => numbersOf(array).map(of));
  };

export const negative: OpReader = (reader) => {
  const array = reader.constant(0);
  const numbers = (): Float64Array => numbersOf(array).map((value) => -value);
  return made(reader, array.dtype, array.shape, numbers, () => originOfMapped(reader.origin(0), -1));
};

export const where: OpReader = (reader) => {
  const [condition, yes, no] = [reader.constant(0), reader.constant(1), reader.constant(2)];
  const shape = commonShape(reader, [condition.shape, yes.shape, no.shape]);
  const numbers = (): Float64Array => {
    const [on, off] = [stretched(yes, shape), stretched(no, shape)];
    return stretched(condition, shape).map((value, i) => (value === 0 ? off[i]! : on[i]!));
  };
  const chosen = (index: number, array: DenseArray, isChosen: (value: number) => boolean): Origin => {
    const origin = reader.origin(index);
    if (origin.length === 0) return origin;
    const open = stretched(condition, shape);
    const from = broadcastPlaces(shape, array.shape).map((place, i) => (isChosen(open[i]!) ? place : -1));
    return originOfPicked(origin, from);
  };
  return made(reader, yes.dtype, shape, numbers, () =>
    originOfSum([chosen(1, yes, (value) => value !== 0), chosen(2, no, (value) => value === 0)]),
  );
};
