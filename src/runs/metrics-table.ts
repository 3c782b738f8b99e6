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
  // of a run whose gates are watched; empty where it is not known
  FlippedInEpoch: ({ flippedInEpoch }) => (flippedInEpoch === null ? "" : flippedInEpoch),
} satisfies Readonly<Record<string, (gate: GateMetrics) => Cell | undefined>>;

type Cell = number | "";

function cellsOf(metrics: EpochMetrics): readonly (readonly [string, Cell])[] {
  const own = COLUMNS.flatMap((name): readonly (readonly [string, Cell])[] => {
    const value = metrics[name];
    return value === undefined ? [] : [[name, value]];
  });
  const gates = metrics.gates.flatMap((gate, i) =>
    Object.entries(GATE_COLUMNS).flatMap(([name, of]): readonly (readonly [string, Cell])[] => {
      const value = of(gate);
      return value === undefined ? [] : [[`gate${i + 1}${name}`, value]];
    }),
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
