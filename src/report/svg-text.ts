/** Parts of drawings that are written as SVG by hand. */
import { FONT, FONT_SIZE } from "./figure.ts";
import { INK, REGIME_COLORS } from "./palette.ts";

/** What adds to an output, and what takes away from it: two hues that no usual color vision deficiency makes alike. */
export const POSITIVE = REGIME_COLORS.relu.light;
export const NEGATIVE = REGIME_COLORS["frnpf-ii"].light;

/** The color of a number's sign. */
export const signColor = (value: number): string => (value < 0 ? NEGATIVE : POSITIVE);

export const svgText = (
  x: number,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end",
  color: string,
  more = "",
): string =>
  `<text x="${hundredths(x)}" y="${hundredths(y)}" text-anchor="${anchor}" fill="${color}"${more}>${escaped(content)}</text>`;

export const svgTitle = (x: number, y: number, content: string): string =>
  svgText(x, y, content, "start", INK.ink.light, ' font-size="13" font-weight="600"');

export const escaped = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

export const hundredths = (value: number): number => Math.round(100 * value) / 100;

/** A drawing on paper, with its accessible name. */
export const svgOf = (width: number, height: number, label: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}" font-family="${FONT}" font-size="${FONT_SIZE}">`,
    `<rect width="${width}" height="${height}" fill="${INK.paper.light}"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
