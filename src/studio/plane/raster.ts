/** What lies under the lines: regions or outputs, pixel by pixel. */
import { outputColor, type PlaneColors, regionColor } from "./colors.ts";
import type { OutputsPart, RegionsPart } from "./topics.ts";

/** Fills the pixels whose middle lies in a region with its color: `[side, side, 4]` bytes, from the top left. */
export function paintRegions(pixels: Uint8ClampedArray, side: number, regions: RegionsPart, colors: PlaneColors): void {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, side * side);
  const count = regions.from.length - 1;
  const units = count === 0 ? 0 : regions.gates.length / count;
  for (let region = 0; region < count; region++) {
    const [red, green, blue] = regionColor(regions.gates, region * units, units, colors);
    const word = (255 << 24) | (blue << 16) | (green << 8) | red;
    fillConvex(words, side, regions.corners, regions.from[region]!, regions.from[region + 1]!, word);
  }
}

function fillConvex(
  words: Uint32Array,
  side: number,
  corners: Float64Array,
  from: number,
  end: number,
  word: number,
): void {
  let [lowest, highest] = [1, 0];
  for (let i = from; i < end; i++) {
    lowest = Math.min(lowest, corners[2 * i + 1]!);
    highest = Math.max(highest, corners[2 * i + 1]!);
  }
  // rows count from the top, t from the bottom
  const [top, bottom] = [rowAfter((1 - highest) * side), rowAfter((1 - lowest) * side)];
  for (let row = top; row < bottom; row++) {
    const t = 1 - (row + 0.5) / side;
    let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < end; i++) {
      const j = i + 1 === end ? from : i + 1;
      const [t1, t2] = [corners[2 * i + 1]!, corners[2 * j + 1]!];
      if (t1 > t === t2 > t) continue;
      const s = corners[2 * i]! + ((t - t1) / (t2 - t1)) * (corners[2 * j]! - corners[2 * i]!);
      left = Math.min(left, s);
      right = Math.max(right, s);
    }
    if (left <= right) words.fill(word, row * side + rowAfter(left * side), row * side + rowAfter(right * side));
  }
}

/** The first pixel whose middle is not before a place. */
const rowAfter = (place: number): number => Math.ceil(place - 0.5);

/**
 * One pixel a point of the grid, from the top left.
 * @param hues which color each class has
 */
export function paintOutputs(
  pixels: Uint8ClampedArray,
  { side, classes, logits }: OutputsPart,
  hues: readonly number[],
  colors: PlaneColors,
): void {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [red, green, blue] = outputColor(logits, classes * ((side - 1 - row) * side + column), hues, colors);
      const at = 4 * (row * side + column);
      pixels[at] = red;
      pixels[at + 1] = green;
      pixels[at + 2] = blue;
      pixels[at + 3] = 255;
    }
  }
}

/** The region at a place of the window, 0 to 1; −1 for none. */
export function regionAt({ corners, from }: RegionsPart, s: number, t: number): number {
  for (let region = 0; region + 1 < from.length; region++) {
    let isWithin = true;
    for (let i = from[region]!; i < from[region + 1]! && isWithin; i++) {
      const j = i + 1 === from[region + 1] ? from[region]! : i + 1;
      const [s1, t1, s2, t2] = [corners[2 * i]!, corners[2 * i + 1]!, corners[2 * j]!, corners[2 * j + 1]!];
      isWithin = (s1 - s) * (t2 - t) - (s2 - s) * (t1 - t) >= 0;
    }
    if (isWithin) return region;
  }
  return -1;
}
