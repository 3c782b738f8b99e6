/**
 * One training as its options tell it: those of `train`, of a point of a sweep, of a page. They come as plain data (words
 * of a command line, fields of JSON) through the one reader here, and what they leave open is as in the papers.
 */
import { DATASET_NAMES, type DatasetName } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  checkParameterCount,
  checkRegime,
  parameterSpecs,
  REGIME_NAMES,
  type RegimeVariant,
  regimeOf,
} from "../network/index.ts";
import { nearMiss, parseChoice, parseList, parsePositive, parseWhole } from "../parse-value.ts";
import { checkRecipe, OPTIMIZER_KINDS, type TrainingPlan } from "../train/index.ts";
import { architectureOf, checkSizes, readArchitectureChoice } from "./architecture-choice.ts";
import { optimizerOf, READ_RECIPE, recipeOf } from "./recipe-options.ts";
import {
  TRAINING_DEVICES,
  type TrainingDevice,
  type TrainingOptionName,
  type TrainingOptions,
  USUAL_TRAINING,
} from "./training-options.ts";

const VALUE_INPUTS = ["example", "ones"] as const;

/** How whoever writes options knows them: `--test-limit` on a command line, `testLimit` elsewhere. */
export type NameOption = (option: TrainingOptionName) => string;

type Read<T> = (value: unknown, name: string) => T;
const word =
  <T extends string>(what: string, words: readonly T[]): Read<T> =>
  (value) =>
    parseChoice(what, value, words);
const whole =
  (least: number): Read<number> =>
  (value, name) =>
    parseWhole(name, value, least);

/** How each option is read. */
const READ: { readonly [K in TrainingOptionName]: Read<TrainingOptions[K]> } = {
  arch: readArchitectureChoice,
  regime: word("regime", REGIME_NAMES),
  data: word("data set", DATASET_NAMES),
  optimizer: word("optimizer", OPTIMIZER_KINDS),
  lr: (value, name) => parsePositive(name, value),
  batch: whole(1),
  epochs: whole(1),
  limit: whole(1),
  testLimit: whole(1),
  width: whole(1),
  depth: whole(1),
  valueInput: word("value input", VALUE_INPUTS),
  gateOrder: readGateOrder,
  beta: (value, name) => parsePositive(name, value),
  seed: whole(0),
  from: readPath,
  device: word("device", TRAINING_DEVICES),
  threads: whole(1),
  ...READ_RECIPE,
};

function readGateOrder(value: unknown, name: string): readonly number[] {
  return parseList(value).map((gate) => parseWhole(name, gate, 1));
}

function readPath(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new GatewiseError({
    received: `${name} ${JSON.stringify(value)}`,
    expected: "the path of a run",
    next: `give another ${name}`,
  });
}

/**
 * Reads options from plain data.
 * @param written by name; what is undefined is left open. An architecture as JSON comes as `{ file, text }`, or as the name
 * of its file, which is to be read then
 * @throws GatewiseError for an option or a value that is none, with the one that was probably meant
 */
export function readTrainingOptions(
  written: Readonly<Record<string, unknown>>,
  nameOf: NameOption = (option) => option,
): TrainingOptions {
  for (const name of Object.keys(written)) if (!Object.hasOwn(READ, name)) throw unknownOption(name);
  const read = <K extends TrainingOptionName>(option: K): TrainingOptions[K] =>
    written[option] === undefined ? undefined : READ[option](written[option], nameOf(option));
  const options = {
    regime: read("regime"),
    data: read("data"),
    optimizer: read("optimizer"),
    seed: read("seed"),
    arch: read("arch"),
    width: read("width"),
    depth: read("depth"),
    beta: read("beta"),
    valueInput: read("valueInput"),
    gateOrder: read("gateOrder"),
    lr: read("lr"),
    batch: read("batch"),
    epochs: read("epochs"),
    from: read("from"),
    device: read("device"),
    threads: read("threads"),
    limit: read("limit"),
    testLimit: read("testLimit"),
    momentum: read("momentum"),
    nesterov: read("nesterov"),
    weightDecay: read("weightDecay"),
    schedule: read("schedule"),
    warmup: read("warmup"),
    milestones: read("milestones"),
    gamma: read("gamma"),
    clipNorm: read("clipNorm"),
    labelSmoothing: read("labelSmoothing"),
    classWeights: read("classWeights"),
    dropout: read("dropout"),
    augment: read("augment"),
    validation: read("validation"),
    earlyStopping: read("earlyStopping"),
  } satisfies Record<TrainingOptionName, unknown>;
  // before a file is read for nothing
  checkSizes(options.arch ?? USUAL_TRAINING.arch, { ...options, nameOf });
  return options;
}

function unknownOption(name: string): GatewiseError {
  const names = Object.keys(READ);
  const meant = nearMiss(name, names);
  return new GatewiseError({
    received: `option "${name}" of a training`,
    expected: `one of ${names.join(", ")}`,
    next: meant === undefined ? "choose one of them" : `did you mean "${meant}"?`,
  });
}

/** One training, resolved: plain data, all that decides its results. */
export interface Training {
  /** Of the architecture: `fc`. */
  readonly label: string;
  readonly plan: TrainingPlan;
  /** Which examples it is trained and tested on; null for all. */
  readonly data: { readonly name: DatasetName; readonly limit: number | null; readonly testLimit: number | null };
  /** `flnpf`: the run whose gates are taken; undefined where its ReLU network is to be trained first. */
  readonly from: string | undefined;
  readonly device: TrainingDevice;
  readonly threads: number;
}

/**
 * The training that options choose.
 * @throws GatewiseError for options that do not go together, by the names that `nameOf` gives them
 */
export function trainingOf(options: TrainingOptions, nameOf: NameOption = (option) => option): Training {
  const { arch, regime, data, optimizer: kind, batch, epochs, seed, device, threads } = withUsual(options);
  const { width, depth, from, limit = null, testLimit = null } = options;
  const { label, architecture, rates } = architectureOf(arch, { width, depth, data, nameOf });
  checkParameterCount(parameterSpecs(architecture));
  const variant = variantOf(options);
  const recipe = recipeOf(options, epochs, nameOf);
  const plan: TrainingPlan = {
    architecture,
    regime,
    ...(variant === undefined ? {} : { variant }),
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizerOf(kind, options.lr ?? rates[kind], options, nameOf),
    loss: "softmax-cross-entropy",
    batch,
    epochs,
    seed,
    ...(recipe === undefined ? {} : { recipe }),
  };
  checkRegime(architecture, regimeOf(plan));
  checkRecipe(plan);
  if (from !== undefined && regime !== "flnpf") {
    throw new GatewiseError({
      received: `${nameOf("from")} with regime "${regime}"`,
      expected: `${nameOf("from")} only with flnpf, which takes another network's gates`,
      next: `leave ${nameOf("from")} out`,
    });
  }
  if (device !== "cpu" && threads > 1) {
    throw new GatewiseError({
      received: `${nameOf("threads")} ${threads} with ${nameOf("device")} ${device}`,
      expected: `threads of the processor, which trains with ${nameOf("device")} cpu only`,
      next: "leave one of them out",
    });
  }
  return { label, plan, data: { name: data, limit, testLimit }, from, device, threads };
}

type Usual = typeof USUAL_TRAINING;
type WithUsual = { readonly [K in keyof Usual]: NonNullable<TrainingOptions[K]> };

function withUsual(options: TrainingOptions): WithUsual {
  const { arch, regime, data, optimizer: kind, batch, epochs, seed, device, threads } = USUAL_TRAINING;
  return {
    arch: options.arch ?? arch,
    regime: options.regime ?? regime,
    data: options.data ?? data,
    optimizer: options.optimizer ?? kind,
    batch: options.batch ?? batch,
    epochs: options.epochs ?? epochs,
    seed: options.seed ?? seed,
    device: options.device ?? device,
    threads: options.threads ?? threads,
  };
}

/** `fc-digits-relu-seed0`: what a run of it is called. */
export const trainingName = ({
  label,
  data,
  plan: { regime, seed },
}: Pick<Training, "label" | "data" | "plan">): string => `${label}-${data.name}-${regime}-seed${seed}`;

/** What the options change of the regime, or undefined: runs without any stay as they were written. */
function variantOf({ valueInput, gateOrder, beta }: TrainingOptions): RegimeVariant | undefined {
  if (valueInput === undefined && gateOrder === undefined && beta === undefined) return undefined;
  return {
    ...(beta === undefined ? {} : { beta }),
    ...(valueInput === undefined ? {} : { valueInput }),
    ...(gateOrder === undefined ? {} : { gateOrder }),
  };
}

/**
 * The training whose network gives the gates, where one must come first: the ReLU network of the same settings and seed.
 * Trainings that differ in nothing but what they do with the gates share it.
 */
export function gateTraining(training: Training): Training | undefined {
  const { plan, from } = training;
  if (plan.regime !== "flnpf" || from !== undefined) return undefined;
  const { variant: _, ...settings } = plan;
  return { ...training, plan: { ...settings, regime: "relu" } };
}
