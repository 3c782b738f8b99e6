/**
 * The part of Vega-Lite 6 that our figures use. Vega's own types need the DOM's, in every project that imports this one;
 * `renderSvg` gives these to Vega, so the compiler holds that they are a part of Vega's. Arrays are not `readonly` because
 * Vega's are not.
 */

/** A Vega-Lite specification of panels below each other; as JSON it opens in every Vega-Lite editor. */
export interface FigureSpec {
  readonly $schema: string;
  readonly description: string;
  readonly autosize: { readonly type: "none" };
  /** Pixels around the panels. */
  readonly padding: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
  readonly bounds: "flush";
  /** Pixels between the panels. */
  readonly spacing: number;
  readonly vconcat: PanelSpec[];
  readonly config: FigureConfig;
}

/** A view of fixed size, in pixels; the first layer lies lowest. */
export interface PanelSpec {
  readonly width: number;
  readonly height: number;
  readonly layer: LayerSpec[];
}

/** Marks of one kind, and what of the data their places are. */
export interface LayerSpec {
  readonly data: { readonly values: { readonly [field: string]: number | string }[] };
  readonly mark: MarkSpec;
  readonly encoding: {
    readonly x: AxisSpec | PixelSpec;
    readonly y: AxisSpec | PixelSpec;
    /** The other end of an area or a rule. */
    readonly x2?: FieldSpec | PixelSpec;
    readonly y2?: FieldSpec | PixelSpec;
    readonly text?: { readonly field: string; readonly type: "nominal" };
  };
}

/** Lengths in pixels, sizes of symbols in their squares, colors in CSS. */
export interface MarkSpec {
  readonly type: "area" | "line" | "point" | "rule" | "text" | "tick";
  readonly color?: string;
  readonly opacity?: number;
  readonly stroke?: string;
  readonly strokeWidth?: number;
  readonly strokeJoin?: "round";
  readonly strokeDash?: number[];
  /** Dots on a line. */
  readonly point?: { readonly size: number; readonly color: string };
  readonly filled?: boolean;
  /** A name, or an SVG path. */
  readonly shape?: string;
  readonly size?: number;
  readonly thickness?: number;
  readonly orient?: "vertical";
  readonly align?: "left" | "right";
  readonly baseline?: "middle";
  readonly fontSize?: number;
  readonly fontWeight?: 600;
}

/** The name of a field of the data. */
export interface FieldSpec {
  readonly field: string;
}

/** A place in pixels of the panel. */
export interface PixelSpec {
  readonly value: number;
}

/** A number of the data on an axis of its own. */
export interface AxisSpec extends FieldSpec {
  readonly type: "quantitative";
  readonly scale: {
    readonly type?: "linear" | "log";
    readonly base?: number;
    readonly domain: number[];
    readonly nice: boolean;
    readonly zero?: boolean;
    readonly reverse?: boolean;
  };
  readonly axis: {
    readonly title: string | null;
    readonly values: number[];
    /** How D3 writes numbers. */
    readonly format?: string;
    readonly labelExpr?: string;
    readonly labelFlush?: boolean;
    readonly grid?: boolean;
    readonly domain?: boolean;
    readonly ticks?: boolean;
    readonly tickSize?: number;
    readonly titleAnchor?: "end";
    readonly titlePadding?: number;
  };
}

/** What all figures share. */
export interface FigureConfig {
  readonly aria: boolean;
  readonly background: string;
  readonly font: string;
  readonly view: { readonly stroke: null };
  readonly text: { readonly fontSize: number; readonly color: string };
  readonly axis: {
    readonly labelFontSize: number;
    readonly titleFontSize: number;
    readonly titleFontWeight: "normal";
    readonly labelColor: string;
    readonly titleColor: string;
    readonly gridColor: string;
    readonly domainColor: string;
    readonly tickColor: string;
    readonly labelPadding: number;
    readonly labelOverlap: boolean;
  };
}
