import type { TheoremFinding } from "../experiments/index.ts";
import { type Figure, figureOf, textLayer } from "./figure.ts";
import { INK, layerColor, type Shade } from "./palette.ts";
import { logarithmic, spreadLabels } from "./scales.ts";
import type { AxisSpec, LayerSpec } from "./specification.ts";

const [WIDTH, HEIGHT] = [250, 220];

/**
 * The relative error of the theorem over the width of each series, both on logarithmic axes, beside the `1/√w` that lies
 * nearest; hollow dots are left out of the fit.
 */
export function theoremFigure(findings: readonly TheoremFinding[]): Figure {
  const series = findings.map((finding, i) => ({
    finding,
    // the faintest of the ramp are too faint for text
    color: layerColor(i + 1, findings.length + 1),
    guide: guideOf(finding),
  }));
  const widths = [...new Set(findings.flatMap(({ rows }) => rows.map(({ width }) => width)))].sort((a, b) => a - b);
  const errors = series.flatMap(({ finding, guide }) => [...finding.rows, ...guide].map(({ meanError }) => meanError));
  const scale = logarithmic(errors, HEIGHT);
  const x: AxisSpec = {
    field: "width",
    type: "quantitative",
    scale: { type: "log", base: 2, domain: [(widths[0] ?? 1) / 1.2, (widths.at(-1) ?? 2) * 1.2], nice: false },
    axis: {
      title: "width, or channels",
      values: widths.filter((_, i) => widths.length < 8 || i % 2 === 0),
      format: "d",
      grid: false,
      tickSize: 4,
    },
  };
  const y: AxisSpec = {
    field: "meanError",
    type: "quantitative",
    scale: { type: "log", domain: [...scale.domain], nice: false },
    axis: {
      title: null,
      values: [...scale.ticks],
      labelExpr: "format(datum.value, '~r')",
      domain: false,
      ticks: false,
    },
  };
  const ends = series.map(({ finding, color, guide }) => ({
    finding,
    color,
    wanted: scale.pixel(guide.at(-1)?.meanError ?? 1),
  }));
  return figureOf({
    name: "theorem",
    title: "Relative error of the theorem",
    caption: `Value tangent kernel against d σ^(2(d−1)) times the path kernel: dots, mean over the draws (hollow: not in the fit); lines, 1/√w. ${findings
      .map(({ title, slope }) => `Slope ${slope.toFixed(3).replace("-", "−")}, ${title}.`)
      .join(" ")}`,
    margin: { top: 34, right: 112, bottom: 40, left: 40 },
    panels: [
      {
        width: WIDTH,
        height: HEIGHT,
        layer: [
          ...series.flatMap(({ finding, color, guide }) => seriesLayers(finding, color, guide, { x, y })),
          ...spreadLabels(ends, 32, HEIGHT).flatMap(({ finding, color, place }) => [
            textLayer(finding.network.replace("-", " "), WIDTH + 8, place - 7, { color: color.light }),
            textLayer(`slope ${finding.slope.toFixed(3).replace("-", "−")}`, WIDTH + 8, place + 7, {
              color: color.light,
            }),
          ]),
        ],
      },
    ],
  });
}

type Point = Readonly<Record<"width" | "meanError", number>>;

/** `c/√w` over the series' widths, with the `c` that fits the rows of the slope best. */
function guideOf({ rows, fitFrom }: TheoremFinding): readonly Point[] {
  const fitted = rows.filter(({ width }) => width >= fitFrom);
  const level = fitted.reduce((sum, row) => sum + Math.log(row.meanError * Math.sqrt(row.width)), 0) / fitted.length;
  return rows.map(({ width }) => ({ width, meanError: Math.exp(level) / Math.sqrt(width) }));
}

function seriesLayers(
  { rows, fitFrom }: TheoremFinding,
  { light: color }: Shade,
  guide: readonly Point[],
  encoding: { readonly x: AxisSpec; readonly y: AxisSpec },
): LayerSpec[] {
  const points = (fitted: boolean): readonly Point[] =>
    rows.flatMap(({ width, meanError }) => (width >= fitFrom === fitted ? [{ width, meanError }] : []));
  return [
    { data: { values: [...guide] }, mark: { type: "line", color, strokeWidth: 1, opacity: 0.5 }, encoding },
    {
      data: { values: [...points(true)] },
      mark: { type: "point", filled: true, opacity: 1, color, size: 34 },
      encoding,
    },
    {
      data: { values: [...points(false)] },
      mark: {
        type: "point",
        filled: true,
        opacity: 1,
        color: INK.paper.light,
        stroke: color,
        strokeWidth: 1.2,
        size: 30,
      },
      encoding,
    },
  ];
}
