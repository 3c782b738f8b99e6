/** Means of windows and of axes. */
import { sizeOf } from "../../graph/index.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { type Cut, cutPlaces, transposedPlaces } from "./places.ts";
import { exampleShape } from "./value.ts";
import { fromMaps, type Maps, mapsOf, type Pooling, poolWindow, wholeWindow } from "./windows.ts";

export const averagePool: OpReader = (reader) => {
  const maps = mapsOf(reader);
  const pooling = poolWindow(reader, maps);
  const counted = reader.int("count_include_pad") === 1;
  // what hangs over never counts: pads that do count become elements of the maps
  const hangs = pooling.overhang.some((size) => size > 0);
  const { position: input, window } = counted && hangs ? padded(reader, maps, pooling) : { ...maps, ...pooling };
  const position = reader.builder.append(reader.node, [maps.shape[0], ...pooling.counts], {
    kind: "average-pool",
    input,
    window,
    countPadding: counted && !hangs,
  });
  return fromMaps(reader, maps, position);
};

/** Maps with the model's pads as zeros around them, and the window that is left with only what hangs over. */
function padded({ builder, node }: NodeReader, { position, shape }: Maps, { window, overhang }: Pooling) {
  const [top, left, bottom, right] = window.pads;
  const [down, beyond] = overhang;
  const around = [
    [0, 0],
    [top, bottom - down],
    [left, right - beyond],
  ] as const;
  const cuts = shape.map((size, axis): Cut => {
    const [before = 0, after = 0] = around[axis] ?? [];
    return { start: 0 - before, step: 1, count: before + size + after };
  });
  const sizes = cuts.map(({ count }) => count);
  builder.limits.placesOf(node, sizeOf(sizes));
  const pads = [0, 0, down, beyond] as const;
  return { position: builder.rearranged(node, position, sizes, cutPlaces(shape, cuts)), window: { ...window, pads } };
}

export const globalAveragePool: OpReader = (reader) => {
  const maps = mapsOf(reader);
  const position = mean(reader, maps.position, maps.shape);
  return fromMaps(reader, maps, position);
};

/** The mean of whole maps. */
const mean = (reader: NodeReader, input: number, shape: readonly [number, number, number]): number =>
  reader.builder.append(reader.node, [shape[0], 1, 1], {
    kind: "average-pool",
    input,
    window: wholeWindow(shape),
    countPadding: true,
  });

/** The mean over some axes: as maps of what stays by what goes. */
export const reduceMean: OpReader = (reader) => {
  const { builder, node } = reader;
  const x = reader.example();
  const rank = x.shape.length;
  const given = reader.opset < 18 ? reader.ints("axes") : reader.list(1);
  if (!given?.length && reader.int("noop_with_empty_axes") === 1) return x;
  const all = x.shape.map((_, axis) => axis);
  const gone = new Set((given?.length ? given : all).map((axis) => reader.axis(axis, rank)));
  if (x.batched && gone.has(0)) throw reader.error("a mean over axis 0", "axes without the batch");
  const shape = exampleShape(x);
  const first = x.batched ? 1 : 0;
  const axes = shape.map((_, axis) => axis);
  const [kept, left] = [axes.filter((axis) => !gone.has(axis + first)), axes.filter((axis) => gone.has(axis + first))];
  const sizes = (of: readonly number[]): readonly number[] => of.map((axis) => shape[axis] ?? 1);
  const [height = 1, width = 1] = left.length === 2 ? sizes(left) : [1, sizeOf(sizes(left))];
  const maps = [sizeOf(sizes(kept)), height, width] as const;
  const order = [...kept, ...left];
  const inOrder = order.every((axis, i) => axis === i);
  if (!inOrder) builder.limits.placesOf(node, sizeOf(shape));
  const input = builder.rearranged(node, x.position, maps, inOrder ? undefined : transposedPlaces(shape, order));
  const result =
    (reader.int("keepdims") ?? 1) === 1
      ? x.shape.map((size, axis) => (gone.has(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !gone.has(axis));
  const meanOf = { ...x, position: mean(reader, input, maps) };
  return builder.reshaped(node, meanOf, result);
};
