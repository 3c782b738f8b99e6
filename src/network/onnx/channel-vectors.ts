/** Constants beside a value: how they are broadcast to it, and as numbers for its channels. */
import { MAX_RANK, sizeOf } from "../../graph/index.ts";
import type { NodeReader } from "./node-reader.ts";
import { originOfPicked, type Sourced, sourced } from "./origin.ts";
import { placesBack, staysInOrder, transposedPlaces } from "./places.ts";
import { type ExampleValue, exampleShape } from "./value.ts";
import { along, weightsOf } from "./weights.ts";

/** @throws GatewiseError where the constant would make the value larger */
export function broadcastShape(
  reader: NodeReader,
  shape: readonly number[],
  constant: readonly number[],
): readonly number[] {
  const rank = Math.max(shape.length, constant.length);
  const whole = [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
  const fits = constant.every((size, i) => size === 1 || size === whole[i + rank - constant.length]);
  if (fits && rank <= MAX_RANK) return whole;
  const received = `a constant of shape [${constant.join(", ")}] beside [${shape.join(", ")}]`;
  throw reader.error(received, "a constant that is broadcast to the other operand");
}

/**
 * A constant beside examples, as it is for one of them: its first row where it is written for a whole batch.
 * @throws GatewiseError where it has other numbers for other examples
 */
export function rowForOne(reader: NodeReader, constant: Sourced, x: ExampleValue): Sourced {
  const { builder, node } = reader;
  const { examples } = builder;
  const { dtype, shape, data, origin } = constant;
  const [rows = 1] = x.shape;
  if (examples === 1 || shape.length !== x.shape.length || shape[0] !== rows * examples) return constant;
  const size = data.length / examples;
  const isSame = data.every((value, i) => i < size || value === data[i - size]);
  if (!isSame) throw builder.mixed(node, "a constant that differs from example to example");
  const places = Int32Array.from({ length: size }, (_, i) => i);
  return sourced(weightsOf(dtype, [rows, ...shape.slice(1)], data.subarray(0, size)), originOfPicked(origin, places));
}

/** A constant as a number for each channel. */
export interface ChannelVectors {
  /** One number, or one for each channel of the view. */
  readonly vector: Sourced;
  /** The value's elements, the axes along which the constant changes first and as one. */
  readonly view: ExampleValue;
  /** What was made of the view, as the value had it. */
  readonly back: (made: ExampleValue) => ExampleValue;
}

/**
 * The constant as a number for each channel, and the value it belongs to: as it is, or between two rearrangements where
 * the constant changes along other axes than the channels (channels last, a number for each unit).
 */
export function channelVectors(reader: NodeReader, value: ExampleValue, constant: Sourced): ChannelVectors {
  const { builder, node } = reader;
  broadcastShape(reader, value.shape, constant.shape);
  const shape = exampleShape(value);
  const first = value.shape.length - shape.length;
  const direct = shape.length > 0 ? along(constant, value.shape, first) : undefined;
  if (direct !== undefined) return { vector: direct, view: value, back: (made) => made };
  const missing = value.shape.length - constant.shape.length;
  const changes = (axis: number): boolean => (constant.shape[axis + first - missing] ?? 1) !== 1;
  const axes = shape.map((_, axis) => axis);
  const others = axes.filter((axis) => !changes(axis));
  const order = [...axes.filter(changes), ...others];
  const channels = constant.data.length;
  const viewed = [channels, ...others.map((axis) => shape[axis] ?? 1).filter((size) => size !== 1)];
  const moves = !staysInOrder(shape, order);
  if (moves) builder.limits.placesOf(node, 2 * sizeOf(shape));
  const places = moves ? transposedPlaces(shape, order) : undefined;
  const position = builder.rearranged(node, value.position, viewed, places);
  return {
    vector: { ...constant, shape: [channels] },
    view: builder.sameBatch(value, position, viewed),
    back: (made) => ({
      ...value,
      position: builder.rearranged(node, made.position, shape, places && placesBack(places)),
    }),
  };
}
