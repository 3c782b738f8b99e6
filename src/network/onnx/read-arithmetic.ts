/** Add, Sub, Mul, Div, Neg: normalization of the input, biases and scales by constants, residual sums. */
import { eachNumber, float64, sizeOf } from "../../graph/index.ts";
import type { Weights } from "../gated-network.ts";
import { broadcastShape, channelVectors, rowForOne } from "./channel-vectors.ts";
import { mergedBias } from "./merge.ts";
import type { NodeReader, ValueReader } from "./node-reader.ts";
import { asOperand, type Sourced, sourced } from "./origin.ts";
import { broadcastPlaces } from "./places.ts";
import { sum, summed } from "./read-sums.ts";
import { type ExampleValue, exampleShape } from "./value.ts";
import { mapped, spread, weightsOf } from "./weights.ts";

/** What an op with one constant does to the other operand: `x · factor + shift`. */
interface Affine {
  readonly factor: Dependent;
  readonly shift: Dependent | undefined;
}
/** A function of the constant, and its slope where it depends on it. */
interface Dependent {
  readonly of: (c: number) => number;
  readonly slope: ((c: number) => number) | undefined;
}
const SAME: Dependent = { of: (c) => c, slope: () => 1 };
const NEGATIVE: Dependent = { of: (c) => -c, slope: () => -1 };
const ONE: Dependent = { of: () => 1, slope: undefined };
const MINUS_ONE: Dependent = { of: () => -1, slope: undefined };
interface Arithmetic {
  readonly constantSecond: Affine;
  /** Undefined where it is not linear. */
  readonly constantFirst: Affine | undefined;
}

const ADD = {
  constantSecond: { factor: ONE, shift: SAME },
  constantFirst: { factor: ONE, shift: SAME },
} as const satisfies Arithmetic;
const SUBTRACT = {
  constantSecond: { factor: ONE, shift: NEGATIVE },
  constantFirst: { factor: MINUS_ONE, shift: SAME },
} as const satisfies Arithmetic;
const MULTIPLY = {
  constantSecond: { factor: SAME, shift: undefined },
  constantFirst: { factor: SAME, shift: undefined },
} as const satisfies Arithmetic;
const DIVIDE = {
  constantSecond: { factor: { of: (c) => 1 / c, slope: (c) => -1 / c ** 2 }, shift: undefined },
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
  affine(reader, x, sourced(float64([], [factor])), MULTIPLY.constantSecond);

function affine(reader: NodeReader, x: ExampleValue, given: Sourced, { factor, shift }: Affine): ExampleValue {
  const { builder, node } = reader;
  const constant = rowForOne(reader, given, x);
  const shape = broadcastShape(reader, x.shape, constant.shape);
  builder.keepBatch(node, x, shape.length === x.shape.length, `a constant of ${shape.length} axes`);
  const value = shape.length === x.shape.length ? x : builder.reshaped(node, x, shape);
  const factors = weightsOf(
    "float64",
    constant.shape,
    eachNumber(new Float64Array(constant.data.length), constant.data, factor.of),
  );
  if (!factors.data.every(Number.isFinite)) throw reader.error("a division by 0", "constants other than 0");
  const shifts =
    shift &&
    weightsOf("float64", constant.shape, eachNumber(new Float64Array(constant.data.length), constant.data, shift.of));
  if (builder.isRaw(value.position)) return normalized(reader, value, factors, shifts);

  const operand = asOperand(constant, shift !== undefined && factor === ONE && isBehindBareLayer(reader, value));
  const { vector, view, back } = channelVectors(reader, value, operand);
  const channels = exampleShape(view)[0] ?? 1;
  const weight = spread(mapped(vector, factor.of, factor.slope), channels);
  const bias = shift && spread(mapped(vector, shift.of, shift.slope), channels);
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

/** Whether a layer without a bias gives the value, in whatever order. */
function isBehindBareLayer({ builder }: NodeReader, { position }: ExampleValue): boolean {
  const node = builder.at(position);
  const layer = node.kind === "rearrange" ? builder.at(node.input) : node;
  return (layer.kind === "dense" || layer.kind === "convolution") && layer.bias === undefined;
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
