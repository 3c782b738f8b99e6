/** One training, resolved from what its options leave open and what is in its data. */
import {
  type ChosenExamples,
  CLASSES,
  type DatasetName,
  INPUT_SHAPES,
  type LabelTransform,
  type OwnData,
} from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  checkParameterCount,
  checkRegime,
  outputsOf,
  parameterSpecs,
  type RegimeVariant,
  regimeOf,
} from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { checkRecipe, type TrainingPlan, usualLoss } from "../train/index.ts";
import { architectureOf, type DataSizes } from "./architecture-choice.ts";
import { type DataDescription, type DataFiles, needsDescription } from "./data-options.ts";
import type { NetworkFile } from "./network-choice.ts";
import { optimizerOf, recipeOf } from "./recipe-options.ts";
import { archOf, byFiles, sourcesOf } from "./source-options.ts";
import { type NameOption, type TrainingDevice, type TrainingOptions, USUAL_TRAINING } from "./training-options.ts";

/** The examples of a training; null limits for all. */
export interface TrainingDataChoice {
  readonly name: string;
  readonly limit: number | null;
  readonly testLimit: number | null;
  /** How training labels are changed; as they are where undefined. */
  readonly labels?: LabelTransform | undefined;
  /** Which of them, by a file of numbers; all where undefined. */
  readonly examples?: ChosenExamples | undefined;
  /** Files of one's own, as they were found. */
  readonly own?: OwnFiles;
}

/** Files of one's own: how they are read, and what was found in them. */
export interface OwnFiles extends Required<Pick<DataDescription, "words">> {
  readonly options: OwnData;
  readonly digest: string;
  readonly layout?: "chw" | "hwc" | undefined;
}

/** One training, resolved: plain data, all that decides its results. */
export interface Training {
  /** Of the architecture: `fc`. */
  readonly label: string;
  readonly plan: TrainingPlan;
  /** Which examples it is trained and tested on; null for all. */
  readonly data: TrainingDataChoice;
  /** The run whose network gives the gates from `learnt`; undefined where its ReLU network is to be trained first. */
  readonly from: NetworkFile | undefined;
  /** Networks that the plan names by digest, where they are. */
  readonly given: readonly NetworkFile[];
  /** Epochs after which the network is kept. */
  readonly keep: readonly number[];
  /** Whether each epoch tells which gates flipped in it. */
  readonly watchGates: boolean;
  /** Whether the kernel of the gates is measured while it trains. */
  readonly kernels: boolean;
  readonly device: TrainingDevice;
  readonly threads: number;
}

/**
 * The training that options choose.
 * @param described what was found in the data, where they are files or normalized
 * @throws GatewiseError for options that do not go together, by the names that `nameOf` gives them
 */
export function trainingOf(
  options: TrainingOptions,
  nameOf: NameOption = (option) => option,
  described?: DataDescription,
): Training {
  optionsIn(options);
  const { data, optimizer: kind, batch, epochs, seed, device, threads } = withUsual(options);
  const {
    width,
    depth,
    limit = null,
    testLimit = null,
    keep = [],
    watchGates = false,
    kernels = true,
    labelsTransform: labels,
    examples: chosen,
  } = options;
  const { label, architecture, rates } = architectureOf(archOf(options), {
    ...{ width, depth, nameOf },
    data: dataSizes(data, options, described),
  });
  checkParameterCount(parameterSpecs(architecture));
  const { from, given, regime, ...begin } = sourcesOf(options, architecture, nameOf);
  const variant = variantOf(options);
  const recipe = recipeOf(options, epochs, nameOf);
  const plan: TrainingPlan = {
    architecture,
    regime,
    ...(variant === undefined ? {} : { variant }),
    ...begin,
    initializer: { kind: "glorot-uniform", ...(options.biases === "random" ? { biases: "random" } : {}) },
    optimizer: optimizerOf(kind, options.lr ?? rates[kind], options, nameOf),
    loss: usualLoss(described?.words.kind === "values" ? "values" : "classes", outputsOf(architecture)),
    batch,
    epochs,
    seed,
    ...(described?.inBlocks ? { order: "shuffled-in-blocks" } : {}),
    ...(described?.normalization === undefined ? {} : { normalization: described.normalization }),
    ...(described?.targets === undefined ? {} : { targets: described.targets }),
    ...(recipe === undefined ? {} : { recipe }),
  };
  byFiles(given, () => checkRegime(architecture, regimeOf(plan)));
  checkRecipe(plan);
  checkKeep(keep, epochs, nameOf);
  if (device !== "cpu" && threads > 1) {
    throw new GatewiseError({
      received: `${nameOf("threads")} ${threads} with ${nameOf("device")} ${device}`,
      expected: `threads of the processor, which trains with ${nameOf("device")} cpu only`,
      next: "leave one of them out",
    });
  }
  const name = typeof data === "string" ? data : (described?.name ?? "data");
  const own = described && ownFilesOf(described);
  if (labels !== undefined && described?.words.kind === "values") {
    throw new GatewiseError({
      received: `${nameOf("labelsTransform")} of real values`,
      expected: "labels that are classes",
      next: `leave ${nameOf("labelsTransform")} out`,
    });
  }
  const examples = {
    name,
    limit,
    testLimit,
    ...(labels === undefined ? {} : { labels }),
    ...(chosen && { examples: chosen }),
    ...(own && { own }),
  };
  return { label, plan, data: examples, from, given, keep, watchGates, kernels, device, threads };
}

/** Nothing would be kept of an epoch that never comes. */
function checkKeep(keep: readonly number[], epochs: number, nameOf: NameOption): void {
  const beyond = keep.find((epoch) => epoch > epochs);
  if (beyond === undefined) return;
  throw new GatewiseError({
    received: `${nameOf("keep")} ${beyond} in ${epochs} ${nameOf("epochs")}`,
    expected: `epochs from 1 to ${epochs}`,
    next: `ask for more ${nameOf("epochs")}, or leave ${beyond} out`,
  });
}

/** Files of one's own as a record keeps them; undefined of a data set by its name. */
export function ownFilesOf({ own, digest, words, layout }: DataDescription): OwnFiles | undefined {
  if (own === undefined || digest === undefined) return undefined;
  return { options: own, digest, words, ...(layout === undefined ? {} : { layout }) };
}

/** Shape of one example, and outputs that a network needs. */
function dataSizes(
  data: DatasetName | DataFiles,
  options: TrainingOptions,
  described: DataDescription | undefined,
): DataSizes {
  if (described !== undefined) return { inputShape: described.inputShape, outputs: described.words.names.length };
  if (typeof data === "string" && !needsDescription(data, options)) {
    return { inputShape: INPUT_SHAPES[data], outputs: CLASSES[data] };
  }
  throw new GatewiseError({
    received: `${typeof data === "string" ? data : data.path}, which was not looked at`,
    expected: "what is in the data beside the options",
    next: "describe the data first: `describeData`",
  });
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
