/** Sums of nodes. */
import { largestOf, sizeOf } from "../../graph/index.ts";
import type { NodeReader, ValueReader } from "./node-reader.ts";
import { broadcastPlaces } from "./places.ts";
import { type ExampleValue, exampleShape } from "./value.ts";

export const sum: ValueReader = (reader) => {
  const [first, ...others] = reader.inputs.map((_, index) => reader.example(index));
  if (first === undefined) throw reader.error("no input", "nodes to add");
  return summed(reader, first, others);
};

/**
 * Nodes added up, those with an axis of size 1 repeated along it.
 * @throws GatewiseError where they do not fit to each other
 */
export function summed(reader: NodeReader, first: ExampleValue, others: readonly ExampleValue[]): ExampleValue {
  const { builder, node } = reader;
  if (others.length === 0) return first;
  const values = [first, ...others];
  const shape = first.shape.map((_, axis) => largestOf(values.map((value) => value.shape[axis] ?? 0)));
  const odd = others.find((value) => value.batched !== first.batched || value.shape.length !== shape.length);
  const unfit = odd ?? values.find((value) => value.shape.some((size, axis) => size !== 1 && size !== shape[axis]));
  if (unfit !== undefined) {
    const shapes = values.slice(0, 4).map((value) => `[${value.shape.join(", ")}]`);
    throw reader.error(`operands of shapes ${shapes.join(" and ")}`, "operands of one shape, or of sizes of 1");
  }
  const whole = exampleShape({ ...first, shape });
  const inputs = values.map((value): number => {
    const own = exampleShape(value);
    if (`${own}` === `${whole}`) return value.position;
    builder.limits.placesOf(node, sizeOf(whole));
    return builder.rearranged(node, value.position, whole, broadcastPlaces(whole, own));
  });
  return builder.sameBatch(first, builder.append(node, whole, { kind: "sum", inputs }), whole);
}
