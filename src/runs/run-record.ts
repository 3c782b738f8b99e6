import { z } from "zod";
import { GatewiseError, messageOf } from "../errors.ts";
import { REGIME_NAMES } from "../network/index.ts";
import { LOSSES } from "../train/index.ts";

/** `run.json`: all that is needed to understand, resume and repeat a run (design: files people can use elsewhere). */
const WeightLayer = { bias: z.boolean(), gated: z.boolean() };
const Layer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("dense"), units: z.int().min(1), ...WeightLayer }),
  z.strictObject({
    kind: z.literal("convolution"),
    channels: z.int().min(1),
    kernel: z.int().min(1),
    stride: z.int().min(1),
    padding: z.enum(["same", "valid"]),
    ...WeightLayer,
  }),
  z.strictObject({ kind: z.literal("average-pool"), size: z.int().min(1) }),
  z.strictObject({ kind: z.literal("global-average-pool") }),
  z.strictObject({ kind: z.literal("flatten") }),
]);
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
  architecture: z.strictObject({ inputShape: z.array(z.int().min(1)), layers: z.array(Layer) }),
  regime: z.enum(REGIME_NAMES),
  initializer: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("glorot-uniform") }),
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
  machine: Machine,
  command: z.string(),
  startedAt: z.iso.datetime(),
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

/** JSON of a known structure; the error names the first field that is wrong. */
export function parseJson<T extends z.ZodType>(structure: T, text: string, file: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewiseError({
      received: `${file}: ${messageOf(cause)}`,
      expected: "JSON",
      next: "restore the file, or start a new run",
      cause,
    });
  }
  const result = structure.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue?.path.length ? `${file}, ${issue.path.join(".")}` : file;
  throw new GatewiseError({
    received: `${at}: ${issue?.message ?? "wrong structure"}`,
    expected: "a file as this version of gatewise writes it",
    next: "use the version that wrote it, or start a new run",
    cause: result.error,
  });
}
