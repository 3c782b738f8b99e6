/** What people add to a training, as options tell it: to the optimizer, and as a recipe of the plan. */
import { GatewiseError } from "../errors.ts";
import { parseBetween, parseChoice, parseList, parsePositive, parseSwitch, parseWhole } from "../parse-value.ts";
import {
  type Augmentation,
  type ClassWeights,
  type Optimizer,
  type OptimizerKind,
  optimizer,
  type Recipe,
  SCHEDULE_KINDS,
  type Schedule,
  type ScheduleKind,
} from "../train/index.ts";

/** All of it optional, and off. */
export interface RecipeOptions {
  /** Of SGD. */
  readonly momentum?: number | undefined;
  readonly nesterov?: boolean | undefined;
  /** L2 by the gradient, decoupled for AdamW. */
  readonly weightDecay?: number | undefined;
  readonly schedule?: ScheduleKind | undefined;
  /** Epochs in which the rate rises from zero. */
  readonly warmup?: number | undefined;
  /** Epochs after which a step schedule lowers the rate; half and three quarters of all unless told otherwise. */
  readonly milestones?: readonly number[] | undefined;
  /** What it multiplies the rate by, 0.1 unless told otherwise. */
  readonly gamma?: number | undefined;
  /** Largest norm of all gradients together. */
  readonly clipNorm?: number | undefined;
  readonly labelSmoothing?: number | undefined;
  readonly classWeights?: ClassWeights | undefined;
  /** Share of the hidden units that a step leaves out. */
  readonly dropout?: number | undefined;
  readonly augment?: Augmentation | undefined;
  /** Share of the training examples to hold out. */
  readonly validation?: number | undefined;
  /** Epochs without a smaller validation loss after which a training ends. */
  readonly earlyStopping?: number | undefined;
}
/** What an option of a recipe is called. */
export type RecipeOptionName = keyof RecipeOptions;

type Read<T> = (value: unknown, name: string) => T;

/** How each option is read from plain data. */
export const READ_RECIPE: { readonly [K in RecipeOptionName]: Read<RecipeOptions[K]> } = {
  momentum: (value, name) => parseBetween(name, value, 0, 1),
  nesterov: (value, name) => parseSwitch(name, value),
  weightDecay: (value, name) => parseBetween(name, value, 0),
  schedule: (value) => parseChoice("schedule", value, SCHEDULE_KINDS),
  warmup: (value, name) => parseBetween(name, value, 0),
  milestones: readMilestones,
  gamma: (value, name) => parsePositive(name, value),
  clipNorm: (value, name) => parsePositive(name, value),
  labelSmoothing: (value, name) => parseBetween(name, value, 0, 1),
  classWeights: readClassWeights,
  dropout: (value, name) => parseBetween(name, value, 0, 1),
  augment: (value, name) => readAugmentation(value, name),
  validation: (value, name) => parseBetween(name, value, 0, 1),
  earlyStopping: (value, name) => parseWhole(name, value, 1),
};

function readClassWeights(value: unknown, name: string): ClassWeights {
  return value === "balanced" ? value : parseList(value).map((weight) => parsePositive(name, weight));
}

function readMilestones(value: unknown, name: string): readonly number[] {
  const epochs = parseList(value).map((epoch) => parseWhole(name, epoch, 1));
  if (epochs.every((epoch, i) => i === 0 || epoch > (epochs[i - 1] ?? 0))) return epochs;
  throw new GatewiseError({
    received: `${name} ${epochs.join(",")}`,
    expected: "epochs in ascending order, each once",
    next: `for instance ${[...new Set(epochs)].sort((a, b) => a - b).join(",")}`,
  });
}

/** What early stopping holds out unless told otherwise, as scikit-learn's `validation_fraction`. */
const USUAL_VALIDATION = 0.1;

/** What a crop is padded by unless told otherwise (He et al., CVPR 2016, section 4.2). */
const USUAL_CROP = 4;

/** `crop,flip`, `crop:2`, or the fields of JSON. */
function readAugmentation(value: unknown, name: string): Augmentation {
  const isFields = typeof value === "object" && value !== null && !Array.isArray(value);
  const parts: readonly (readonly [string, unknown])[] = isFields
    ? Object.entries(value)
    : parseList(value).map((part) => {
        const [word = "", padding] = String(part).split(":");
        return [word, padding];
      });
  const twice = parts.find(([word], i) => parts.findIndex(([other]) => other === word) < i);
  if (twice !== undefined) {
    throw new GatewiseError({
      received: `${name} ${twice[0]} twice`,
      expected: "crop and flip, each at most once",
      next: "leave one of them out",
    });
  }
  const read = parts.map(([word, one]) => augmentationOf(word, one, name));
  const crop = read.find((part) => part.crop !== undefined)?.crop;
  return { ...(crop === undefined ? {} : { crop }), ...(read.some(({ flip }) => flip) ? { flip: true } : {}) };
}

function augmentationOf(word: string, value: unknown, name: string): Augmentation {
  switch (parseChoice(name, word, ["crop", "flip"])) {
    case "crop":
      return { crop: parseWhole(`${name} crop`, value ?? USUAL_CROP, 1) };
    case "flip":
      return value === undefined || parseSwitch(`${name} flip`, value) ? { flip: true } : {};
  }
}

/** How whoever writes options knows them. */
type NameOption = (option: RecipeOptionName | "optimizer" | "epochs") => string;

/**
 * The optimizer that options choose.
 * @param learningRate unless nothing else was told
 * @throws GatewiseError for momentum of an optimizer without, and Nesterov's without momentum
 */
export function optimizerOf(
  kind: OptimizerKind,
  learningRate: number,
  { momentum, nesterov = false, weightDecay }: RecipeOptions,
  nameOf: NameOption,
): Optimizer {
  if (momentum !== undefined && kind !== "sgd") {
    throw new GatewiseError({
      received: `${nameOf("momentum")} ${momentum} with ${nameOf("optimizer")} ${kind}`,
      expected: `momentum with ${nameOf("optimizer")} sgd; ${kind} has averages of its own`,
      next: `leave ${nameOf("momentum")} out, or choose sgd`,
    });
  }
  if (nesterov && !momentum) {
    throw new GatewiseError({
      received: `${nameOf("nesterov")} without momentum`,
      expected: `${nameOf("nesterov")} beside ${nameOf("momentum")}, which it changes`,
      next: `give ${nameOf("momentum")} too, for instance 0.9`,
    });
  }
  const usual = optimizer(kind, learningRate);
  switch (usual.kind) {
    case "sgd":
      return { ...usual, momentum: momentum ?? 0, ...(nesterov ? { nesterov } : {}), ...coupled(weightDecay) };
    case "adamw":
      return weightDecay === undefined ? usual : { ...usual, weightDecay };
    case "adam":
    case "rmsprop":
      return { ...usual, ...coupled(weightDecay) };
  }
}

/** None is written down as none: such a training is the same as one that was told nothing. */
const coupled = (weightDecay: number | undefined) => (weightDecay ? { weightDecay } : {});

/**
 * The recipe that options choose, or undefined where they say nothing: plans without any stay as they were written.
 * @param epochs of the training
 * @throws GatewiseError for options that do not go together, by the names that `nameOf` gives them
 */
export function recipeOf(options: RecipeOptions, epochs: number, nameOf: NameOption): Recipe | undefined {
  const schedule = scheduleOf(options, epochs, nameOf);
  const { clipNorm, labelSmoothing, classWeights, dropout, augment, validation, earlyStopping } = options;
  if (earlyStopping !== undefined && validation === 0) {
    throw new GatewiseError({
      received: `${nameOf("earlyStopping")} with ${nameOf("validation")} 0`,
      expected: "examples to hold out, by which the training is stopped",
      next: `give another ${nameOf("validation")}, or leave it out for ${USUAL_VALIDATION}`,
    });
  }
  const share = validation ?? (earlyStopping === undefined ? 0 : USUAL_VALIDATION);
  const recipe: Recipe = {
    ...(schedule === undefined ? {} : { schedule }),
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(labelSmoothing ? { labelSmoothing } : {}),
    ...(classWeights === undefined ? {} : { classWeights }),
    ...(dropout ? { dropout } : {}),
    ...(augment === undefined || Object.keys(augment).length === 0 ? {} : { augment }),
    ...(share === 0 ? {} : { validation: share }),
    ...(earlyStopping === undefined ? {} : { earlyStopping }),
  };
  return Object.keys(recipe).length === 0 ? undefined : recipe;
}

function scheduleOf(
  { schedule: kind = "constant", warmup = 0, milestones, gamma }: RecipeOptions,
  epochs: number,
  nameOf: NameOption,
): Schedule | undefined {
  const ofSteps = milestones !== undefined ? "milestones" : gamma !== undefined ? "gamma" : undefined;
  if (kind !== "step" && ofSteps !== undefined) {
    throw new GatewiseError({
      received: `${nameOf(ofSteps)} with ${nameOf("schedule")} ${kind}`,
      expected: `${nameOf(ofSteps)} only with ${nameOf("schedule")} step`,
      next: `leave ${nameOf(ofSteps)} out, or choose step`,
    });
  }
  if (warmup >= epochs) {
    throw new GatewiseError({
      received: `${nameOf("warmup")} ${warmup} in ${epochs} ${nameOf("epochs")}`,
      expected: "a warm-up that ends before the training",
      next: `give a shorter ${nameOf("warmup")}, or more ${nameOf("epochs")}`,
    });
  }
  const beyond = milestones?.find((epoch) => epoch >= epochs);
  if (beyond !== undefined) {
    throw new GatewiseError({
      received: `${nameOf("milestones")} ${milestones?.join(",")} in ${epochs} ${nameOf("epochs")}`,
      expected: `epochs before the last, from 1 to ${epochs - 1}: behind it no step is left to lower the rate of`,
      next: `leave ${beyond} out, or give more ${nameOf("epochs")}`,
    });
  }
  switch (kind) {
    case "constant":
      return warmup === 0 ? undefined : { kind, warmup };
    case "cosine":
      return { kind, warmup, epochs };
    case "step":
      return { kind, warmup, milestones: milestones ?? usualMilestones(epochs), gamma: gamma ?? 0.1 };
  }
}

/** As He et al. (CVPR 2016, section 4.2) have them: at 32,000 and 48,000 of 64,000 steps. */
const usualMilestones = (epochs: number): readonly number[] =>
  [...new Set([0.5, 0.75].map((share) => Math.floor(share * epochs)))].filter((epoch) => epoch > 0);
