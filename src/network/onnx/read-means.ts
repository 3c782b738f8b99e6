/** Means of windows. */
import { sizeOf } from "../../graph/index.ts";
import type { MapWindow } from "../map-window.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { type Cut, cutPlaces } from "./places.ts";
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
  const position = mean(reader, maps.position, [maps.shape[0], 1, 1], wholeWindow(maps.shape));
  return fromMaps(reader, maps, position);
};

/** The mean of each window without padding, `shape` of them. */
export const mean = (reader: NodeReader, input: number, shape: Maps["shape"], window: MapWindow): number =>
  reader.builder.append(reader.node, shape, { kind: "average-pool", input, window, countPadding: true });
