/** Rows of a panel, each with its name: a dot a run, a bar their mean, a diamond what is published. */
import { shortened } from "./curves.ts";
import { textLayer } from "./figure.ts";
import { INK, type Shade } from "./palette.ts";
import type { Scale } from "./scales.ts";
import type { AxisSpec, LayerSpec } from "./specification.ts";

/** One row. */
export interface DotRow {
  readonly name: string;
  readonly color: Shade;
  readonly runs: readonly number[];
  readonly mean: number;
  /** Null where nothing is. */
  readonly published: number | null;
}

/** Pixels from row to row. */
export const DOT_ROW = 19;

/** @param from the first row's place, in rows */
export function dotRows(rows: readonly DotRow[], scale: Scale, from = 0): readonly LayerSpec[] {
  return rows.flatMap((row, i) => layersOf(row, (from + i + 0.5) * DOT_ROW, scale));
}

function layersOf(
  { name, color: { light: color }, mean, runs, published }: DotRow,
  center: number,
  { domain, ticks }: Scale,
): LayerSpec[] {
  const x = (field: string): AxisSpec => ({
    field,
    type: "quantitative",
    scale: { domain: [...domain], nice: false, zero: false },
    axis: { title: null, values: [...ticks], format: "~r", tickSize: 4, domain: false, labelFlush: false },
  });
  const y = { value: center };
  const layers: LayerSpec[] = [
    textLayer(name, -8, center, { color, align: "right" }),
    {
      data: { values: runs.map((value) => ({ value: shortened(value) })) },
      mark: { type: "point", filled: false, color, size: 30, strokeWidth: 1.4, opacity: 0.8 },
      encoding: { x: x("value"), y },
    },
    {
      data: { values: [{ mean: shortened(mean) }] },
      mark: { type: "tick", orient: "vertical", color, size: 13, thickness: 3 },
      encoding: { x: x("mean"), y },
    },
  ];
  if (published === null) return layers;
  return [
    ...layers,
    {
      data: { values: [{ mean: published }] },
      mark: { type: "point", shape: "diamond", filled: true, color: INK.published.light, size: 30, opacity: 1 },
      encoding: { x: x("mean"), y: { value: center + 6 } },
    },
  ];
}
