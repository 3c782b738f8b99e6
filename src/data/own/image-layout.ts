/** Whether images in an array have their channels first (PyTorch) or last (Keras, PIL, OpenCV). */
import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";

/** Channels, height, width; or height, width, channels. */
export const IMAGE_LAYOUTS = ["chw", "hwc"] as const;
/** One of {@link IMAGE_LAYOUTS}. */
export type ImageLayout = (typeof IMAGE_LAYOUTS)[number];

/** What may be channels: gray, gray with alpha, red–green–blue, with alpha. */
const MOST_CHANNELS = 4;

/**
 * The layout of examples of three axes: the axis of at most 4 is that of the channels. Where both ends could be, or none,
 * channels count as first; undefined for examples of other axes, which stay as they are.
 * @param shape of one example
 * @param wanted in place of that
 * @throws GatewiseError for a wish of what has no three axes
 */
export function imageLayout(shape: readonly number[], wanted?: ImageLayout): ImageLayout | undefined {
  if (shape.length !== 3) {
    if (wanted === undefined) return undefined;
    throw new GatewiseError({
      received: `\`layout\` ${wanted} of examples of shape [${shape.join(", ")}]`,
      expected: "images of three axes",
      next: "leave `layout` out",
    });
  }
  if (wanted !== undefined) return wanted;
  const [first = 0, , last = 0] = shape;
  return last <= MOST_CHANNELS && first > MOST_CHANNELS ? "hwc" : "chw";
}

/** Shape of an example as networks here read it: channels first. */
export function shapeInLayout(shape: readonly number[], layout: ImageLayout | undefined): readonly number[] {
  const [height = 0, width = 0, channels = 0] = shape;
  return layout === "hwc" ? [channels, height, width] : shape;
}

/**
 * Rows of images with their channels first.
 * @param shape of one example, as the rows have it
 * @returns the same array where nothing is to be moved, else a copy
 */
export function channelsFirst<T extends Float32Array | Uint8Array | Float64Array>(
  rows: T,
  shape: readonly number[],
  layout: ImageLayout | undefined,
): T {
  const [height = 0, width = 0, channels = 0] = shape;
  if (layout !== "hwc" || channels === 1) return rows;
  const [pixels, size] = [height * width, sizeOf(shape)];
  const moved = rows.slice() as T;
  for (let start = 0; start < rows.length; start += size) {
    for (let channel = 0; channel < channels; channel++) {
      const to = start + channel * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) moved[to + pixel] = rows[start + pixel * channels + channel]!;
    }
  }
  return moved;
}
