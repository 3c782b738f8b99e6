import { z } from "zod";
import type { ChosenExamples, LabelTransform } from "../data/index.ts";
import type { OwnFiles } from "../experiments/index.ts";
import { REGIME_NAMES } from "../network/index.ts";
import type { EpochMetrics, TrainingPlan } from "../train/index.ts";
import { OwnFilesStructure } from "./own-files-structure.ts";
import { parseJson } from "./parse-json.ts";
import {
  GatesStructure,
  LabelsStructure,
  NormalizationStructure,
  OrderStructure,
  RecipeStructure,
  SettingsStructure,
  VariantStructure,
} from "./settings-structure.ts";

/** A plan, in records of runs and lists of trials. */
export const PlanStructure: z.ZodType<TrainingPlan> = z.strictObject({
  ...SettingsStructure,
  regime: z.enum([...REGIME_NAMES, "by-layer"]),
  variant: VariantStructure.optional(),
  gates: GatesStructure.optional(),
  init: z.strictObject({ network: z.string() }).optional(),
  epochs: z.int().min(1),
  seed: z.int().min(0),
  order: OrderStructure.optional(),
  normalization: NormalizationStructure.optional(),
  targets: z.strictObject({ mean: z.array(z.number()).min(1), std: z.array(z.number()).min(1) }).optional(),
  recipe: RecipeStructure.optional(),
});

/** What a run was made on. */
export interface Machine {
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Versions. */
  readonly node: string;
  readonly onnxruntime: string;
}
export const MachineStructure: z.ZodType<Machine> = z.strictObject({
  platform: z.string(),
  processor: z.string(),
  cores: z.int(),
  memoryGiB: z.number(),
  node: z.string(),
  onnxruntime: z.string(),
});

/** From where to where one process trained: a run that was resumed has several, perhaps on other machines. */
export interface RunSegment {
  readonly machine: Machine;
  readonly device: string;
  readonly threads: number;
  /** Finished epochs, and steps of the next one, that it began with. */
  readonly epoch: number;
  readonly step: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}
const Segment: z.ZodType<RunSegment> = z.strictObject({
  machine: MachineStructure,
  device: z.string(),
  threads: z.int().min(1),
  epoch: z.int().min(0),
  step: z.int().min(0),
  startedAt: z.iso.datetime(),
});

/**
 * What a run has come to: accuracies in percent, the median of its epochs' seconds. The best epoch is that of the best test
 * accuracy, or of the least validation loss where examples are held out.
 */
export interface RunResult {
  /** Of real values alone: R² and root mean squared error at the best and the last epoch. */
  readonly values?:
    | {
        readonly bestTestR2: number;
        readonly bestTestRmse: number;
        readonly lastTestR2: number;
        readonly lastTestRmse: number;
      }
    | undefined;
  readonly bestTestAccuracy: number;
  readonly bestEpoch: number;
  readonly lastTestAccuracy: number;
  readonly secondsPerEpoch: number;
  /** Epochs that it took, fewer than the plan's where it stopped early. Absent in runs of gatewise 0.1. */
  readonly epochs?: number | undefined;
}

/** `run.json`: all that is needed to understand, resume and repeat a run. */
export interface RunRecord {
  readonly format: 1;
  /** Version that made it. */
  readonly gatewise: string;
  readonly status: "running" | "interrupted" | "failed" | "completed";
  readonly plan: TrainingPlan;
  readonly data: {
    readonly name: string;
    readonly source: string;
    /** Of a data set: SHA-256 of all of it. Absent in runs of gatewise 0.1, and of a page. */
    readonly digest?: string | undefined;
    readonly trainExamples: number;
    readonly testExamples: number;
    /** `--limit` and `--test-limit`, null for all. */
    readonly limit: number | null;
    readonly testLimit: number | null;
    /** How training labels were changed, where they were. */
    readonly labels?: LabelTransform | undefined;
    /** Which of the training examples, by a file of numbers and its digest. */
    readonly examples?: ChosenExamples | undefined;
    /** Files of one's own: how they were read, and what was found in them. */
    readonly own?: OwnFiles | undefined;
  };
  /** Directory, relative to this run's, of the run whose trained network gives the gates. */
  readonly learntFrom: string | null;
  readonly device: string;
  readonly threads: number;
  /** Where it began; `segments` tell where it went on. */
  readonly machine: Machine;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Absent in runs of gatewise 0.1. */
  readonly segments?: readonly RunSegment[] | undefined;
  /** ISO 8601, UTC; null until it ends. */
  readonly finishedAt: string | null;
  readonly result: RunResult | null;
  readonly error: { readonly message: string; readonly hint: string } | null;
}
export const RunRecordFile: z.ZodType<RunRecord> = z.strictObject({
  format: z.literal(1),
  gatewise: z.string(),
  status: z.enum(["running", "interrupted", "failed", "completed"]),
  plan: PlanStructure,
  data: z.strictObject({
    name: z.string(),
    source: z.string(),
    digest: z.string().optional(),
    trainExamples: z.int(),
    testExamples: z.int(),
    limit: z.int().nullable(),
    testLimit: z.int().nullable(),
    labels: LabelsStructure.optional(),
    examples: z.strictObject({ file: z.string(), digest: z.string() }).optional(),
    own: OwnFilesStructure.optional(),
  }),
  learntFrom: z.string().nullable(),
  device: z.string(),
  threads: z.int().min(1),
  machine: MachineStructure,
  command: z.string(),
  startedAt: z.iso.datetime(),
  segments: z.array(Segment).optional(),
  finishedAt: z.iso.datetime().nullable(),
  result: z
    .strictObject({
      bestTestAccuracy: z.number(),
      bestEpoch: z.int(),
      lastTestAccuracy: z.number(),
      secondsPerEpoch: z.number(),
      epochs: z.int().min(1).optional(),
      values: z
        .strictObject({
          bestTestR2: z.number(),
          bestTestRmse: z.number(),
          lastTestR2: z.number(),
          lastTestRmse: z.number(),
        })
        .optional(),
    })
    .nullable(),
  error: z.strictObject({ message: z.string(), hint: z.string() }).nullable(),
});

/** The machines that a run was trained on, in order; at least one. */
export const segmentsOf = ({ segments, machine, device, threads, startedAt }: RunRecord): readonly RunSegment[] =>
  segments ?? [{ machine, device, threads, epoch: 0, step: 0, startedAt }];

/**
 * Reads the text of a `run.json`.
 * @throws GatewiseError for text that is no JSON or has other fields, naming the first
 */
export function readRunRecord(text: string, file: string): RunRecord {
  return parseJson(RunRecordFile, text, file);
}

const GateMetricsLine = z.strictObject({
  layer: z.int(),
  units: z.int(),
  on: z.number(),
  dead: z.int(),
  alwaysOn: z.int(),
  flipped: z.number(),
  flippedInEpoch: z.number().nullable().optional(),
  mostFlipped: z.array(z.strictObject({ unit: z.int(), share: z.number() })).optional(),
});
export const EpochMetricsLine = z.strictObject({
  epoch: z.int().min(1),
  trainLoss: z.number(),
  trainAccuracy: z.number(),
  testLoss: z.number(),
  testAccuracy: z.number(),
  validationLoss: z.number().optional(),
  validationAccuracy: z.number().optional(),
  testRmse: z.number().optional(),
  testR2: z.number().optional(),
  seconds: z.number(),
  gates: z.array(GateMetricsLine),
});

/** Reads one line of a `metrics.jsonl`. */
export const readEpochMetrics = (line: string, file: string): z.infer<typeof EpochMetricsLine> =>
  parseJson(EpochMetricsLine, line, file);

/** By validation loss where examples are held out, as `train` chooses its best. */
const isBetter = (a: EpochMetrics, b: EpochMetrics): boolean =>
  a.validationLoss === undefined || b.validationLoss === undefined
    ? a.testAccuracy > b.testAccuracy
    : a.validationLoss < b.validationLoss;

/** What a run has come to by its epochs, at least one. */
export function resultOf(metrics: readonly EpochMetrics[]): RunResult {
  const best = metrics.reduce((a, b) => (isBetter(b, a) ? b : a));
  const seconds = metrics.map((one) => one.seconds).sort((a, b) => a - b);
  return {
    bestTestAccuracy: best.testAccuracy,
    bestEpoch: best.epoch,
    lastTestAccuracy: metrics.at(-1)?.testAccuracy ?? best.testAccuracy,
    secondsPerEpoch: seconds[Math.floor(seconds.length / 2)] ?? 0,
    epochs: metrics.length,
    ...valuesOf(best, metrics.at(-1) ?? best),
  };
}

function valuesOf(best: EpochMetrics, last: EpochMetrics): Pick<RunResult, "values"> {
  const { testR2: bestTestR2, testRmse: bestTestRmse } = best;
  const { testR2: lastTestR2, testRmse: lastTestRmse } = last;
  if (bestTestR2 === undefined || bestTestRmse === undefined) return {};
  if (lastTestR2 === undefined || lastTestRmse === undefined) return {};
  return { values: { bestTestR2, bestTestRmse, lastTestR2, lastTestRmse } };
}
