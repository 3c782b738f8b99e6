import { gatesMove, REGIMES } from "../network/index.ts";
import type { KernelMeasurement, RunKernels } from "../runs/index.ts";
import type { RegimeGroup, ReportTrial } from "./report-input.ts";

/** A drawn trial whose kernel was measured. */
export interface KernelTrial extends ReportTrial {
  readonly kernels: RunKernels;
}

/** The drawn trials of a regime whose kernel was measured at least once. */
export const kernelTrials = ({ drawn }: Pick<RegimeGroup, "drawn">): readonly KernelTrial[] =>
  drawn.flatMap((trial) =>
    trial.kernels !== undefined && trial.kernels.measurements.length > 0 ? [{ ...trial, kernels: trial.kernels }] : [],
  );

/** Whether the kernel of a regime changes in training. */
export const kernelMoves = ({ regime }: Pick<RegimeGroup, "regime">): boolean => gatesMove(REGIMES[regime]);

/** Means of a measured number over the trials, before training and at their ends; undefined if nothing was measured. */
export function kernelChange(
  group: RegimeGroup,
  measure: (measurement: KernelMeasurement) => number,
): { readonly first: number; readonly last: number } | undefined {
  const trials = kernelTrials(group).map(({ kernels }) => kernels.measurements.map(measure));
  if (trials.length === 0) return undefined;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    first: mean(trials.map((values) => values[0] ?? Number.NaN)),
    last: mean(trials.map((values) => values.at(-1) ?? Number.NaN)),
  };
}

/** Number of examples that a kernel is of. */
export const examplesOf = ({ classes }: KernelMeasurement): number =>
  classes.reduce((sum, { examples }) => sum + examples, 0);
