import { cssOf } from "../figure/palette.ts";
import { layerStroke, type PlaneColors, regionColor } from "./colors.ts";
import type { PointHistory } from "./point-history.ts";
import type { LayerPart } from "./topics.ts";

/** Units of the picture. */
const [WIDTH, STRIP, ROW] = [640, 12, 7];

/** The gates of a point as an SVG file: a run of epochs in which one is open is one bar. */
export function pointSvg(
  { rows, units }: PointHistory,
  gates: Uint8Array,
  layers: readonly LayerPart[],
  colors: PlaneColors,
): string {
  const step = WIDTH / rows;
  const ofUnit = layers.flatMap(({ units: own }, layer) => Array<number>(own).fill(layer));
  const bar = (from: number, end: number, y: number, height: number, fill: string): string =>
    `<rect x="${(from * step).toFixed(2)}" y="${y}" width="${((end - from) * step).toFixed(2)}" height="${height}" fill="${fill}"/>`;
  const strip = Array.from({ length: rows }, (_, i) =>
    bar(i, i + 1, 0, STRIP, cssOf(regionColor(gates, i * units, units, colors))),
  );
  const bars: string[] = [];
  for (let unit = 0; unit < units; unit++) {
    for (let from = 0; from < rows; from++) {
      if (gates[from * units + unit] === 0) continue;
      let end = from + 1;
      while (end < rows && gates[end * units + unit] === 1) end++;
      bars.push(bar(from, end, STRIP + 4 + unit * ROW, ROW - 1, layerStroke(colors, ofUnit[unit] ?? 0)));
      from = end;
    }
  }
  const height = STRIP + 4 + units * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">${[...strip, ...bars].join("")}</svg>\n`;
}
