/** Images of 28 × 28 that are no digits, or digits as none was seen in training. */
import type { Examples } from "../../data/index.ts";
import { type DenseArray, float32 } from "../../graph/index.ts";
import { randomStream } from "../../random.ts";

const SIDE = 28;
const PIXELS = SIDE * SIDE;

type Images = DenseArray<"float32">;

/** What an image becomes, pixel by pixel. */
function drawn(count: number, pixel: (image: number, row: number, column: number) => number): Images {
  const data = new Float32Array(count * PIXELS);
  for (let i = 0; i < data.length; i++) {
    const place = i % PIXELS;
    data[i] = pixel(Math.floor(i / PIXELS), Math.floor(place / SIDE), place % SIDE);
  }
  return float32([count, SIDE, SIDE], data);
}

/** A quarter turn to the left, as NumPy's `rot90`. */
export const rotated = ({ shape, data }: Images): Images =>
  drawn(shape[0] ?? 0, (image, row, column) => data[image * PIXELS + column * SIDE + (SIDE - 1 - row)]!);

/** The middle 20 × 20 of each image on all 28 × 28, linearly between pixels: strokes are 1.4 times as wide. */
export function enlarged({ shape, data }: Images): Images {
  const [inside, first] = [20, 4];
  const at = (place: number): number =>
    first + Math.min(inside - 1, Math.max(0, ((place + 0.5) * inside) / SIDE - 0.5));
  return drawn(shape[0] ?? 0, (image, row, column) => {
    const [y, x] = [at(row), at(column)];
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const of = (r: number, c: number): number =>
      data[image * PIXELS + Math.min(r, SIDE - 1) * SIDE + Math.min(c, SIDE - 1)]!;
    const upper = of(top, left) * (1 - x + left) + of(top, left + 1) * (x - left);
    const lower = of(top + 1, left) * (1 - x + left) + of(top + 1, left + 1) * (x - left);
    return upper * (1 - y + top) + lower * (y - top);
  });
}

/** The middle 28 × 28 of color images `[n, 3, 32, 32]`, their luma (ITU-R BT.601). */
export function grayMiddle({ inputs: { shape, data } }: Examples, most: number): Images {
  const [count = 0, , side = 0] = shape;
  const plane = side * side;
  const margin = (side - SIDE) / 2;
  return drawn(Math.min(count, most), (image, row, column) => {
    const place = image * 3 * plane + (row + margin) * side + column + margin;
    return (0.299 * data[place]! + 0.587 * data[place + plane]! + 0.114 * data[place + 2 * plane]!) / 255;
  });
}

/** Every pixel uniform from 0 to 1, by itself. */
export function noise(count: number): Images {
  const pixels = randomStream(0, "unfamiliar-noise").uniform(count * PIXELS, 0, 1);
  return float32([count, SIDE, SIDE], Float32Array.from(pixels));
}
