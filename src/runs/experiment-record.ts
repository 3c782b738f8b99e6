/** `experiment.json`: what a folder of an experiment was made for, whole: it can be gone on with and reported from this alone. */
import { z } from "zod";
import { GatewiseError } from "../errors.ts";
import {
  EXPERIMENTS,
  type Experiment,
  type ExperimentOptions,
  PROFILE_NAMES,
  type ProfileName,
} from "../experiments/index.ts";
import { REGIME_NAMES } from "../network/index.ts";
import { ExperimentStructure } from "./experiment-structure.ts";
import { parseJson } from "./parse-json.ts";
import { findRecord } from "./run-files.ts";
import { type Machine, MachineStructure } from "./run-record.ts";
import { isSameData } from "./same-data.ts";
import { readText, type Store } from "./store.ts";

const Count = z.int().min(1);

/** `experiment.json`: what a folder of an experiment was made for. */
export interface ExperimentRecord {
  readonly format: 2;
  /** Version that made it. */
  readonly gatewise: string;
  /** As in the definition: what a reader of the file looks for. */
  readonly kind: string;
  readonly name: string;
  readonly definition: Experiment;
  readonly profile: ProfileName;
  readonly options: ExperimentOptions;
  readonly command: string;
  /** What it was last gone on with; null in folders of gatewise 0.1. */
  readonly machine: Machine | null;
}
const RecordFile: z.ZodType<ExperimentRecord> = z.strictObject({
  format: z.literal(2),
  gatewise: z.string(),
  kind: z.string(),
  name: z.string(),
  definition: ExperimentStructure,
  profile: z.enum(PROFILE_NAMES),
  options: z.strictObject({
    regimes: z.array(z.enum(REGIME_NAMES)).readonly().exactOptional(),
    seeds: Count.exactOptional(),
    epochs: Count.exactOptional(),
  }),
  command: z.string(),
  machine: MachineStructure.nullable(),
});

/** As gatewise 0.1 wrote it before experiments were part of it: of comparisons of regimes and of arms. */
const EarlierFile = z.strictObject({
  format: z.literal(1),
  experiment: z.string(),
  profile: z.enum(PROFILE_NAMES),
  data: z.string(),
  regimes: z.array(z.enum(REGIME_NAMES)),
  seeds: Count,
  epochs: Count,
  command: z.string(),
});

const FILE = "experiment.json";
const Format = z.looseObject({ format: z.number() });

/** The record of an experiment's place, or undefined if it holds none. */
export async function experimentRecordOf(store: Store): Promise<ExperimentRecord | undefined> {
  const text = await readText(store, FILE);
  if (text === undefined) return undefined;
  const file = store.nameOf(FILE);
  const { format } = parseJson(Format, text, file);
  return format === 1 ? fromEarlier(parseJson(EarlierFile, text, file)) : parseJson(RecordFile, text, file);
}

function fromEarlier({
  experiment,
  profile,
  regimes,
  seeds,
  epochs,
  command,
}: z.infer<typeof EarlierFile>): ExperimentRecord {
  const definition = EXPERIMENTS.find(({ name }) => name === experiment);
  if (definition === undefined || (definition.kind !== "regimes" && definition.kind !== "arms")) {
    throw new GatewiseError({
      received: `experiment "${experiment}"`,
      expected: `one of ${EXPERIMENTS.map(({ name }) => name).join(", ")}`,
      next: "use the version of gatewise that made these runs",
    });
  }
  const { kind, name } = definition;
  const usual = definition.profiles[profile].epochs;
  return {
    ...{ format: 2, gatewise: "0.1.0", kind, name, definition, profile, command, machine: null },
    options: {
      ...(kind === "regimes" ? { regimes } : {}),
      seeds,
      ...(epochs === usual ? {} : { epochs }),
    },
  };
}

/** What a command asks for of an experiment. */
export interface ExperimentClaim {
  readonly experiment: Experiment;
  readonly profile: ProfileName;
  readonly options: ExperimentOptions;
  readonly command: string;
  /** Go on with what is there; otherwise the place must hold no results. */
  readonly resume: boolean;
}

/**
 * Writes the record of an experiment, or checks that the one that is there is of the same.
 * @param made version and machine that it is made with
 * @throws GatewiseError if the place holds a run or another experiment, or this one and `resume` is false
 */
export async function claimExperiment(
  store: Store,
  claim: ExperimentClaim,
  made: Pick<ExperimentRecord, "gatewise" | "machine">,
): Promise<void> {
  const { experiment, profile, command, resume } = claim;
  const before = await experimentRecordOf(store);
  if (before !== undefined && !resume) {
    throw new GatewiseError({
      code: "already-exists",
      received: `${store.nameOf()}, which holds results already`,
      expected: "a folder without results",
      next: "choose another with `directory`, or go on with this one: `resume`",
    });
  }
  if ((await findRecord(store)) !== undefined) throw otherContent(store, claim, "a single run");
  if (before !== undefined && !(before.profile === profile && isSameExperiment(before.definition, experiment))) {
    const isNamesake = before.profile === profile && before.definition.name === experiment.name;
    const what = `${before.definition.name}, ${before.profile} profile${isNamesake ? ", defined otherwise" : ""}`;
    throw otherContent(store, claim, what);
  }
  const record: ExperimentRecord = {
    format: 2,
    kind: experiment.kind,
    name: experiment.name,
    definition: experiment,
    profile,
    options: optionsOf(claim, before?.options),
    command,
    ...made,
  };
  await store.write(FILE, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** What is there stays part of the experiment, whatever this command runs. */
function optionsOf(
  { experiment, profile, options }: ExperimentClaim,
  before: ExperimentOptions | undefined,
): ExperimentOptions {
  const seeds = seedsOf(experiment, profile, options, before);
  return {
    ...(experiment.kind === "regimes"
      ? { regimes: [...new Set([...(before?.regimes ?? []), ...(options.regimes ?? experiment.regimes)])] }
      : {}),
    ...(seeds === undefined ? {} : { seeds }),
    ...(options.epochs === undefined ? {} : { epochs: options.epochs }),
  };
}

/** The most that was asked for; undefined for what a profile has of each kind of draws. */
function seedsOf(
  experiment: Experiment,
  profile: ProfileName,
  { seeds }: ExperimentOptions,
  before: ExperimentOptions | undefined,
): number | undefined {
  if (experiment.kind !== "theorem") {
    return Math.max(before?.seeds ?? 1, seeds ?? experiment.profiles[profile].runs);
  }
  const { draws, channelDraws } = experiment.profiles[profile];
  const asked = [before ?? { seeds }, { seeds }].map((one) => one.seeds);
  const most = Math.max(asked[0] ?? 0, asked[1] ?? 0);
  return asked.includes(undefined) && most <= Math.max(draws, channelDraws) ? undefined : most;
}

const otherContent = (store: Store, { experiment, profile }: ExperimentClaim, what: string): GatewiseError =>
  new GatewiseError({
    code: "already-exists",
    received: `${store.nameOf()}, which holds ${what}`,
    expected: `a folder for ${experiment.name}, ${profile} profile`,
    next: "choose another folder with `directory`",
  });

/** Words and published figures may change between versions; what is run may not. */
const WORDS: ReadonlySet<string> = new Set(["title", "source", "published", "story", "reference"]);

const isSameExperiment = (a: Experiment, b: Experiment): boolean => isSameData(protocolOf(a), protocolOf(b));

/** A definition, without its words, as JSON has it. */
const protocolOf = (experiment: Experiment): unknown =>
  JSON.parse(JSON.stringify(experiment, (key, value: unknown) => (WORDS.has(key) ? undefined : value)));
