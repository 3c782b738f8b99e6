/** Add, Sub, Mul, Div, Neg: normalization of the input, biases and scales by constants, residual sums. */
import { float32, sizeOf } from "../../graph/index.ts";
import type { Weights } from "../gated-network.ts";
import { broadcastShape, channelVectors } from "./channel-vectors.ts";
import { mergedBias } from "./merge.ts";
import type { NodeReader, ValueReader } from "./node-reader.ts";
import { broadcastPlaces } from "./places.ts";
import { sum, summed } from "./read-sums.ts";
import { type ExampleValue, exampleShape } from "./value.ts";
import { spread, weightsOf } from "./weights.ts";

/** What an op with one constant does to the other operand: `x · factor + shift`. */
interface Affine {
  readonly factor: (c: number) => number;
  readonly shift: ((c: number) => number) | undefined;
}
interface Arithmetic {
  readonly constantSecond: Affine;
  /** Undefined where it is not linear. */
  readonly constantFirst: Affine | undefined;
}

const ADD = {
  constantSecond: { factor: () => 1, shift: (c) => c },
  constantFirst: { factor: () => 1, shift: (c) => c },
} as const satisfies Arithmetic;
const SUBTRACT = {
  constantSecond: { factor: () => 1, shift: (c) => -c },
  constantFirst: { factor: () => -1, shift: (c) => c },
} as const satisfies Arithmetic;
const MULTIPLY = {
  constantSecond: { factor: (c) => c, shift: undefined },
  constantFirst: { factor: (c) => c, shift: undefined },
} as const satisfies Arithmetic;
const DIVIDE = {
  constantSecond: { factor: (c) => 1 / c, shift: undefined },
  constantFirst: undefined,
} as const satisfies Arithmetic;

const arithmetic =
  ({ constantFirst, constantSecond }: Arithmetic): ValueReader =>
  (reader) => {
    const [first, second] = reader.inputs;
    if (second?.kind === "constant") return affine(reader, reader.example(0), reader.weights(1), constantSecond);
    if (first?.kind === "constant" && constantFirst !== undefined) {
      return affine(reader, reader.example(1), reader.weights(0), constantFirst);
    }
    throw reader.error("two operands that depend on the example", "one of them constant (the second, for Div)");
  };

const hasConstant = (reader: NodeReader): boolean => reader.inputs.some((input) => input?.kind === "constant");

/** A bias, or the sum of nodes. */
export const add: ValueReader = (reader) => (hasConstant(reader) ? arithmetic(ADD)(reader) : sum(reader));

/** A bias, or a node and the negative of another added up. */
export const subtract: ValueReader = (reader) => {
  if (hasConstant(reader)) return arithmetic(SUBTRACT)(reader);
  return summed(reader, reader.example(0), [times(reader, reader.example(1), -1)]);
};
export const multiply: ValueReader = arithmetic(MULTIPLY);
export const divide: ValueReader = arithmetic(DIVIDE);

export const negate: ValueReader = (reader) => times(reader, reader.example(), -1);

/** All elements times one number. */
export const times = (reader: NodeReader, x: ExampleValue, factor: number): ExampleValue =>
  affine(reader, x, float32([], [factor]), MULTIPLY.constantSecond);

function affine(reader: NodeReader, x: ExampleValue, constant: Weights, { factor, shift }: Affine): ExampleValue {
  const { builder, node } = reader;
  const shape = broadcastShape(reader, x.shape, constant.shape);
  const value = shape.length === x.shape.length ? x : builder.reshaped(node, x, shape);
  const factors = weightsOf("float64", constant.shape, Float64Array.from(constant.data, factor));
  if (!factors.data.every(Number.isFinite)) throw reader.error("a division by 0", "constants other than 0");
  const shifts = shift && weightsOf("float64", constant.shape, Float64Array.from(constant.data, shift));
  if (builder.isRaw(value.position)) return normalized(reader, value, factors, shifts);

  const { vector, view, back } = channelVectors(reader, value, constant);
  const channels = exampleShape(view)[0] ?? 1;
  const spreadBy = (map: (c: number) => number): Weights =>
    spread(weightsOf(vector.dtype, [vector.data.length], Float64Array.from(vector.data, map)), channels);
  const weight = spreadBy(factor);
  const bias = shift && spreadBy(shift);
  const made =
    bias !== undefined && weight.data.every((one) => one === 1)
      ? mergedBias(reader, view, bias)
      : builder.sameBatch(
          view,
          builder.append(node, exampleShape(view), { kind: "scale", input: view.position, weight, bias }),
          exampleShape(view),
        );
  return back(made);
}

/** The input's normalization, one node however many ops the model needs for it, in float64: rounded once, at the end. */
function normalized(reader: NodeReader, x: ExampleValue, factors: Weights, shifts: Weights | undefined): ExampleValue {
  const { builder, node } = reader;
  const shape = exampleShape(x);
  const size = sizeOf(shape);
  builder.limits.constants(node, 2 * size);
  const places = broadcastPlaces(x.shape, factors.shape);
  const before = builder.at(x.position);
  const chained = before.kind === "normalize" ? before : undefined;
  const factor = new Float64Array(size);
  const shift = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const place = places[i]!;
    const by = factors.data[place] ?? 1;
    factor[i] = by * (chained?.factor.data[i] ?? 1);
    shift[i] = by * (chained?.shift.data[i] ?? 0) + (shifts?.data[place] ?? 0);
  }
  const input = chained?.input ?? x.position;
  const [factorOf, shiftOf] = [weightsOf("float64", shape, factor), weightsOf("float64", shape, shift)];
  return builder.sameBatch(
    x,
    builder.append(node, shape, { kind: "normalize", input, factor: factorOf, shift: shiftOf }),
    shape,
  );
}
