/**
 * What all figures share. A figure is one or more panels below each other, small enough (190 to 380 pixels wide) that a
 * phone shows it unscaled: what would be a wide figure is several small ones, which the page sets side by side.
 *
 * Sizes are fixed here (`autosize: none`) and not measured: without a canvas Vega guesses the widths of texts, and
 * the same figure would come out different in Node and in a browser.
 */
import { INK, type Shade } from "./palette.ts";
import type { FigureConfig, FigureSpec, LayerSpec, PanelSpec } from "./specification.ts";

/** A figure of a page: its data and drawing as a Vega-Lite specification, and the words around it. */
export interface Figure {
  /** File name without ending: `accuracy`. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: FigureSpec;
}

export interface FigureParts {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  /** Pixels around the panels; `top` holds the title, `right` the labels of lines. */
  readonly margin: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
  readonly panels: readonly PanelSpec[];
  /** Pixels between panels. */
  readonly spacing?: number;
  /** Color of the title, for a figure of one regime. */
  readonly color?: Shade;
}

export const FONT = "system-ui, sans-serif";
export const FONT_SIZE = 11;

/** A figure from its panels. */
export function figureOf({ name, title, caption, margin, panels, spacing = 0, color = INK.ink }: FigureParts): Figure {
  const titleStyle = { fontSize: 13, fontWeight: 600, color: color.light } as const;
  const height = panels.reduce((sum, panel) => sum + panel.height, spacing * (panels.length - 1));
  const spec: FigureSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: `${title}. ${caption}`,
    autosize: { type: "none" },
    // a vertical concatenation has its panels' width, but without autosize no height: the padding carries that
    padding: { ...margin, bottom: height + margin.bottom },
    bounds: "flush",
    spacing,
    vconcat: panels.map((panel, i) => ({
      ...panel,
      layer: i === 0 ? [...panel.layer, textLayer(title, -margin.left, 14 - margin.top, titleStyle)] : panel.layer,
    })),
    config: CONFIG,
  };
  return { name, title, caption, spec };
}

export interface TextStyle {
  readonly color: string;
  readonly align?: "left" | "right";
  readonly fontSize?: number;
  readonly fontWeight?: 600;
}

/** A text at a place in pixels of its panel, its middle at `y`; titles too, which Vega would move with what is below. */
export const textLayer = (text: string, x: number, y: number, style: TextStyle): LayerSpec => ({
  data: { values: [{ text }] },
  mark: { type: "text", align: "left", baseline: "middle", ...style },
  encoding: { x: { value: x }, y: { value: y }, text: { field: "text", type: "nominal" } },
});

const CONFIG = {
  aria: false,
  background: INK.paper.light,
  font: FONT,
  view: { stroke: null },
  text: { fontSize: FONT_SIZE, color: INK.ink.light },
  axis: {
    labelFontSize: FONT_SIZE,
    titleFontSize: FONT_SIZE,
    titleFontWeight: "normal",
    labelColor: INK.muted.light,
    titleColor: INK.muted.light,
    gridColor: INK.rule.light,
    domainColor: INK.rule.light,
    tickColor: INK.rule.light,
    labelPadding: 4,
    labelOverlap: false,
  },
} as const satisfies FigureConfig;
