import { z } from "zod";
import { ArchitectureStructure, REGIME_NAMES } from "../network/index.ts";
import { LOSSES } from "../train/index.ts";
import { parseJson } from "./parse-json.ts";

/** `run.json`: all that is needed to understand, resume and repeat a run (design: files people can use elsewhere). */
const Optimizer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sgd"), learningRate: z.number().positive(), momentum: z.number() }),
  z.strictObject({
    kind: z.literal("adam"),
    learningRate: z.number().positive(),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
  }),
  z.strictObject({
    kind: z.literal("rmsprop"),
    learningRate: z.number().positive(),
    rho: z.number(),
    epsilon: z.number(),
  }),
]);
const Plan = z.strictObject({
  architecture: ArchitectureStructure,
  regime: z.enum(REGIME_NAMES),
  variant: z
    .strictObject({
      beta: z.number().positive().optional(),
      valueInput: z.enum(["example", "ones"]).optional(),
      gateOrder: z.array(z.int().min(1)).readonly().optional(),
    })
    .optional(),
  initializer: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("glorot-uniform") }),
    z.strictObject({ kind: z.literal("he-uniform") }),
    z.strictObject({ kind: z.literal("fan-in-uniform") }),
    z.strictObject({ kind: z.literal("bernoulli"), sigma: z.number() }),
  ]),
  optimizer: Optimizer,
  loss: z.enum(LOSSES),
  batch: z.int().min(1),
  epochs: z.int().min(1),
  seed: z.int().min(0),
});
const Machine = z.strictObject({
  platform: z.string(),
  processor: z.string(),
  cores: z.int(),
  memoryGiB: z.number(),
  node: z.string(),
  onnxruntime: z.string(),
});
/** From where to where one process trained: a run that was resumed has several, perhaps on other machines. */
const Segment = z.strictObject({
  machine: Machine,
  device: z.string(),
  threads: z.int().min(1),
  /** Finished epochs, and steps of the next one, that it began with. */
  epoch: z.int().min(0),
  step: z.int().min(0),
  startedAt: z.iso.datetime(),
});
const RunRecordFile = z.strictObject({
  format: z.literal(1),
  gatewise: z.string(),
  status: z.enum(["running", "interrupted", "failed", "completed"]),
  plan: Plan,
  data: z.strictObject({
    name: z.string(),
    source: z.string(),
    trainExamples: z.int(),
    testExamples: z.int(),
    /** `--limit` and `--test-limit`, null for all. */
    limit: z.int().nullable(),
    testLimit: z.int().nullable(),
  }),
  /** Directory, relative to this run's, of the run whose trained network gives the gates. */
  learntFrom: z.string().nullable(),
  device: z.string(),
  threads: z.int().min(1),
  /** Where it began; `segments` tell where it went on. */
  machine: Machine,
  command: z.string(),
  startedAt: z.iso.datetime(),
  /** Absent in runs of gatewise 0.1. */
  segments: z.array(Segment).optional(),
  finishedAt: z.iso.datetime().nullable(),
  result: z
    .strictObject({
      bestTestAccuracy: z.number(),
      bestEpoch: z.int(),
      lastTestAccuracy: z.number(),
      secondsPerEpoch: z.number(),
    })
    .nullable(),
  error: z.strictObject({ message: z.string(), hint: z.string() }).nullable(),
});

export type RunRecord = z.infer<typeof RunRecordFile>;
export type RunResult = NonNullable<RunRecord["result"]>;
export type Machine = z.infer<typeof Machine>;
export type RunSegment = z.infer<typeof Segment>;

/** The machines that a run was trained on, in order; at least one. */
export const segmentsOf = ({ segments, machine, device, threads, startedAt }: RunRecord): RunSegment[] =>
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
});
const EpochMetricsLine = z.strictObject({
  epoch: z.int().min(1),
  trainLoss: z.number(),
  trainAccuracy: z.number(),
  testLoss: z.number(),
  testAccuracy: z.number(),
  seconds: z.number(),
  gates: z.array(GateMetricsLine),
});

/** Reads one line of a `metrics.jsonl`. */
export const readEpochMetrics = (line: string, file: string): z.infer<typeof EpochMetricsLine> =>
  parseJson(EpochMetricsLine, line, file);
