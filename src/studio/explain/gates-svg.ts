import { cssOf, mixed, type Palette, signedColor } from "../figure/palette.ts";
import { gridOf } from "./grid.ts";
import type { LayerPart, LayerWords } from "./topics.ts";

const CELL = 8;
const GAP = 24;

/** All layers one below the other, a square an open gate. */
export function gatesSvg(layers: readonly LayerWords[], parts: readonly LayerPart[], palette: Palette): string {
  const ground = mixed(palette.paper, palette.muted, 0.45);
  let top = GAP;
  let right = 0;
  const drawn = layers.map(({ shape, name }, i) => {
    const grid = gridOf(shape);
    const part = parts[i];
    const largest = part?.flow.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
    const cells = Array.from(part?.gates ?? [], (gate, unit) => {
      if (gate === 0) return "";
      const [column, row] = grid.placeOf(unit);
      const color = signedColor(palette, ground, (part?.flow[unit] ?? 0) / largest);
      return `<rect x="${column * CELL}" y="${row * CELL}" width="${CELL}" height="${CELL}" fill="${cssOf(color)}"/>`;
    }).join("");
    const frame = `<rect width="${grid.width * CELL}" height="${grid.height * CELL}" fill="none" stroke="${cssOf(palette.rule)}"/>`;
    const text = `<text y="-6" fill="${cssOf(palette.muted)}" font-family="sans-serif" font-size="12">${escaped(name)}</text>`;
    const group = `<g transform="translate(0 ${top})">${text}${frame}${cells}</g>`;
    top += grid.height * CELL + GAP;
    right = Math.max(right, grid.width * CELL);
    return group;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 0 ${right + 8} ${top}" width="${right + 8}" height="${top}">${drawn.join("")}</svg>`;
}

/** Text of a file as text of an SVG. */
export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
