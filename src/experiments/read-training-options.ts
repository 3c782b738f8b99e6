/**
 * One training as its options tell it: those of `train`, of a point of a sweep, of a page. They come as plain data (words
 * of a command line, fields of JSON) through the one reader here, and what they leave open is as in the papers.
 */
import { readChosenExamples, readLabelTransform } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { REGIME_NAMES } from "../network/index.ts";
import { nearMiss, parseChoice, parseList, parsePositive, parseSwitch, parseWhole } from "../parse-value.ts";
import { OPTIMIZER_KINDS } from "../train/index.ts";
import { checkSizes, readArchitectureChoice } from "./architecture-choice.ts";
import { checkDataOptions, READ_DATA, readDataChoice, readDataOptions } from "./data-options.ts";
import { readGateOptions, readNetworkFile } from "./network-choice.ts";
import { READ_RECIPE } from "./recipe-options.ts";
import { archOf, checkSources } from "./source-options.ts";
import {
  type NameOption,
  TRAINING_DEVICES,
  type TrainingOptionName,
  type TrainingOptions,
  USUAL_TRAINING,
} from "./training-options.ts";

const VALUE_INPUTS = ["example", "ones"] as const;
const BIASES = ["zero", "random"] as const;

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
  data: readDataChoice,
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
  biases: word("biases", BIASES),
  seed: whole(0),
  from: readNetworkFile,
  init: readNetworkFile,
  gates: readGateOptions,
  keep: (value, name) => parseList(value).map((epoch) => parseWhole(name, epoch, 1)),
  watchGates: (value, name) => parseSwitch(name, value),
  kernels: (value, name) => parseSwitch(name, value),
  labelsTransform: readLabelTransform,
  examples: readChosenExamples,
  device: word("device", TRAINING_DEVICES),
  threads: whole(1),
  ...READ_DATA,
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
    biases: read("biases"),
    lr: read("lr"),
    batch: read("batch"),
    epochs: read("epochs"),
    from: read("from"),
    init: read("init"),
    gates: read("gates"),
    keep: read("keep"),
    watchGates: read("watchGates"),
    kernels: read("kernels"),
    labelsTransform: read("labelsTransform"),
    examples: read("examples"),
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
    ...readDataOptions(written, nameOf),
  } satisfies Record<TrainingOptionName, unknown>;
  // before a file is read for nothing
  checkSources(options, nameOf);
  checkSizes(archOf(options), { ...options, nameOf });
  checkDataOptions(options.data ?? USUAL_TRAINING.data, options, nameOf);
  return options;
}

/** All options of a training, by name. */
export const trainingOptionNames = (): readonly string[] => Object.keys(READ);

/** Whether the reader of an option refuses numbers that are not whole: of examples, units, epochs. */
export function takesWholeNumbers(name: string): boolean {
  const takes = (value: number): boolean => {
    try {
      readOption(name, value);
      return true;
    } catch (thrown) {
      if (thrown instanceof GatewiseError) return false;
      throw thrown;
    }
  };
  return takes(2) && !takes(1.5);
}

function readOption(name: string, value: unknown): unknown {
  const readers: Readonly<Record<string, Read<unknown>>> = READ;
  return readers[name]?.(value, name);
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
