/** Metrics as a table for spreadsheets and data frames: `metrics.csv`, beside the lines of JSON that say the same. */
import type { EpochMetrics, GateMetrics } from "../train/index.ts";

/** What is told of an epoch, in this order, where a run has it. */
const COLUMNS = [
  "epoch",
  "trainLoss",
  "trainAccuracy",
  "validationLoss",
  "validationAccuracy",
  "testLoss",
  "testAccuracy",
  "testRmse",
  "testR2",
  "seconds",
] as const satisfies readonly (keyof EpochMetrics)[];

/** What is told of each gate layer behind that: `gate1On`, …, gates counted from 1. */
const GATE_COLUMNS = {
  On: ({ on }) => on,
  Dead: ({ dead }) => dead,
  AlwaysOn: ({ alwaysOn }) => alwaysOn,
  Flipped: ({ flipped }) => flipped,
} satisfies Readonly<Record<string, (gate: GateMetrics) => number>>;

function cellsOf(metrics: EpochMetrics): readonly (readonly [string, number])[] {
  const own = COLUMNS.flatMap((name): readonly (readonly [string, number])[] => {
    const value = metrics[name];
    return value === undefined ? [] : [[name, value]];
  });
  const gates = metrics.gates.flatMap((gate, i) =>
    Object.entries(GATE_COLUMNS).map(([name, of]) => [`gate${i + 1}${name}`, of(gate)] as const),
  );
  return [...own, ...gates];
}

/** The names of a run's columns, as its first epoch has them; a line. */
export const metricsHead = (first: EpochMetrics): string =>
  `${cellsOf(first)
    .map(([name]) => name)
    .join(",")}\n`;

/** An epoch as a line; numbers as JSON has them. */
export const metricsRow = (metrics: EpochMetrics): string =>
  `${cellsOf(metrics)
    .map(([, value]) => value)
    .join(",")}\n`;
