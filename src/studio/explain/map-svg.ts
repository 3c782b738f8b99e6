import { cssOf, type Palette, signedColor } from "../figure/palette.ts";
import type { ImageView } from "./input-view.ts";

/** The map of contributions as an SVG file, a square a pixel. */
export function mapSvg({ width, height }: ImageView, sums: Float64Array, palette: Palette): string {
  const largest = sums.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const squares = Array.from(sums, (one, i) =>
    one === 0
      ? ""
      : `<rect x="${i % width}" y="${Math.floor(i / width)}" width="1" height="1" fill="${cssOf(signedColor(palette, palette.paper, one / largest))}"/>`,
  ).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width * 12}" height="${height * 12}" shape-rendering="crispEdges"><rect width="${width}" height="${height}" fill="${cssOf(palette.paper)}"/>${squares}</svg>`;
}
