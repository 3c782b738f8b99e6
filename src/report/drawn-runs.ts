import type { EpochMetrics, GateMetrics } from "../train/index.ts";
import { CurveSums, PointSums } from "./curve-sums.ts";
import { DrawnKernels } from "./drawn-kernels.ts";
import type { ReportTrial } from "./report-input.ts";

/** A loss of 0 has no logarithm. */
const LEAST_LOSS = 1e-6;

/** What is drawn of the gates of a layer, in percent; undefined where a run does not tell it. */
export const GATE_STATISTICS = {
  on: ({ on }: GateMetrics): number => 100 * on,
  dead: ({ dead, units }: GateMetrics): number => (100 * dead) / units,
  flipped: ({ flipped }: GateMetrics): number => 100 * flipped,
  flippedInEpoch: ({ flippedInEpoch }: GateMetrics): number | undefined =>
    flippedInEpoch === undefined || flippedInEpoch === null ? undefined : 100 * flippedInEpoch,
} as const;
/** One of {@link GATE_STATISTICS}. */
export type GateStatistic = keyof typeof GATE_STATISTICS;
const STATISTICS = ["on", "dead", "flipped", "flippedInEpoch"] as const satisfies readonly GateStatistic[];

/** Of one layer: over the epochs, and after the last. */
interface LayerSums {
  readonly overEpochs: Readonly<Record<GateStatistic, CurveSums>>;
  readonly afterLast: Readonly<Record<GateStatistic, PointSums>>;
}

const sumsOf = <T>(make: () => T): Readonly<Record<GateStatistic, T>> => ({
  on: make(),
  dead: make(),
  flipped: make(),
  flippedInEpoch: make(),
});

/** What figures show of runs with at least one epoch, gathered run by run. */
export class DrawnRuns {
  /** Test error in percent. */
  readonly error = new CurveSums();
  readonly trainLoss = new CurveSums();
  readonly testLoss = new CurveSums();
  readonly kernels = new DrawnKernels();
  private readonly layers = new Map<number, LayerSums>();
  /** Of all runs. */
  lastEpoch = 0;
  count = 0;

  add(trial: ReportTrial): void {
    const { run, metrics } = trial;
    const last = metrics.at(-1);
    if (last === undefined) return;
    this.count += 1;
    this.lastEpoch = Math.max(this.lastEpoch, last.epoch);
    // an error of 0 has no logarithm: it is drawn as half an example
    const least = 50 / Math.max(1, run.data.testExamples);
    for (const epoch of metrics) this.addEpoch(epoch, least, epoch === last);
    this.kernels.add(trial);
  }

  /** Numbers of the layers that have gates, in order; after the last epoch, or at any. */
  gatedLayers(when: "after the last epoch" | "ever"): readonly number[] {
    const layers = [...this.layers].filter(([, { afterLast }]) => when === "ever" || afterLast.on.count > 0);
    return layers.map(([layer]) => layer).sort((a, b) => a - b);
  }

  gates(layer: number): LayerSums {
    let sums = this.layers.get(layer);
    if (sums === undefined) {
      sums = {
        overEpochs: sumsOf(() => new CurveSums()),
        afterLast: sumsOf(() => new PointSums()),
      };
      this.layers.set(layer, sums);
    }
    return sums;
  }

  private addEpoch({ epoch, testAccuracy, trainLoss, testLoss, gates }: EpochMetrics, least: number, isLast: boolean) {
    this.error.add(epoch, Math.max(100 - testAccuracy, least));
    this.trainLoss.add(epoch, Math.max(trainLoss, LEAST_LOSS));
    this.testLoss.add(epoch, Math.max(testLoss, LEAST_LOSS));
    for (const layer of gates) {
      const { overEpochs, afterLast } = this.gates(layer.layer);
      for (const name of STATISTICS) {
        const value = GATE_STATISTICS[name](layer);
        if (value === undefined) continue;
        overEpochs[name].add(epoch, value);
        if (isLast) afterLast[name].add(value);
      }
    }
  }
}
