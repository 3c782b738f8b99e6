import type { SummaryRow } from "../experiments/index.ts";
import { REGIMES } from "../network/index.ts";
import { shortened } from "./curves.ts";
import { type Figure, figureOf, type LayerSpecs, type X } from "./figure.ts";
import { INK, REGIME_COLORS } from "./palette.ts";
import { fitted, type Scale } from "./scales.ts";

const ROW = 38;

/** Best test accuracy of every run as a dot, with the mean, against the published interval. */
export function resultsFigures(rows: readonly SummaryRow[], comparable: boolean): readonly Figure[] {
  if (rows.length === 0) return [];
  const height = ROW * rows.length;
  const scale = fitted(rows.flatMap(shownValues), 150);
  const layers: LayerSpecs = rows.flatMap((row, i) => rowLayers(row, (i + 0.5) * ROW, scale));
  const caption = [
    "Best test accuracy over the epochs: a dot each run, a bar their mean.",
    ...(rows.some(({ published }) => published !== null)
      ? [`Gray below: published mean ± standard deviation${comparable ? "" : ", of the full protocol, for reference"}.`]
      : []),
  ].join(" ");
  return [
    figureOf({
      name: "results",
      title: "Best test accuracy, %",
      caption,
      margin: { top: 34, right: 18, bottom: 36, left: 76 },
      panels: [{ width: 286, height, layer: layers }],
    }),
  ];
}

/** Values between which the figure spans: every run and every published interval. */
const shownValues = ({ runs, published }: SummaryRow): readonly number[] =>
  published === null ? runs : [...runs, published[0] - published[1], published[0] + published[1]];

function rowLayers(row: SummaryRow, center: number, { domain, ticks }: Scale): LayerSpecs {
  const color = REGIME_COLORS[row.regime].light;
  const x = (field: string): X => ({
    field,
    type: "quantitative",
    scale: { domain: [...domain], nice: false, zero: false },
    axis: { title: null, values: [...ticks], format: "~r", tickSize: 4, domain: false },
  });
  const y = { value: center - 6 };
  const dots: LayerSpecs = [
    {
      data: { values: [{ title: REGIMES[row.regime].title }] },
      mark: { type: "text", align: "right", baseline: "middle", color },
      encoding: { x: { value: -8 }, y: { value: center }, text: { field: "title", type: "nominal" } },
    },
    {
      data: { values: row.runs.map((accuracy) => ({ accuracy: shortened(accuracy) })) },
      mark: { type: "point", filled: false, color, size: 42, strokeWidth: 1.5, opacity: 0.8 },
      encoding: { x: x("accuracy"), y },
    },
    {
      data: { values: [{ mean: shortened(row.mean) }] },
      mark: { type: "tick", orient: "vertical", color, size: 17, thickness: 3 },
      encoding: { x: x("mean"), y },
    },
  ];
  if (row.published === null) return dots;
  const [mean, std] = row.published;
  const below = { value: center + 9 };
  return [
    ...dots,
    {
      data: { values: [{ low: shortened(mean - std), high: shortened(mean + std) }] },
      mark: { type: "rule", color: INK.published.light, strokeWidth: 3, opacity: 0.6 },
      encoding: { x: x("low"), x2: { field: "high" }, y: below },
    },
    {
      data: { values: [{ mean }] },
      mark: { type: "point", shape: "diamond", filled: true, color: INK.published.light, size: 30, opacity: 1 },
      encoding: { x: x("mean"), y: below },
    },
  ];
}
