import type { DenseArray } from "../graph/index.ts";
import type { KernelMeasurement } from "../runs/index.ts";
import { CurveSums, PointSums } from "./curve-sums.ts";
import type { Curve } from "./curves.ts";
import type { ReportTrial } from "./report-input.ts";

/** What is drawn and told of a measured kernel. */
export const KERNEL_NUMBERS = {
  nu: ({ nu }: KernelMeasurement): number => nu,
  alignment: ({ centeredAlignment }: KernelMeasurement): number => centeredAlignment,
  rank: ({ effectiveRank }: KernelMeasurement): number => effectiveRank,
} as const;
/** One of {@link KERNEL_NUMBERS}. */
export type KernelNumberName = keyof typeof KERNEL_NUMBERS;
const NAMES = ["nu", "alignment", "rank"] as const satisfies readonly KernelNumberName[];

/** The kernel of one run, for its heat maps. */
export interface MappedKernel {
  readonly seed: number;
  readonly first: KernelMeasurement;
  readonly lastEpoch: number;
  readonly start: DenseArray<"float64">;
  readonly last: DenseArray<"float64"> | undefined;
}

/** Kernels of runs, gathered run by run: sums, and the matrices of the first run that has some. */
export class DrawnKernels {
  private readonly curves = { nu: new CurveSums(), alignment: new CurveSums(), rank: new CurveSums() };
  private readonly changes = { nu: startAndEnd(), alignment: startAndEnd(), rank: startAndEnd() };
  readonly spectra = { first: new SpectrumSums(), last: new SpectrumSums() };
  /** Numbers of examples that kernels are of. */
  readonly examples = new Set<number>();
  /** Why epochs were not measured. */
  readonly unmeasured = new Set<string>();
  /** Runs whose kernel was measured at least once. */
  count = 0;
  /** Whether any was measured more than once. */
  isTrained = false;
  jitter = 0;
  hasBits = false;
  mapped: MappedKernel | undefined;

  add({ run, kernels }: Pick<ReportTrial, "run" | "kernels">): void {
    for (const reason of kernels?.unmeasured ?? []) this.unmeasured.add(reason);
    const [first] = kernels?.measurements ?? [];
    const last = kernels?.measurements.at(-1);
    if (kernels === undefined || first === undefined || last === undefined) return;
    this.count += 1;
    this.isTrained ||= kernels.measurements.length > 1;
    for (const measurement of kernels.measurements) {
      for (const name of NAMES) this.curves[name].add(measurement.epoch, KERNEL_NUMBERS[name](measurement));
      this.examples.add(examplesOf(measurement));
      this.jitter = Math.max(this.jitter, measurement.jitter);
      this.hasBits ||= measurement.gates === "as bits";
    }
    for (const name of NAMES) {
      this.changes[name].first.add(KERNEL_NUMBERS[name](first));
      this.changes[name].last.add(KERNEL_NUMBERS[name](last));
    }
    this.spectra.first.add(first.eigenvalues);
    this.spectra.last.add(last.eigenvalues);
    const { start } = kernels;
    if (this.mapped === undefined && start !== undefined)
      this.mapped = { seed: run.plan.seed, first, lastEpoch: last.epoch, start, last: kernels.last };
  }

  /** Mean and range at each measured epoch. */
  curve(name: KernelNumberName): Curve {
    return this.curves[name].points();
  }

  /** Means before training and at the ends of the runs; undefined if nothing was measured. */
  change(name: KernelNumberName): { readonly first: number; readonly last: number } | undefined {
    const { first, last } = this.changes[name];
    return first.count === 0 ? undefined : { first: first.mean, last: last.mean };
  }
}

const startAndEnd = () => ({ first: new PointSums(), last: new PointSums() });

/** Mean and range of each eigenvalue, largest first, as far as all kernels have them. */
export class SpectrumSums {
  private readonly places: PointSums[] = [];
  private shared = Number.POSITIVE_INFINITY;

  add(eigenvalues: readonly number[]): void {
    this.shared = Math.min(this.shared, eigenvalues.length);
    eigenvalues.forEach((value, i) => {
      const sums = this.places[i] ?? new PointSums();
      this.places[i] = sums;
      sums.add(value);
    });
  }

  /** Eigenvalues that all kernels have. */
  get count(): number {
    return this.shared;
  }

  /** @param place from 1 */
  at(place: number): PointSums | undefined {
    return this.places[place - 1];
  }
}

/** Number of examples that a kernel is of. */
export const examplesOf = ({ classes }: KernelMeasurement): number =>
  classes.reduce((sum, { examples }) => sum + examples, 0);
