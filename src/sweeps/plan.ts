/** A planned sweep, as `sweep.json` has it: what it was made from, and what it will take. */
import { z } from "zod";
import { PROFILE_NAMES, type ProfileName, TRAINING_DEVICES, type TrainingDevice } from "../experiments/index.ts";
import { parseJson } from "../runs/index.ts";
import type { SweepTrial } from "./trial.ts";

/** What a whole sweep will take, about. */
export interface SweepEstimate {
  /** Hours of one core, on the machine that made the plan. */
  readonly coreHours: number;
  /** Of the largest trial; as many stand side by side as a task has cores. */
  readonly memoryBytes: number;
  /** Of all runs together. */
  readonly diskBytes: number;
  /** What it was measured on. */
  readonly processor: string;
}

/** `sweep.json`. */
export interface SweepRecord {
  readonly format: 1;
  /** Version that made it. */
  readonly gatewise: string;
  readonly command: string;
  /** A file of options, as it was written, or an experiment, which stands whole in `experiment.json` beside. */
  readonly of:
    | { readonly kind: "options"; readonly file: string; readonly specification: unknown }
    | {
        readonly kind: "experiment";
        readonly name: string;
        readonly profile: ProfileName;
        readonly device: TrainingDevice;
      };
  /** Where data sets are looked for first; null for the usual places. */
  readonly dataDir: string | null;
  readonly trials: number;
  readonly estimate: SweepEstimate;
}

const Record: z.ZodType<SweepRecord> = z.strictObject({
  format: z.literal(1),
  gatewise: z.string(),
  command: z.string(),
  of: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("options"), file: z.string(), specification: z.unknown() }),
    z.strictObject({
      kind: z.literal("experiment"),
      name: z.string(),
      profile: z.enum(PROFILE_NAMES),
      device: z.enum(TRAINING_DEVICES),
    }),
  ]),
  dataDir: z.string().nullable(),
  trials: z.int().min(0),
  estimate: z.strictObject({
    coreHours: z.number().min(0),
    memoryBytes: z.number().min(0),
    diskBytes: z.number().min(0),
    processor: z.string(),
  }),
});

/** Reads the text of a `sweep.json`. */
export const readSweepRecord = (text: string, file: string): SweepRecord => parseJson(Record, text, file);

/** Of all trials together. */
export const estimateOfTrials = (trials: readonly SweepTrial[], processor: string): SweepEstimate => ({
  coreHours:
    trials.reduce(
      (sum, { cost, ...trial }) => sum + cost.seconds * (trial.kind === "training" ? trial.threads : 1),
      0,
    ) / 3600,
  memoryBytes: trials.reduce((most, { cost }) => Math.max(most, cost.memoryBytes), 0),
  diskBytes: trials.reduce((sum, { cost }) => sum + cost.diskBytes, 0),
  processor,
});

/** What planning again has made of a sweep. */
export interface PlanChange {
  /** Trials that were planned before and still are. */
  readonly kept: readonly string[];
  readonly added: readonly string[];
  /** Those that are no longer in; their runs stay where they are. */
  readonly gone: readonly string[];
}

/** @param runs folders with runs, of trials that were dropped earlier too */
export function planChange(
  before: readonly SweepTrial[],
  now: readonly SweepTrial[],
  runs: readonly string[],
): PlanChange {
  const [old, names] = [new Set(before.map(({ trial }) => trial)), now.map(({ trial }) => trial)];
  const isIn = new Set(names);
  return {
    kept: names.filter((name) => old.has(name)),
    added: names.filter((name) => !old.has(name)),
    gone: [...new Set([...old, ...runs])].filter((name) => !isIn.has(name)),
  };
}
