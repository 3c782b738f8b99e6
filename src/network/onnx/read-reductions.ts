/** Means, sums and maxima over axes: as pooling of maps. */
import { sizeOf } from "../../graph/index.ts";
import type { MapWindow } from "../map-window.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { transposedPlaces } from "./places.ts";
import { times } from "./read-arithmetic.ts";
import { greatest } from "./read-gates.ts";
import { mean } from "./read-means.ts";
import { reducedAxes } from "./reduced-axes.ts";
import { type ExampleValue, exampleShape } from "./value.ts";
import { type Maps, wholeWindow } from "./windows.ts";

type Pool = (reader: NodeReader, input: number, shape: Maps["shape"], window: MapWindow) => number;

/** @param since the opset in which the axes became an input */
const reduction =
  (since: number, pool: Pool): OpReader =>
  (reader) => {
    const x = reader.example();
    const gone = goneAxes(reader, x, since);
    return gone === undefined ? x : reduced(reader, x, gone, pool);
  };

export const reduceMean: OpReader = reduction(18, mean);
export const reduceMax: OpReader = reduction(18, greatest);

/** A mean times the number of its elements. */
export const reduceSum: OpReader = (reader) => {
  const x = reader.example();
  const gone = goneAxes(reader, x, 13);
  if (gone === undefined) return x;
  const count = sizeOf(x.shape.filter((_, axis) => gone.has(axis)));
  return times(reader, reduced(reader, x, gone, mean), count);
};

/** The axes to reduce, the batch not among them, or undefined where there is nothing to do. */
function goneAxes(reader: NodeReader, x: ExampleValue, since: number): ReadonlySet<number> | undefined {
  const gone = reducedAxes(reader, x.shape.length, since);
  if (reader.builder.holdsBatch(x) && gone?.has(0)) throw reader.error("axis 0, the batch", "axes without the batch");
  return gone;
}

function reduced(reader: NodeReader, x: ExampleValue, gone: ReadonlySet<number>, pool: Pool): ExampleValue {
  const shape = exampleShape(x);
  const first = x.shape.length - shape.length;
  const isGone = (axis: number): boolean => gone.has(axis + first);
  // maps with their channels first keep them; all else becomes maps of what stays by what goes
  const areMaps = (shape.length === 2 || shape.length === 3) && reader.builder.reordering(x.position) === undefined;
  const position = areMaps && !isGone(0) ? alongMaps(reader, x, isGone, pool) : gathered(reader, x, isGone, pool);
  const result =
    (reader.int("keepdims") ?? 1) === 1
      ? x.shape.map((size, axis) => (gone.has(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !gone.has(axis));
  return reader.builder.reshaped(reader.node, { ...x, position }, result);
}

/** Windows as long as the axes that go. */
function alongMaps(reader: NodeReader, x: ExampleValue, isGone: (axis: number) => boolean, pool: Pool): number {
  const shape = exampleShape(x);
  const [channels = 1, height = 1, width = 1] = shape.length === 2 ? [shape[0], 1, shape[1]] : shape;
  const [rows, columns] = [shape.length === 3 && isGone(1), isGone(shape.length - 1)];
  const input = reader.builder.rearranged(reader.node, x.position, [channels, height, width]);
  const window = wholeWindow([channels, rows ? height : 1, columns ? width : 1]);
  return pool(reader, input, [channels, rows ? 1 : height, columns ? 1 : width], window);
}

/** Whole maps of what goes, one for each element of what stays. */
function gathered(reader: NodeReader, x: ExampleValue, isGone: (axis: number) => boolean, pool: Pool): number {
  const { builder, node } = reader;
  const shape = exampleShape(x);
  const axes = shape.map((_, axis) => axis);
  const [kept, left] = [axes.filter((axis) => !isGone(axis)), axes.filter(isGone)];
  const sizes = (of: readonly number[]): readonly number[] => of.map((axis) => shape[axis] ?? 1);
  const [height = 1, width = 1] = left.length === 2 ? sizes(left) : [1, sizeOf(sizes(left))];
  const maps = [sizeOf(sizes(kept)), height, width] as const;
  const order = [...kept, ...left];
  const inOrder = order.every((axis, i) => axis === i);
  if (!inOrder) builder.limits.placesOf(node, sizeOf(shape));
  const input = builder.rearranged(node, x.position, maps, inOrder ? undefined : transposedPlaces(shape, order));
  return pool(reader, input, [maps[0], 1, 1], wholeWindow(maps));
}
