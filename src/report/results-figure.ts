import { meanAndDeviation, type PublishedFigure, type SummaryRow } from "../experiments/index.ts";
import { largestOf, smallestOf } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import { shortened } from "./curves.ts";
import { type Figure, figureOf, textLayer } from "./figure.ts";
import { INK, REGIME_COLORS, type Shade } from "./palette.ts";
import { fitted, type Scale } from "./scales.ts";
import type { AxisSpec, LayerSpec } from "./specification.ts";

const ROW = 38;
const WIDTH = 286;
const BELOW = 9;
/** Dots of a row that can be told apart; more are drawn as their range. */
const MOST_DOTS = 200;

/** What one row shows: the accuracies of some runs, in percent. */
export interface ResultRow {
  readonly title: string;
  readonly color: Shade;
  readonly mean: number;
  readonly runs: readonly number[];
  /** A deviation of 0: a figure that was published without one. */
  readonly published: PublishedFigure | null;
}

/** The rows of the regimes. */
export const regimeResults = (rows: readonly SummaryRow[]): readonly ResultRow[] =>
  rows.map(({ regime, ...row }) => ({ ...row, title: REGIMES[regime].title, color: REGIME_COLORS[regime] }));

/**
 * Best test accuracy of every run as a dot, with the mean, against the published interval.
 * @param labels pixels that the longest title takes
 */
export function resultsFigures(rows: readonly ResultRow[], comparable: boolean, labels = 76): readonly Figure[] {
  if (rows.length === 0) return [];
  const height = ROW * rows.length;
  const scale = fitted(rows.flatMap(shownValues), 150);
  const layers: LayerSpec[] = rows.flatMap((row, i) => rowLayers(row, (i + 0.5) * ROW, scale));
  const caption = [
    "Best test accuracy over the epochs: a dot each run, a bar their mean.",
    ...(rows.some(({ runs }) => runs.length > MOST_DOTS)
      ? [`Of more than ${MOST_DOTS} runs a line from the least to the largest, thick within the standard deviation.`]
      : []),
    ...(rows.some(({ published }) => published !== null)
      ? [`Gray below: published mean ± standard deviation${comparable ? "" : ", of the full protocol, for reference"}.`]
      : []),
  ].join(" ");
  return [
    figureOf({
      name: "results",
      title: "Best test accuracy, %",
      caption,
      margin: { top: 34, right: 18, bottom: 36, left: labels },
      panels: [{ width: WIDTH, height, layer: [...layers, ...publishedLabel(rows, scale)] }],
    }),
  ];
}

/** Values between which the figure spans: every run and every published interval. */
const shownValues = ({ runs, published }: ResultRow): readonly number[] =>
  published === null ? runs : [...runs, published[0] - published[1], published[0] + published[1]];

function rowLayers(row: ResultRow, center: number, { domain, ticks }: Scale): LayerSpec[] {
  const color = row.color.light;
  const x = (field: string): AxisSpec => ({
    field,
    type: "quantitative",
    scale: { domain: [...domain], nice: false, zero: false },
    axis: { title: null, values: [...ticks], format: "~r", tickSize: 4, domain: false, labelFlush: false },
  });
  const y = { value: center - 6 };
  const dots: LayerSpec[] = [
    textLayer(row.title, -8, center - 6, { color, align: "right" }),
    ...(row.runs.length > MOST_DOTS
      ? rangeLayers(row, x, y)
      : [
          {
            data: { values: row.runs.map((accuracy) => ({ accuracy: shortened(accuracy) })) },
            mark: { type: "point", filled: false, color, size: 42, strokeWidth: 1.5, opacity: 0.8 },
            encoding: { x: x("accuracy"), y },
          } satisfies LayerSpec,
        ]),
    {
      data: { values: [{ mean: shortened(row.mean) }] },
      mark: { type: "tick", orient: "vertical", color, size: 17, thickness: 3 },
      encoding: { x: x("mean"), y },
    },
  ];
  if (row.published === null) return dots;
  const [mean, std] = row.published;
  const below = { value: center + BELOW };
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

function rangeLayers(
  { runs, mean, color }: ResultRow,
  x: (field: string) => AxisSpec,
  y: { readonly value: number },
): readonly LayerSpec[] {
  const { std } = meanAndDeviation(runs);
  const line = (low: number, high: number, strokeWidth: number): LayerSpec => ({
    data: { values: [{ low: shortened(low), high: shortened(high) }] },
    mark: { type: "rule", color: color.light, strokeWidth, opacity: 0.6 },
    encoding: { x: x("low"), x2: { field: "high" }, y },
  });
  return [line(smallestOf(runs), largestOf(runs), 1.5), line(mean - std, mean + std, 5)];
}

/** The word "published" beside the first published interval, on the side that has room. */
function publishedLabel(rows: readonly ResultRow[], { domain: [low, high] }: Scale): LayerSpec[] {
  const place = rows.findIndex(({ published }) => published !== null);
  const published = rows[place]?.published;
  if (!published) return [];
  const [mean, std] = published;
  const pixel = (value: number): number => (WIDTH * (value - low)) / (high - low);
  const y = (place + 0.5) * ROW + BELOW;
  const color = INK.muted.light;
  return pixel(mean) > WIDTH / 2
    ? [textLayer("published", pixel(mean - std) - 7, y, { color, align: "right" })]
    : [textLayer("published", pixel(mean + std) + 7, y, { color })];
}
