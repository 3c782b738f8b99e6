import { cssOf } from "../figure/palette.ts";
import { classColor, layerStroke } from "./colors.ts";
import { pixelOf, type Scene } from "./paint.ts";
import { paintOutputs, paintRegions } from "./raster.ts";

/** Units of the picture. */
const SIZE = 640;

/** The plane as an SVG file: the ground as pixels, lines and points as such. */
export function planeSvg(scene: Scene): string {
  const { regions, window, points, hidden, colors, at, end, segment } = scene;
  const lines = (regions?.layers ?? []).flatMap((_, layer) => {
    if (regions === undefined || hidden.has(layer)) return [];
    const { lines: ends, lineLayers } = regions;
    const pieces = Array.from(lineLayers, (own, i) =>
      own === layer
        ? `M${number(ends[4 * i]! * SIZE)} ${number((1 - ends[4 * i + 1]!) * SIZE)}L${number(ends[4 * i + 2]! * SIZE)} ${number((1 - ends[4 * i + 3]!) * SIZE)}`
        : "",
    );
    return [`<path d="${pieces.join("")}" stroke="${layerStroke(colors, layer)}" stroke-width="1.5" fill="none"/>`];
  });
  const dots = points.map(({ x, y, label, isTest }) => {
    const [column, row] = pixelOf(window, SIZE, [x, y]);
    const [fill, stroke] = [cssOf(classColor(colors, label)), cssOf(colors.paper)];
    return `<circle cx="${number(column)}" cy="${number(row)}" r="4" fill="${isTest ? stroke : fill}" stroke="${isTest ? fill : stroke}"/>`;
  });
  const [[x1, y1], [x2, y2]] = [pixelOf(window, SIZE, at), pixelOf(window, SIZE, end)];
  const ink = cssOf(colors.ink);
  const way = [
    `<path d="M${number(x1)} ${number(y1)}L${number(x2)} ${number(y2)}" stroke="${ink}" stroke-width="2"/>`,
    ...(segment?.flips ?? []).map(
      ({ at: share, layer }) =>
        `<circle cx="${number(x1 + share * (x2 - x1))}" cy="${number(y1 + share * (y2 - y1))}" r="3.5" fill="${layerStroke(colors, layer)}"/>`,
    ),
    `<circle cx="${number(x1)}" cy="${number(y1)}" r="8" fill="none" stroke="${ink}" stroke-width="2"/>`,
    `<rect x="${number(x2 - 6)}" y="${number(y2 - 6)}" width="12" height="12" fill="none" stroke="${ink}" stroke-width="2"/>`,
  ];
  const content = [groundImage(scene), ...lines, ...dots, ...way].join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" height="${SIZE}">${content}</svg>\n`;
}

const number = (value: number): string => String(Number(value.toFixed(2)));

function groundImage({ coloring, regions, outputs, hues, colors }: Scene): string {
  const side = coloring === "regions" ? SIZE : (outputs?.side ?? 0);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (context === null || side === 0) return "";
  [canvas.width, canvas.height] = [side, side];
  const image = context.createImageData(side, side);
  if (coloring === "regions" && regions !== undefined) paintRegions(image.data, side, regions, colors);
  else if (outputs !== undefined) paintOutputs(image.data, outputs, hues, colors);
  context.putImageData(image, 0, 0);
  return `<image href="${canvas.toDataURL("image/png")}" width="${SIZE}" height="${SIZE}"/>`;
}
