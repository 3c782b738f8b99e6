/** Hues of classes and of layers, and what a region is painted in. */
import { cssOf, mixed, type Palette, type Rgb } from "../figure/palette.ts";

const CLASSES = ["class-0", "class-1", "class-2", "class-3", "class-4", "class-5"] as const;
const LAYERS = ["layer-0", "layer-1", "layer-2", "layer-3", "layer-4", "layer-5"] as const;

/** Those of the style sheet that are painted with. */
export const PLANE_COLORS = ["paper", "panel", "ink", "muted", "rule", ...CLASSES, ...LAYERS] as const;
export type PlaneColors = Readonly<Record<(typeof PLANE_COLORS)[number], Rgb>> & Pick<Palette, "paper" | "ink">;

export const classColor = (colors: PlaneColors, label: number): Rgb => colors[CLASSES[label] ?? "muted"];
export const layerColor = (colors: PlaneColors, layer: number): Rgb => colors[LAYERS[layer] ?? "muted"];
export const layerStroke = (colors: PlaneColors, layer: number): string => cssOf(layerColor(colors, layer));

/** How strongly an answer is painted that the network is sure of. */
const SURE = 0.46;
const TURN = 2 * Math.PI;

/**
 * The color of an answer: its class's, the stronger the surer it is; paper between two classes.
 * @param logits of all points; those of this one begin at `at`
 * @param hues which color each class has
 */
export function outputColor(logits: ArrayLike<number>, at: number, hues: readonly number[], colors: PlaneColors): Rgb {
  const classes = hues.length;
  let first = 0;
  for (let i = 1; i < classes; i++) if (logits[at + i]! > logits[at + first]!) first = i;
  let sum = 0;
  for (let i = 0; i < classes; i++) sum += Math.exp(logits[at + i]! - logits[at + first]!);
  const sure = (1 / sum - 1 / classes) / (1 - 1 / classes);
  return mixed(colors.paper, classColor(colors, hues[first] ?? first), 0.06 + (SURE - 0.06) * sure);
}

/**
 * The color of a region, by its gates alone: each open one turns the hue by an angle of its own, so that neighbors differ and a
 * region keeps its color as it moves.
 */
export function regionColor(gates: ArrayLike<number>, from: number, units: number, colors: PlaneColors): Rgb {
  let [hue, light] = [0, 0];
  for (let i = 0; i < units; i++) {
    if (gates[from + i] === 0) continue;
    const golden = (0.618034 * (i + 1)) % 1;
    hue += 0.07 + 0.2 * golden;
    light += golden;
  }
  const channel = (shift: number): number => 128 + 105 * Math.cos(TURN * (hue + shift));
  const pure: Rgb = [channel(0), channel(1 / 3), channel(2 / 3)];
  return mixed(colors.paper, pure, 0.26 + 0.2 * (light % 1));
}
