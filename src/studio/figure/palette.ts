import { type ReadonlySignal, signal } from "@preact/signals";

/** A color as its red, green and blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The style sheet's colors, for what is painted pixel by pixel. */
export interface Palette {
  readonly paper: Rgb;
  readonly panel: Rgb;
  readonly ink: Rgb;
  readonly muted: Rgb;
  readonly rule: Rgb;
  readonly positive: Rgb;
  readonly negative: Rgb;
}

const PALETTE = [
  "paper",
  "panel",
  "ink",
  "muted",
  "rule",
  "positive",
  "negative",
] as const satisfies readonly (keyof Palette)[];

/** The colors of now: they change with the system's light and dark. */
export const watchPalette = (document: Document): ReadonlySignal<Palette> => watchColors(document, PALETTE);

/** The same of other colors of the style sheet, by their names there. */
export function watchColors<Name extends string>(
  document: Document,
  names: readonly Name[],
): ReadonlySignal<Readonly<Record<Name, Rgb>>> {
  const read = (): Readonly<Record<Name, Rgb>> => {
    const style = getComputedStyle(document.documentElement);
    const colors = names.map((name) => [name, rgbOf(style.getPropertyValue(`--${name}`))] as const);
    // every name is among them
    return Object.fromEntries(colors) as Readonly<Record<Name, Rgb>>;
  };
  const colors = signal(read());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colors.value = read();
  });
  return colors;
}

function rgbOf(hex: string): Rgb {
  const number = Number.parseInt(hex.trim().slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** A color as SVG and canvas name it. */
export const cssOf = ([red, green, blue]: Rgb): string => `rgb(${red}, ${green}, ${blue})`;

export const mixed = (from: Rgb, to: Rgb, share: number): Rgb => [
  Math.round(from[0] + (to[0] - from[0]) * share),
  Math.round(from[1] + (to[1] - from[1]) * share),
  Math.round(from[2] + (to[2] - from[2]) * share),
];

/** How strongly a share of the largest magnitude is colored: small ones are still to be seen. */
export const strength = (share: number): number => Math.abs(share) ** 0.6;

/** The color of a signed share of the largest magnitude, on a ground. */
export const signedColor = ({ positive, negative }: Palette, ground: Rgb, share: number): Rgb =>
  mixed(ground, share < 0 ? negative : positive, Math.min(1, strength(share)));
