import type { TheoremResult } from "../experiments/index.ts";
import { type Figure, figureOf, textLayer, type X, type Y } from "./figure.ts";
import { INK } from "./palette.ts";

const [WIDTH, HEIGHT] = [286, 200];

/** The relative error of the theorem over the width, both on logarithmic axes, beside `1/√w` through the first point. */
export function theoremFigure({ rows, slope }: TheoremResult, depth: number): Figure {
  const color = INK.ink.light;
  const first = rows[0];
  const guide = rows.map(({ width }) => ({
    width,
    meanError: first === undefined ? 0 : first.meanError * Math.sqrt(first.width / width),
  }));
  const widths = rows.map(({ width }) => width);
  const errors = [...rows, ...guide].map(({ meanError }) => meanError);
  const x: X = {
    field: "width",
    type: "quantitative",
    scale: { type: "log", base: 2, domain: [Math.min(...widths), Math.max(...widths)], nice: false },
    axis: { title: "width w", values: widths, format: "d", tickSize: 4 },
  };
  const y: Y = {
    field: "meanError",
    type: "quantitative",
    scale: { type: "log", domain: [Math.min(...errors) / 1.3, Math.max(...errors) * 1.3], nice: false },
    axis: { title: null, values: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], format: "~r", tickSize: 4 },
  };
  return figureOf({
    name: "theorem",
    title: "Relative error of the theorem",
    caption: `Value tangent kernel against d σ^(2(d−1)) times the path kernel, d = ${depth}: dots, mean over the draws; line, 1/√w. Slope ${slope.toFixed(3)}.`,
    margin: { top: 34, right: 18, bottom: 40, left: 46 },
    panels: [
      {
        width: WIDTH,
        height: HEIGHT,
        layer: [
          {
            data: { values: guide },
            mark: { type: "line", color: INK.muted.light, strokeWidth: 1 },
            encoding: { x, y },
          },
          {
            data: { values: rows.map(({ width, meanError }) => ({ width, meanError })) },
            mark: { type: "point", filled: true, color, size: 36 },
            encoding: { x, y },
          },
          textLayer(`slope ${slope.toFixed(3)}`, WIDTH - 4, 12, { color, align: "right" }),
        ],
      },
    ],
  });
}
