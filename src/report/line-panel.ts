import { largestOf } from "../graph/index.ts";
import { type Curve, hasSpread } from "./curves.ts";
import { FONT_SIZE, textLayer } from "./figure.ts";
import { INK, type Shade } from "./palette.ts";
import { type Scale, spreadLabels } from "./scales.ts";
import type { AxisSpec, LayerSpec, PanelSpec } from "./specification.ts";

/** A line with its band. */
export interface Line {
  /** Written at its end. */
  readonly label: string;
  readonly color: Shade;
  /** Color of the label, if that of the line is too faint for text. */
  readonly labelColor?: Shade;
  readonly curve: Curve;
  readonly dashed?: boolean;
}

export interface LinePanelParts {
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  /** What is drawn and in which unit, above the axis. */
  readonly title?: string;
  readonly scale: Scale;
  /** `errors`: logarithmic errors in percent, with accuracies beside the axis. */
  readonly vertical: "linear" | "logarithmic" | "errors";
  readonly horizontal: {
    readonly title: "epoch" | "layer" | "eigenvalue" | "stage" | "units closed, %";
    readonly domain: readonly [number, number];
    readonly ticks: readonly number[];
    readonly logarithmic?: true;
  };
  /** Whether the horizontal axis has its title: the last of several panels has. */
  readonly titled?: boolean;
  /** Pixels that a label may move away from the top and bottom of the plot. */
  readonly labelRoom?: number;
}

/** Lines over epochs (or layers), each with its range as a band and its name at its end. */
export function linePanel(parts: LinePanelParts): PanelSpec {
  const { width, height, title } = parts;
  const lines = parts.lines.filter(({ curve }) => curve.length > 0);
  const layers: LayerSpec[] = [
    ...lines.filter(({ curve }) => hasSpread(curve)).map((line) => bandLayer(line, parts)),
    ...lines.map((line) => lineLayer(line, parts)),
    ...labelLayers(lines, parts),
    ...(title === undefined ? [] : [textLayer(title, 0, -16, { color: INK.muted.light })]),
  ];
  return { width, height, layer: layers };
}

function bandLayer({ color, curve }: Line, parts: LinePanelParts): LayerSpec {
  return {
    data: { values: curve.map(({ at, low, high }) => ({ [parts.horizontal.title]: at, low, high })) },
    mark: { type: "area", color: color.light, opacity: 0.18 },
    encoding: { ...axesOf(parts, "low"), y2: { field: "high" } },
  };
}

function lineLayer({ color, curve, dashed }: Line, parts: LinePanelParts): LayerSpec {
  return {
    data: { values: curve.map(({ at, mean }) => ({ [parts.horizontal.title]: at, mean })) },
    mark: {
      type: "line",
      color: color.light,
      strokeWidth: 1.75,
      strokeJoin: "round",
      ...(dashed ? { strokeDash: [4, 3] } : {}),
      // few points: a line alone would not show where it was measured, or nothing at all
      ...(curve.length <= 12 ? { point: { size: 18, color: color.light } } : {}),
    },
    encoding: axesOf(parts, "mean"),
  };
}

/** The labels, moved apart, each with a leader from the end of its line. */
function labelLayers(lines: readonly Line[], { scale, width, height, labelRoom = 6 }: LinePanelParts): LayerSpec[] {
  const labels = lines.map(({ label, color, labelColor = color, curve }) => {
    const end = scale.pixel(curve.at(-1)?.mean ?? 0);
    return { label, color, labelColor, end, wanted: end + labelRoom };
  });
  const spread = spreadLabels(labels, FONT_SIZE, height + 2 * labelRoom);
  return spread.flatMap(({ label, color, labelColor, end, place }): LayerSpec[] => {
    const y = place - labelRoom;
    return [
      {
        data: { values: [{}] },
        mark: { type: "rule", color: color.light, opacity: 0.6, strokeWidth: 1 },
        encoding: { x: { value: width + 1 }, x2: { value: width + 8 }, y: { value: end }, y2: { value: y } },
      },
      textLayer(label, width + 11, y, { color: labelColor.light }),
    ];
  });
}

const TICK_LABELS = {
  linear: "format(datum.value, '~r')",
  logarithmic: "format(datum.value, '~r')",
  errors: "format(round(1e4 * (100 - datum.value)) / 1e4, '~r')",
} as const satisfies Record<LinePanelParts["vertical"], string>;

function axesOf(
  { scale, vertical, horizontal, titled = true }: LinePanelParts,
  field: "mean" | "low",
): { x: AxisSpec; y: AxisSpec } {
  return {
    x: {
      field: horizontal.title,
      type: "quantitative",
      scale: {
        domain: [...horizontal.domain],
        nice: false,
        ...(horizontal.logarithmic ? { type: "log" } : { zero: false }),
      },
      axis: {
        title: titled ? horizontal.title : null,
        values: [...horizontal.ticks],
        grid: false,
        format: "d",
        titleAnchor: "end",
        titlePadding: 2,
        tickSize: 4,
        labelFlush: false,
      },
    },
    y: {
      field,
      type: "quantitative",
      scale: {
        type: vertical === "linear" ? "linear" : "log",
        domain: [...scale.domain],
        nice: false,
        reverse: vertical === "errors",
        // said only where it means something: Vega warns of it on a logarithmic scale
        ...(vertical === "linear" ? { zero: false } : {}),
      },
      axis: {
        title: null,
        values: [...scale.ticks],
        labelExpr: TICK_LABELS[vertical],
        domain: false,
        ticks: false,
      },
    },
  };
}

/** Epochs from 0 (before training) to the last, with round ticks as they fit. */
export function epochAxis(lines: readonly { readonly curve: Curve }[], width: number): LinePanelParts["horizontal"] {
  const last = largestOf(
    lines.map(({ curve }) => curve.at(-1)?.at ?? 1),
    1,
  );
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000].find((size) => last / size <= width / 44) ?? last;
  const ticks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return { title: "epoch", domain: [0, last], ticks };
}
