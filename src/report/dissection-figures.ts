/** The figures of a dissection: its rows with their intervals between random gates and the network, and how values learnt. */
import type { DissectedRow, DissectionMeasure } from "../experiments/index.ts";
import { largestOf, smallestOf } from "../graph/index.ts";
import { pointOf, shortened, thinned } from "./curves.ts";
import { type Figure, figureOf, textLayer } from "./figure.ts";
import { epochAxis, type Line, linePanel } from "./line-panel.ts";
import { INK, REGIME_COLORS, type Shade } from "./palette.ts";
import { fitted } from "./scales.ts";
import type { AxisSpec, LayerSpec } from "./specification.ts";

/** Short names and colors of rows: those of the regimes that they are. */
export const ROW_STYLES = {
  model: { label: "the network itself", color: REGIME_COLORS.relu },
  gates: { label: "behind its gates", color: REGIME_COLORS.flnpf },
  random: { label: "behind random gates", color: REGIME_COLORS["frnpf-ii"] },
  apart: { label: "learnt apart", color: REGIME_COLORS.dlnpf },
  anew: { label: "trained anew", color: REGIME_COLORS["by-layer"] },
  "kernel of its gates": { label: "kernel of its gates", color: REGIME_COLORS.flnpf },
  "kernel of random gates": { label: "kernel of random gates", color: REGIME_COLORS["frnpf-ii"] },
} as const satisfies Record<DissectedRow["what"], { readonly label: string; readonly color: Shade }>;

const [ROW, WIDTH, LABELS] = [30, 250, 136];

/** Rows with their intervals; what learning gained over random gates is shaded. */
export function rowsFigure(rows: readonly DissectedRow[], measure: DissectionMeasure): Figure {
  const height = ROW * rows.length;
  const values = rows.flatMap(({ runs, interval }) => [
    ...runs,
    ...(interval === null ? [] : [interval.low, interval.high]),
  ]);
  const { domain, ticks } = fitted(values, 150, measure === "accuracy" ? 0.1 : 0.01);
  const x = (field: string): AxisSpec => ({
    field,
    type: "quantitative",
    scale: { domain: [...domain], nice: false, zero: false },
    axis: { title: null, values: [...ticks], format: "~r", tickSize: 4, domain: false, labelFlush: false },
  });
  const meanOf = (what: DissectedRow["what"]): number => shortened(rows.find((row) => row.what === what)?.mean ?? 0);
  const gained: LayerSpec = {
    data: { values: [{ value: meanOf("random") }, { value: meanOf("model") }] },
    mark: { type: "area", color: INK.rule.light, opacity: 0.6 },
    encoding: { x: x("value"), y: { value: 0 }, y2: { value: height } },
  };
  const layers = rows.flatMap((row, i): LayerSpec[] => {
    const { label, color } = ROW_STYLES[row.what];
    const y = { value: (i + 0.5) * ROW };
    return [
      textLayer(label, -8, y.value, { color: color.light, align: "right" }),
      ...(row.interval === null
        ? []
        : [
            {
              data: { values: [{ low: shortened(row.interval.low), high: shortened(row.interval.high) }] },
              mark: { type: "rule", color: color.light, strokeWidth: 2 },
              encoding: { x: x("low"), x2: { field: "high" }, y },
            } satisfies LayerSpec,
          ]),
      {
        data: { values: row.runs.map((value) => ({ value: shortened(value) })) },
        mark: { type: "point", filled: false, color: color.light, size: 42, strokeWidth: 1.5, opacity: 0.8 },
        encoding: { x: x("value"), y },
      },
      {
        data: { values: [{ mean: shortened(row.mean) }] },
        mark: { type: "tick", orient: "vertical", color: color.light, size: 17, thickness: 3 },
        encoding: { x: x("mean"), y },
      },
    ];
  });
  return figureOf({
    name: "rows",
    title: titleOf(measure),
    caption:
      "A dot each run, a bar their mean, a line its 95 % interval. Shaded: what learning gained over random gates. The kernel machines have test examples of their own and no interval.",
    margin: { top: 34, right: 18, bottom: 36, left: LABELS },
    panels: [{ width: WIDTH, height, layer: [gained, ...layers] }],
  });
}

const titleOf = (measure: DissectionMeasure): string => (measure === "accuracy" ? "Test accuracy, %" : "Test R²");

/** A row's test measures after each epoch, a list for each run. */
export interface LearntRow {
  readonly what: "gates" | "random" | "apart" | "anew";
  readonly runs: readonly (readonly number[])[];
}

/** Epochs that are drawn of a long training. */
const MOST_POINTS = 120;

/** How values learnt, epoch by epoch, beside the network itself. */
export function learningFigure(learnt: readonly LearntRow[], model: number, measure: DissectionMeasure): Figure {
  const curves = learnt.map(({ what, runs }): Line => {
    const epochs = smallestOf(runs.map(({ length }) => length));
    const all = Array.from({ length: epochs }, (_, i) =>
      pointOf(
        i + 1,
        runs.map((run) => run[i] ?? Number.NaN),
      ),
    );
    return { ...ROW_STYLES[what], curve: thinned(all, MOST_POINTS) };
  });
  const last = largestOf(
    curves.map(({ curve }) => curve.at(-1)?.at ?? 1),
    1,
  );
  const own = { ...ROW_STYLES.model, dashed: true, curve: [0, last].map((at) => pointOf(at, [model])) };
  const lines: readonly Line[] = [...curves, own];
  const [width, height] = [210, 200];
  const shown = lines.flatMap(({ curve }) => curve.flatMap(({ low, high }) => [low, high]));
  const least = smallestOf([model, ...curves.map(({ curve }) => curve[Math.floor(curve.length / 10)]?.low ?? model)]);
  const kept = shown.filter((value) => value >= least);
  const scale = fitted(kept, height, measure === "accuracy" ? 0.1 : 0.01);
  const within = ({ curve, ...line }: Line): Line => ({
    ...line,
    curve: curve.filter(({ low }) => low >= scale.domain[0]),
  });
  return figureOf({
    name: "learning",
    title: titleOf(measure),
    caption:
      "After each epoch, mean over the runs; bands span them. Dashed: the network itself. What still rises at the end has not learnt yet; the first epochs may lie below.",
    margin: { top: 34, right: 136, bottom: 36, left: 36 },
    panels: [
      linePanel({
        lines: lines.map(within),
        width,
        height,
        scale,
        vertical: "linear",
        horizontal: epochAxis(lines, width),
      }),
    ],
  });
}
