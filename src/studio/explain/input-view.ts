/** How an input is seen: as an image where its shape is one, else as a row of numbers. */

export type ImageLayout = "channels first" | "channels last";

export interface ImageView {
  readonly kind: "image";
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly layout: ImageLayout;
  /** Place of an element in C order. */
  readonly place: (channel: number, row: number, column: number) => number;
}

export type InputView = ImageView | { readonly kind: "numbers"; readonly count: number };

/** Numbers of an input that get a slider each. */
export const MOST_SLIDERS = 24;
const SMALLEST_SQUARE = 64;
const COLORS = 3;

/** @param shape of one example */
export function viewOf(shape: readonly number[]): InputView {
  const sizes = shape.filter((size) => size !== 1);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (sizes.length === 2) return gray(sizes[0] ?? 1, sizes[1] ?? 1);
  if (shape.length === 3 && shape[0] === COLORS) return colored("channels first", shape[1] ?? 1, shape[2] ?? 1);
  if (shape.length === 3 && shape[2] === COLORS) return colored("channels last", shape[0] ?? 1, shape[1] ?? 1);
  if (sizes.length !== 1 || count < SMALLEST_SQUARE) return { kind: "numbers", count };
  const [side, coloredSide] = [Math.sqrt(count), Math.sqrt(count / COLORS)];
  if (Number.isInteger(side)) return gray(side, side);
  return Number.isInteger(coloredSide)
    ? colored("channels first", coloredSide, coloredSide)
    : { kind: "numbers", count };
}

/** An image in color, its channels in that order. */
export const colored = (layout: ImageLayout, height: number, width: number): ImageView => ({
  kind: "image",
  height,
  width,
  channels: COLORS,
  layout,
  place:
    layout === "channels first"
      ? (channel, row, column) => (channel * height + row) * width + column
      : (channel, row, column) => (row * width + column) * COLORS + channel,
});

const gray = (height: number, width: number): ImageView => ({
  kind: "image",
  height,
  width,
  channels: 1,
  layout: "channels first",
  place: (_, row, column) => row * width + column,
});

/** An element in words. */
export function elementWords(view: InputView, place: number): string {
  if (view.kind === "numbers") return `element ${place}`;
  const { height, width, channels } = view;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (view.place(channel, row, column) !== place) continue;
        const where = `row ${row}, column ${column}`;
        return channels === 1 ? where : `channel ${channel}, ${where}`;
      }
    }
  }
  return `element ${place}`;
}

/** Sum over the channels of each pixel, `[height, width]`. */
export function byPixel(view: ImageView, numbers: Float64Array): Float64Array {
  const { height, width, channels, place } = view;
  if (channels === 1) return numbers;
  const sums = new Float64Array(height * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < sums.length; i++) {
      sums[i]! += numbers[place(channel, Math.floor(i / width), i % width)] ?? 0;
    }
  }
  return sums;
}
