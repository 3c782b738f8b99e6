/** A trial of a sweep as `trials.jsonl` has it, a line each: all that decides its run, and what is known of it before. */
import { z } from "zod";
import { TRAINING_DEVICES } from "../experiments/index.ts";
import {
  type DataSelection,
  type GivenFile,
  LabelsStructure,
  OwnFilesStructure,
  PlanStructure,
  parseJson,
  type TrialJob,
  type TrialRequest,
} from "../runs/index.ts";
import type { WrittenOptions } from "./specification.ts";

/** What a trial will take, about. */
export interface TrialCost {
  /** Of all of its epochs, on the machine that made the plan. */
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** The examples of a trial. */
export type TrialExamples = Pick<
  DataSelection,
  "name" | "own" | "digest" | "limit" | "testLimit" | "examples" | "labels"
>;

/** The run whose trained network gives the gates: of a trial, or of a folder that was there before. */
export type GatesFrom =
  | { readonly trial: string; readonly until?: number | undefined; readonly at?: "last" | undefined }
  | { readonly directory: string; readonly network: string; readonly at?: "best" | "last" | number | undefined };

/** What trials of all kinds have. */
interface TrialHead {
  /** The name of its folder. */
  readonly trial: string;
  /** `sha256:…` of its plan and data; not of its epochs, nor of places. */
  readonly identity: string;
  /** What is tried with it: the options by which it differs from others, but for the seed. */
  readonly settings: WrittenOptions;
  readonly seed: number;
  /** False of a run that is planned for its gates alone. */
  readonly asked: boolean;
  /** The trial that must end first. */
  readonly after: string | null;
  /** The first trial of those that hang together: they are run by one task. */
  readonly family: string;
  readonly cost: TrialCost;
}

/** One training. */
export interface TrainingTrial extends TrialHead {
  readonly kind: "training";
  readonly plan: TrialRequest["plan"];
  readonly data: TrialExamples;
  readonly gates: GatesFrom | null;
  readonly given: readonly GivenFile[];
  readonly keep: readonly number[];
  readonly keepBestUntil: readonly number[];
  readonly watchGates: boolean;
  readonly device: TrialRequest["device"];
  readonly threads: number;
}

/** A part of an experiment that is more than trainings: a seed of it, a network, or all of it. */
export interface PartTrial extends TrialHead {
  readonly kind: "part";
  /** Its name in the experiment's folder; null for the whole. */
  readonly part: string | null;
}

export type SweepTrial = TrainingTrial | PartTrial;

const Count = z.int().min(0);
const Epochs = z.array(z.int().min(1)).readonly();
const Moment = z.union([z.enum(["best", "last"]), z.int().min(1)]);

const Head = {
  trial: z.string().regex(/^[^/\\]+$/),
  identity: z.string(),
  settings: z.record(z.string(), z.unknown()),
  seed: Count,
  asked: z.boolean(),
  after: z.string().nullable(),
  family: z.string(),
  cost: z.strictObject({ seconds: z.number().min(0), memoryBytes: z.number().min(0), diskBytes: z.number().min(0) }),
};

const TrialStructure: z.ZodType<SweepTrial> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("training"),
    ...Head,
    plan: PlanStructure,
    data: z.strictObject({
      name: z.string(),
      own: OwnFilesStructure.optional(),
      digest: z.string().optional(),
      limit: Count.nullable(),
      testLimit: Count.nullable(),
      examples: z.strictObject({ file: z.string(), digest: z.string() }).optional(),
      labels: LabelsStructure.optional(),
    }),
    gates: z
      .union([
        z.strictObject({ trial: z.string(), until: z.int().min(1).optional(), at: z.literal("last").optional() }),
        z.strictObject({ directory: z.string(), network: z.string(), at: Moment.optional() }),
      ])
      .nullable(),
    given: z
      .array(
        z.strictObject({
          network: z.string(),
          path: z.string(),
          at: Moment.nullable(),
          part: z
            .strictObject({
              input: z.string().exactOptional(),
              inputShape: z.array(z.int().min(1)).readonly().exactOptional(),
              set: z.record(z.string(), z.union([z.number(), z.string()])).exactOptional(),
            })
            .optional(),
        }),
      )
      .readonly(),
    keep: Epochs,
    keepBestUntil: Epochs,
    watchGates: z.boolean(),
    device: z.enum(TRAINING_DEVICES),
    threads: z.int().min(1),
  }),
  z.strictObject({ kind: z.literal("part"), ...Head, part: z.string().nullable() }),
]);

/** Reads one line of a `trials.jsonl`. */
export const readTrial = (line: string, place: string): SweepTrial => parseJson(TrialStructure, line, place);

export const trialLine = (trial: SweepTrial): string => `${JSON.stringify(trial)}\n`;

/** Where the runs of a sweep stand, and where their data are looked for. */
export interface SweepPlaces extends Pick<DataSelection, "dataDir" | "cacheDir" | "scratch"> {
  /** The folder of a trial. */
  readonly folderOf: (trial: string) => string;
}

/** A training as an executor takes it. */
export function jobOf(trial: TrainingTrial, { folderOf, ...places }: SweepPlaces, command: string): TrialJob {
  const { plan, data, gates, given, keep, keepBestUntil, watchGates, device, threads } = trial;
  return {
    id: trial.trial,
    after: trial.after ?? undefined,
    request: {
      directory: folderOf(trial.trial),
      plan,
      data: { ...data, ...places },
      learntFrom: gates === null ? null : learntFrom(gates, folderOf),
      keepBestUntil,
      ...(given.length === 0 ? {} : { given }),
      ...(keep.length === 0 ? {} : { keepEpochs: keep }),
      ...(watchGates ? { watchGates } : {}),
      ...{ device, threads, command },
      resume: true,
    },
  };
}

function learntFrom(gates: GatesFrom, folderOf: SweepPlaces["folderOf"]): NonNullable<TrialRequest["learntFrom"]> {
  const { at } = gates;
  const moment = at === undefined ? {} : { at };
  const named = at === undefined ? "" : `@${at}`;
  if ("directory" in gates) {
    return { label: `${gates.directory}${named}`, directory: gates.directory, until: null, ...moment };
  }
  const { trial, until } = gates;
  const label = `../${trial}${named}${until === undefined ? "" : `, best of ${until} epochs`}`;
  return { label, directory: folderOf(trial), until: until ?? null, ...moment };
}
