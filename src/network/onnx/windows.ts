import { quoted, sizeOf } from "../../graph/index.ts";
import type { MapWindow } from "../map-window.ts";
import type { NodeReader } from "./node-reader.ts";
import { type ExampleValue, exampleShape } from "./value.ts";

/** No layer pads, strides or dilates by more. */
const MAX_EXTENT = 2 ** 20;

/** Maps `[channels, height, width]`; a signal is a map of height 1. */
export interface Maps {
  readonly value: ExampleValue;
  readonly position: number;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Spatial axes in the model. */
  readonly axes: 1 | 2;
}

/** @throws GatewiseError unless the value is `[batch, channels, length]` or `[batch, channels, height, width]` */
export function mapsOf(reader: NodeReader, value = reader.example()): Maps {
  const [channels = 0, ...sizes] = exampleShape(value);
  if (!value.batched || (sizes.length !== 1 && sizes.length !== 2)) {
    throw reader.error(`an input of shape [${value.shape.join(", ")}]`, "[batch, channels, height, width], or 1-D");
  }
  const [height = 1, width = 1] = sizes.length === 1 ? [1, ...sizes] : sizes;
  const shape = [channels, height, width] as const;
  const position = reader.builder.rearranged(reader.node, value.position, shape);
  return { value, position, shape, axes: sizes.length };
}

/** What a node over maps gives, with as many axes as the model has there. */
export function fromMaps(reader: NodeReader, { value, axes }: Maps, position: number): ExampleValue {
  const [channels = 0, height = 0, width = 0] = reader.builder.at(position).shape;
  const shape = axes === 1 ? [channels, width] : [channels, height, width];
  return reader.builder.sameBatch(value, reader.builder.rearranged(reader.node, position, shape), shape);
}

/** The window that covers whole maps. */
export const wholeWindow = ([, height, width]: Maps["shape"]): MapWindow => ({
  kernel: [height, width],
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
});

/**
 * The window of a convolution or pooling, and its number of positions along both axes.
 * @throws GatewiseError for geometry that no window has
 */
export function windowOf(
  reader: NodeReader,
  { shape, axes }: Maps,
  kernel: readonly number[],
): { readonly window: MapWindow; readonly counts: readonly [number, number] } {
  const sizes = shape.slice(3 - axes);
  const strides = extents(reader, "strides", reader.ints("strides"), axes, 1);
  const dilations = extents(reader, "dilations", reader.ints("dilations"), axes, 1);
  extents(reader, "kernel_shape", kernel, axes, 1);
  const spans = kernel.map((size, axis) => (size - 1) * (dilations[axis] ?? 1) + 1);
  const pads = padsOf(reader, sizes, spans, strides);
  const counts = sizes.map((size, axis) => {
    const room = size + (pads[axis] ?? 0) + (pads[axis + axes] ?? 0) - (spans[axis] ?? 1);
    const stride = strides[axis] ?? 1;
    if (room < 0) throw reader.error(`a window of ${spans[axis]} over ${size}`, "a window that fits into its input");
    return Math.floor(room / stride) + 1;
  });
  const pair = (values: readonly number[], missing: number): readonly [number, number] =>
    axes === 1 ? [missing, values[0] ?? missing] : [values[0] ?? missing, values[1] ?? missing];
  const [top, left] = pair(pads.slice(0, axes), 0);
  const [bottom, right] = pair(pads.slice(axes), 0);
  return {
    window: {
      kernel: pair(kernel, 1),
      strides: pair(strides, 1),
      pads: [top, left, bottom, right],
      dilations: pair(dilations, 1),
    },
    counts: pair(counts, 1),
  };
}

/** Padding before each axis, then behind each. */
function padsOf(
  reader: NodeReader,
  sizes: readonly number[],
  spans: readonly number[],
  strides: readonly number[],
): readonly number[] {
  const axes = sizes.length;
  const mode = reader.string("auto_pad") ?? "NOTSET";
  const given = extents(reader, "pads", reader.ints("pads"), 2 * axes, 0);
  if (mode === "NOTSET") return given;
  if (mode === "VALID") return given.map(() => 0);
  if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") {
    throw reader.error(`auto_pad ${quoted(mode)}`, "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  }
  const totals = sizes.map((size, axis) => {
    const stride = strides[axis] ?? 1;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + (spans[axis] ?? 1) - size);
  });
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total) => Math.ceil(total / 2));
  return mode === "SAME_UPPER" ? [...less, ...more] : [...more, ...less];
}

function extents(
  reader: NodeReader,
  name: string,
  values: readonly number[] | undefined,
  count: number,
  least: 0 | 1,
): readonly number[] {
  if (values === undefined) return Array.from({ length: count }, () => least);
  const fits = values.length === count && values.every((one) => least <= one && one <= MAX_EXTENT);
  if (fits) return values;
  throw reader.error(`${name} [${values.join(", ")}]`, `${count} numbers of ${least} to ${MAX_EXTENT}`);
}

/** The windows of a pooling. */
export interface Pooling extends ReturnType<typeof windowOf> {
  /** Rows and columns of its last pads that no pads of the model are, but what `ceil_mode` lets the last window hang over. */
  readonly overhang: readonly [number, number];
}

/** The windows of a pooling; ONNX Runtime wants padding below the kernel. */
export function poolWindow(reader: NodeReader, maps: Maps): Pooling {
  const kernel = reader.ints("kernel_shape");
  if (kernel === undefined) throw reader.error("no kernel_shape", "one");
  const { window, counts } = windowOf(reader, maps, kernel);
  const { pads, dilations } = window;
  if (sizeOf(dilations) !== 1) throw reader.error(`dilations [${dilations.join(", ")}]`, "pooling without dilation");
  const [top, left, bottom, right] = pads;
  const [height, width] = window.kernel;
  if (Math.max(top, bottom) >= height || Math.max(left, right) >= width) {
    throw reader.error(`pads [${pads.join(", ")}]`, `padding below the kernel [${height}, ${width}]`);
  }
  const overhang = reader.int("ceil_mode") === 1 ? overhangOf(maps, window) : ([0, 0] as const);
  const [down, beyond] = overhang;
  return {
    window: { ...window, pads: [top, left, bottom + down, right + beyond] },
    counts: [counts[0] + (down > 0 ? 1 : 0), counts[1] + (beyond > 0 ? 1 : 0)],
    overhang,
  };
}

/** How far `ceil_mode` lets one more window reach beyond the pads, along both axes; it begins before the pads at the end. */
function overhangOf({ shape }: Maps, { kernel, strides, pads }: MapWindow): readonly [number, number] {
  const along = (axis: 0 | 1): number => {
    const begin = (shape[axis + 1] ?? 1) + pads[axis];
    const room = begin + (pads[axis + 2] ?? 0) - kernel[axis];
    const start = Math.ceil(room / strides[axis]) * strides[axis];
    return start < begin ? start - room : 0;
  };
  return [along(0), along(1)];
}
