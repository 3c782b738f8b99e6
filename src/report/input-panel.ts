/**
 * The input of an example as a picture: an image as pixels, with a map of signed numbers over it; what is no image as bars. Large
 * images are drawn by blocks: their pixels' mean, and the sum of the map, which is what flows through the block.
 */
import { largestOf, sizeOf } from "../graph/index.ts";
import { INK } from "./palette.ts";
import { hundredths, signColor, svgText } from "./svg-text.ts";

/** Blocks along a side: more rectangles make a file that viewers are slow with. */
const MOST_CELLS = 112;
/** Elements that bars name. */
const MOST_BARS = 12;
/** Vectors of fewer elements are no images. */
const LEAST_PIXELS = 64;

/** Where the elements of an input stand in its picture. */
export type InputLayout =
  | {
      readonly kind: "image";
      readonly rows: number;
      readonly columns: number;
      readonly channels: number;
      /** The element of a channel at a pixel. */
      readonly element: (channel: number, row: number, column: number) => number;
      /** Said where the shape alone does not tell that it is an image. */
      readonly note: string;
    }
  | { readonly kind: "bars" };

/** Maps of channels, channels last, a matrix; of vectors those whose size is that of a square image of 1 or 3 channels. */
export function inputLayout(shape: readonly number[]): InputLayout {
  const long = shape.filter((length, axis) => length > 1 || (shape.length === 3 && axis === 0));
  const [first = 1, second = 1, third = 1] = long;
  if (long.length === 3 && third <= 4 && first > 4) {
    return image(third, first, second, (c, row, column) => (row * second + column) * third + c);
  }
  if (long.length === 3 && Math.min(second, third) > 1) {
    return image(first, second, third, (c, row, column) => (c * second + row) * third + column);
  }
  if (long.length === 2 && Math.min(first, second) > 4) return image(1, first, second, (_, r, c) => r * second + c);
  const size = sizeOf(shape);
  const channels = long.length > 1 ? undefined : [1, 3].find((count) => Number.isInteger(Math.sqrt(size / count)));
  if (channels === undefined || size / channels < LEAST_PIXELS) return { kind: "bars" };
  const side = Math.sqrt(size / channels);
  const note = `drawn as ${side} × ${side}${channels === 3 ? " × 3" : ""}`;
  return image(channels, side, side, (c, row, column) => (c * side + row) * side + column, note);
}

const image = (
  channels: number,
  rows: number,
  columns: number,
  element: (channel: number, row: number, column: number) => number,
  note = "",
): InputLayout => ({ kind: "image", rows, columns, channels, element, note });

export interface PanelPlace {
  readonly left: number;
  readonly top: number;
  /** Of the longer side. */
  readonly size: number;
}

export interface InputPanel {
  readonly layout: InputLayout;
  readonly values: ArrayLike<number>;
  /** Signed numbers by element; the image alone without them. */
  readonly map?: ArrayLike<number> | undefined;
  /** The magnitude that is drawn in the full color, of maps that are compared; the largest of the map's own unless given. */
  readonly full?: number | undefined;
  readonly title: string;
}

/** The panel, and how high it is, its title included. */
export function inputPanel(panel: InputPanel, place: PanelPlace): { readonly svg: string; readonly height: number } {
  const below = place.top + 14;
  const title = svgText(place.left, place.top + 4, panel.title, "start", INK.ink.light);
  if (panel.layout.kind === "bars") {
    const { svg, height } = bars(panel, { ...place, top: below });
    return { svg: title + svg, height: height + 14 };
  }
  const { rows, columns } = panel.layout;
  const shades = pixels(panel, panel.layout, { ...place, top: below });
  return { svg: title + shades, height: 14 + (place.size * rows) / Math.max(rows, columns) };
}

type ImageLayout = Extract<InputLayout, { readonly kind: "image" }>;

function pixels(
  { values, map, full }: InputPanel,
  { rows, columns, channels, element }: ImageLayout,
  { left, top, size }: PanelPlace,
): string {
  const block = Math.ceil(Math.max(rows, columns) / MOST_CELLS);
  const [down, across] = [Math.ceil(rows / block), Math.ceil(columns / block)];
  const side = (size * block) / Math.max(rows, columns);
  const [low, high] = range(values);
  const colors = channels === 3 || channels === 4 ? [0, 1, 2] : [0];
  const cells: { readonly shade: readonly number[]; readonly flow: number }[] = [];
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const [sums, flow] = [new Array<number>(channels).fill(0), { sum: 0 }];
      let held = 0;
      for (let r = row * block; r < Math.min(rows, (row + 1) * block); r++) {
        for (let c = column * block; c < Math.min(columns, (column + 1) * block); c++) {
          held += 1;
          for (let channel = 0; channel < channels; channel++) {
            const at = element(channel, r, c);
            sums[channel] = (sums[channel] ?? 0) + ((values[at] ?? 0) - low) / (high - low);
            flow.sum += map?.[at] ?? 0;
          }
        }
      }
      const gray = sums.reduce((sum, one) => sum + one, 0) / channels;
      const shade = colors.length === 3 ? colors.map((channel) => sums[channel] ?? 0) : [gray];
      cells.push({ shade: shade.map((one) => one / held), flow: flow.sum });
    }
  }
  const most =
    full ??
    largestOf(
      cells.map(({ flow }) => Math.abs(flow)),
      0,
    );
  const at = (i: number, cells = 1): string =>
    `x="${hundredths(left + (i % across) * side)}" y="${hundredths(top + Math.floor(i / across) * side)}" width="${hundredths(cells * side)}" height="${hundredths(side)}"`;
  const fills = cells.map(({ shade }) => {
    const [red = 0, green = red, blue = red] = shade.map((one) =>
      Math.round(255 * (map === undefined ? one : faded(one))),
    );
    return `rgb(${red},${green},${blue})`;
  });
  const under: string[] = [];
  for (let i = 0, next = 1; i < cells.length; i = next, next = i + 1) {
    // neighbors of one shade are one: most of a digit is its background
    while (next % across !== 0 && fills[next] === fills[i]) next++;
    under.push(`<rect ${at(i, next - i)} fill="${fills[i]}"/>`);
  }
  const over = cells.map(({ flow }, i) => {
    const opacity = most === 0 ? 0 : Math.sqrt(Math.min(1, Math.abs(flow) / most));
    return opacity < 0.05 ? "" : `<rect ${at(i)} fill="${signColor(flow)}" fill-opacity="${hundredths(opacity)}"/>`;
  });
  return `<g shape-rendering="crispEdges">${under.join("")}${over.join("")}</g>`;
}

/** The image under a map: seen, and paler than any color over it. */
const faded = (shade: number): number => 0.58 + 0.37 * shade;

function range(values: ArrayLike<number>): readonly [number, number] {
  let [low, high] = [0, 1];
  for (let i = 0; i < values.length; i++) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)];
  return [low, high];
}

/** The elements with the largest numbers, each a bar to its side of zero, with the element's value. */
function bars(
  { values, map, full }: InputPanel,
  { left, top, size }: PanelPlace,
): { readonly svg: string; readonly height: number } {
  const numbers = map ?? values;
  const places = Array.from({ length: numbers.length }, (_, i) => i);
  const largest = places.sort((a, b) => Math.abs(numbers[b]!) - Math.abs(numbers[a]!) || a - b).slice(0, MOST_BARS);
  const most =
    full ??
    largestOf(
      largest.map((i) => Math.abs(numbers[i]!)),
      0,
    );
  const [names, half, step] = [size * 0.42, size * 0.27, 15];
  const zero = left + names + half;
  const rows = largest.map((i, row) => {
    const y = top + row * step;
    const length = most === 0 ? 0 : (half * Math.min(Math.abs(numbers[i]!), most)) / most;
    const from = numbers[i]! < 0 ? zero - length : zero;
    const words = map === undefined ? String(i) : `${i}: ${short(values[i]!)}`;
    return [
      svgText(left + names - 4, y + 9, words, "end", INK.muted.light),
      `<rect x="${hundredths(from)}" y="${y}" width="${hundredths(length)}" height="10" fill="${signColor(numbers[i]!)}"/>`,
    ].join("");
  });
  const height = step * largest.length;
  const axis = `<line x1="${hundredths(zero)}" x2="${hundredths(zero)}" y1="${top - 2}" y2="${top + height}" stroke="${INK.muted.light}" stroke-width="0.7"/>`;
  return { svg: rows.join("") + axis, height };
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
