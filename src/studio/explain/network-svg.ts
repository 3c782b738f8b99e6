import { cssOf, mixed, type Palette, signedColor } from "../figure/palette.ts";
import { byPixel, viewOf } from "./input-view.ts";
import { HEIGHT, type PlacedNetwork, WIDTH } from "./network-layout.ts";

/** The picture of the active sub-network as an SVG file. */
export function networkSvg(
  { units, edges, image, titles }: PlacedNetwork,
  inputShape: readonly number[],
  inputFlow: Float64Array,
  palette: Palette,
): string {
  const color = (flow: number): string => cssOf(flow < 0 ? palette.negative : palette.positive);
  const number = (value: number): string => String(Math.round(value * 100) / 100);
  const lines = edges.map(({ from, to, flow, thickness }) => {
    const bend = (to.x - from.x) * 0.45;
    const way = `M${number(from.x)} ${number(from.y)}C${number(from.x + bend)} ${number(from.y)} ${number(to.x - bend)} ${number(to.y)} ${number(to.x)} ${number(to.y)}`;
    return `<path d="${way}" stroke="${color(flow)}" stroke-width="${number(thickness)}"/>`;
  });
  const dots = units.map(({ x, y, radius, flow, open }) => {
    const fill =
      open === 0 ? cssOf(mixed(palette.paper, palette.muted, 0.35)) : flow === 0 ? cssOf(palette.muted) : color(flow);
    return `<circle cx="${number(x)}" cy="${number(y)}" r="${number(radius)}" fill="${fill}"/>`;
  });
  const words = titles.map(({ x, text }) => `<text x="${number(x)}" y="16" text-anchor="middle">${text}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"><rect width="${WIDTH}" height="${HEIGHT}" fill="${cssOf(palette.paper)}"/><g fill="none" stroke-opacity="0.6" stroke-linecap="round">${lines.join("")}</g>${image === undefined ? "" : squares(inputShape, inputFlow, image, palette)}${dots.join("")}<g fill="${cssOf(palette.muted)}" font-family="sans-serif" font-size="13">${words.join("")}</g></svg>`;
}

function squares(
  inputShape: readonly number[],
  inputFlow: Float64Array,
  { x, y, side }: NonNullable<PlacedNetwork["image"]>,
  palette: Palette,
): string {
  const view = viewOf(inputShape);
  if (view.kind !== "image") return "";
  const flow = byPixel(view, inputFlow);
  const largest = flow.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const cell = side / Math.max(view.width, view.height);
  return Array.from(flow, (one, i) =>
    one === 0
      ? ""
      : `<rect x="${x + (i % view.width) * cell}" y="${y + Math.floor(i / view.width) * cell}" width="${cell}" height="${cell}" fill="${cssOf(signedColor(palette, palette.paper, one / largest))}"/>`,
  ).join("");
}
