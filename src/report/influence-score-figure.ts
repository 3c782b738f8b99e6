import type { InfluenceCeiling, InfluenceRow } from "../experiments/index.ts";
import { shortened } from "./curves.ts";
import { type Figure, figureOf, textLayer } from "./figure.ts";
import { INK, REGIME_COLORS, type Shade } from "./palette.ts";
import { fitted } from "./scales.ts";
import type { AxisSpec, LayerSpec } from "./specification.ts";

const ROW = 38;
const WIDTH = 286;

/** Trained gates as the trained network, untrained ones as the random regime; pixels know of no network. */
const COLORS = {
  "path kernel": REGIME_COLORS.relu,
  "path kernel of untrained gates": REGIME_COLORS["frnpf-ii"],
  "cosine of pixels": INK.muted,
} as const satisfies Record<InfluenceRow["similarity"], Shade>;

const WORDS = {
  "path kernel": "path kernel",
  "path kernel of untrained gates": "untrained gates",
  "cosine of pixels": "pixels",
} as const satisfies Record<InfluenceRow["similarity"], string>;

/** Scores of the ways with two standard errors, a dot each network, and the ceiling that two trainings of a half leave. */
export function influenceScoreFigure(rows: readonly InfluenceRow[], { ceiling }: InfluenceCeiling): Figure {
  const values = rows.flatMap(({ score, error, networks }) => [score - 2 * error, score + 2 * error, ...networks]);
  const { domain, ticks } = fitted([...values, ceiling], 150, 0.01);
  const x = (field: string): AxisSpec => ({
    field,
    type: "quantitative",
    scale: { domain: [...domain], nice: false, zero: false },
    axis: { title: null, values: [...ticks], format: "~r", tickSize: 4, domain: false, labelFlush: false },
  });
  const layers = rows.flatMap(({ similarity, score, error, networks }, i): LayerSpec[] => {
    const color = COLORS[similarity].light;
    const y = { value: (i + 0.5) * ROW };
    return [
      textLayer(WORDS[similarity], -8, y.value, { color, align: "right" }),
      {
        data: { values: [{ low: shortened(score - 2 * error), high: shortened(score + 2 * error) }] },
        mark: { type: "rule", color, strokeWidth: 3, opacity: 0.5 },
        encoding: { x: x("low"), x2: { field: "high" }, y },
      },
      {
        data: { values: networks.map((one) => ({ score: shortened(one) })) },
        mark: { type: "point", filled: false, color, size: 42, strokeWidth: 1.5, opacity: 0.8 },
        encoding: { x: x("score"), y },
      },
      {
        data: { values: [{ score: shortened(score) }] },
        mark: { type: "tick", orient: "vertical", color, size: 17, thickness: 3 },
        encoding: { x: x("score"), y },
      },
    ];
  });
  const height = ROW * rows.length;
  const place = (WIDTH * (ceiling - domain[0])) / (domain[1] - domain[0]);
  return figureOf({
    name: "influence",
    title: "Predicted against actual losses, rank correlation",
    caption:
      "A bar the mean over the networks, a dot each network, a band two standard errors by leaving out halves; dashed, the ceiling: the root of what two trainings of one half agree by.",
    margin: { top: 34, right: 24, bottom: 36, left: 100 },
    panels: [
      {
        width: WIDTH,
        height,
        layer: [
          ...layers,
          {
            data: { values: [{ ceiling: shortened(ceiling) }] },
            mark: { type: "rule", color: INK.published.light, strokeWidth: 1.5, strokeDash: [4, 3] },
            encoding: { x: x("ceiling"), y: { value: 0 }, y2: { value: height } },
          },
          textLayer("ceiling", place - 5, 8, { color: INK.muted.light, align: "right" }),
        ],
      },
    ],
  });
}
