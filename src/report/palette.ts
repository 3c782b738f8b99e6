import type { RegimeName } from "../network/index.ts";

/**
 * Colors of figures and page, each for light and dark. Figures are specified in the light ones; {@link recolored} turns
 * them into the dark ones or into the page's custom properties. No two light values are equal, so the way back is unique.
 */
export interface Shade {
  readonly light: string;
  readonly dark: string;
}
/** Colors on a light or a dark background. */
export type Theme = "light" | "dark";

/** What is neither data nor a regime. Texts have a contrast of at least 4.5 against `paper` and `panel`. */
export const INK = {
  paper: { light: "#ffffff", dark: "#14171a" },
  panel: { light: "#f4f5f6", dark: "#1e2327" },
  ink: { light: "#1b1f23", dark: "#e8eaec" },
  muted: { light: "#59616a", dark: "#a3abb3" },
  rule: { light: "#dfe3e6", dark: "#343b42" },
  published: { light: "#767e86", dark: "#8b949d" },
  alert: { light: "#a8261c", dark: "#ff8a7a" },
} as const satisfies Record<string, Shade>;

/**
 * One color a regime, everywhere; also used for its name, hence the contrast of text. Told apart with the usual color
 * vision deficiencies (the hues are Okabe and Ito's, darker on light); the two random regimes are neighbors on purpose.
 */
export const REGIME_COLORS = {
  relu: { light: "#0068a8", dark: "#5bb4ec" },
  "frnpf-ii": { light: "#c24a00", dark: "#f58a4b" },
  "frnpf-di": { light: "#846200", dark: "#dcb548" },
  flnpf: { light: "#00745a", dark: "#2fc39a" },
  dlnpf: { light: "#a33c81", dark: "#e391c6" },
  dlgn: { light: "#5a4fc4", dark: "#a9a2f7" },
  "dlgn-sf": { light: "#566600", dark: "#b5c95a" },
  "by-layer": { light: "#4d5861", dark: "#b4bdc5" },
} as const satisfies Record<RegimeName, Shade>;

/** Layers from first to last: from near the paper to far from it, so the order can be seen without hues. Contrast at least 3. */
const LAYER_RAMP = [
  { light: "#b98133", dark: "#7a5ea8" },
  { light: "#b87035", dark: "#9a66ad" },
  { light: "#b05c37", dark: "#b870a9" },
  { light: "#a3483f", dark: "#cf7f9f" },
  { light: "#95384a", dark: "#df9297" },
  { light: "#792a52", dark: "#eaa894" },
  { light: "#5b2153", dark: "#f1c09b" },
  { light: "#3e1a4c", dark: "#f6d9ad" },
  { light: "#231339", dark: "#fbf2cb" },
] as const satisfies readonly Shade[];

/** Values of a map from small to large: from near the paper to far from it. */
export const HEAT_RAMP = [
  { light: "#eaf1f7", dark: "#1a222b" },
  { light: "#d3e2ef", dark: "#1f3042" },
  { light: "#b6cfe4", dark: "#26415c" },
  { light: "#95b9d8", dark: "#2f567a" },
  { light: "#719fca", dark: "#3e6f9b" },
  { light: "#4d84b8", dark: "#588bb8" },
  { light: "#2f689f", dark: "#7fa9cf" },
  { light: "#1a4b80", dark: "#aecbe4" },
  { light: "#0a2f5c", dark: "#e3effa" },
] as const satisfies readonly Shade[];

/** Color of one of `layers` layers, by its place from 0. */
export function layerColor(place: number, layers: number): Shade {
  const last = LAYER_RAMP.length - 1;
  return LAYER_RAMP[layers < 2 ? last : Math.round((place / (layers - 1)) * last)] ?? INK.ink;
}

/** Every color by the name of its custom property. */
const PROPERTIES: readonly (readonly [string, Shade])[] = [
  ...Object.entries(INK),
  ...Object.entries(REGIME_COLORS),
  ...LAYER_RAMP.map((shade, place): [string, Shade] => [`layer-${place}`, shade]),
  ...HEAT_RAMP.map((shade, place): [string, Shade] => [`heat-${place}`, shade]),
];

/** `--ink: #1b1f23; …` for a style sheet. */
export const customProperties = (theme: Theme): string =>
  PROPERTIES.map(([name, shade]) => `--${name}: ${shade[theme]};`).join(" ");

/** The same text with each light color of the palette replaced: by the dark one, or by `var(--ink)` for a page. */
export function recolored(svg: string, theme: Theme | "page"): string {
  if (theme === "light") return svg;
  return svg.replaceAll(/(?<==")#[0-9a-f]{6}(?=")/g, (color) => {
    const [name, shade] = PROPERTIES.find(([, { light }]) => light === color) ?? [];
    if (name === undefined || shade === undefined) return color;
    return theme === "page" ? `var(--${name})` : shade[theme];
  });
}
