/**
 * One training as its options tell it: those of `train`, of a point of a sweep, of a page. They come as plain data (words
 * of a command line, fields of JSON) through the one reader here, and what they leave open is as in the papers.
 */
import { DATASET_NAMES, type DatasetName, type LabelTransform, readLabelTransform } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  checkParameterCount,
  checkRegime,
  parameterSpecs,
  REGIME_NAMES,
  type RegimeVariant,
  regimeOf,
} from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { nearMiss, parseChoice, parseList, parsePositive, parseWhole } from "../parse-value.ts";
import { checkRecipe, OPTIMIZER_KINDS, type TrainingPlan } from "../train/index.ts";
import { architectureOf, checkSizes, readArchitectureChoice } from "./architecture-choice.ts";
import { type NetworkFile, readGateOptions, readNetworkFile } from "./network-choice.ts";
import { optimizerOf, READ_RECIPE, recipeOf } from "./recipe-options.ts";
import { archOf, byFiles, checkSources, sourcesOf } from "./source-options.ts";
import {
  type NameOption,
  TRAINING_DEVICES,
  type TrainingDevice,
  type TrainingOptionName,
  type TrainingOptions,
  USUAL_TRAINING,
} from "./training-options.ts";

const VALUE_INPUTS = ["example", "ones"] as const;

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
  regime: (value) => (value === "by-layer" ? value : parseChoice("regime", value, REGIME_NAMES)),
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
  from: readNetworkFile,
  init: readNetworkFile,
  gates: readGateOptions,
  keep: (value, name) => parseList(value).map((epoch) => parseWhole(name, epoch, 1)),
  labelsTransform: readLabelTransform,
  device: word("device", TRAINING_DEVICES),
  threads: whole(1),
  ...READ_RECIPE,
};

function readGateOrder(value: unknown, name: string): readonly number[] {
  return parseList(value).map((gate) => parseWhole(name, gate, 1));
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
    init: read("init"),
    gates: read("gates"),
    keep: read("keep"),
    labelsTransform: read("labelsTransform"),
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
  checkSources(options, nameOf);
  checkSizes(archOf(options), { ...options, nameOf });
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
  readonly data: {
    readonly name: DatasetName;
    readonly limit: number | null;
    readonly testLimit: number | null;
    /** How training labels are changed; as they are where undefined. */
    readonly labels?: LabelTransform | undefined;
  };
  /** The run whose network gives the gates from `learnt`; undefined where its ReLU network is to be trained first. */
  readonly from: NetworkFile | undefined;
  /** Networks that the plan names by digest, where they are. */
  readonly given: readonly NetworkFile[];
  /** Epochs after which the network is kept. */
  readonly keep: readonly number[];
  readonly device: TrainingDevice;
  readonly threads: number;
}

/**
 * The training that options choose.
 * @throws GatewiseError for options that do not go together, by the names that `nameOf` gives them
 */
export function trainingOf(options: TrainingOptions, nameOf: NameOption = (option) => option): Training {
  optionsIn(options);
  const { data, optimizer: kind, batch, epochs, seed, device, threads } = withUsual(options);
  const { width, depth, limit = null, testLimit = null, keep = [], labelsTransform: labels } = options;
  const { label, architecture, rates } = architectureOf(archOf(options), { width, depth, data, nameOf });
  checkParameterCount(parameterSpecs(architecture));
  const { from, given, regime, ...begin } = sourcesOf(options, architecture, nameOf);
  const variant = variantOf(options);
  const recipe = recipeOf(options, epochs, nameOf);
  const plan: TrainingPlan = {
    architecture,
    regime,
    ...(variant === undefined ? {} : { variant }),
    ...begin,
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizerOf(kind, options.lr ?? rates[kind], options, nameOf),
    loss: "softmax-cross-entropy",
    batch,
    epochs,
    seed,
    ...(recipe === undefined ? {} : { recipe }),
  };
  byFiles(given, () => checkRegime(architecture, regimeOf(plan)));
  checkRecipe(plan);
  if (device !== "cpu" && threads > 1) {
    throw new GatewiseError({
      received: `${nameOf("threads")} ${threads} with ${nameOf("device")} ${device}`,
      expected: `threads of the processor, which trains with ${nameOf("device")} cpu only`,
      next: "leave one of them out",
    });
  }
  const examples = { name: data, limit, testLimit, ...(labels === undefined ? {} : { labels }) };
  return { label, plan, data: examples, from, given, keep, device, threads };
}

type Usual = typeof USUAL_TRAINING;
type WithUsual = { readonly [K in Exclude<keyof Usual, "arch" | "regime">]: NonNullable<TrainingOptions[K]> };

function withUsual(options: TrainingOptions): WithUsual {
  const { data, optimizer: kind, batch, epochs, seed, device, threads } = USUAL_TRAINING;
  return {
    data: options.data ?? data,
    optimizer: options.optimizer ?? kind,
    batch: options.batch ?? batch,
    epochs: options.epochs ?? epochs,
    seed: options.seed ?? seed,
    device: options.device ?? device,
    threads: options.threads ?? threads,
  };
}

/** `fc-digits-relu-seed0`: what a run of it is called; beginnings of its own are for whoever names the folder. */
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
  const isLearnt = regimeOf(plan).gates.some((choice) => choice.from === "learnt");
  if (!isLearnt || from !== undefined) return undefined;
  const { variant: _, gates: __, ...settings } = plan;
  return { ...training, plan: { ...settings, regime: "relu" }, keep: [] };
}
