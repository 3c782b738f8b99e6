import { unreachable } from "../errors.ts";
import {
  type Architecture,
  type Initializer,
  isLayered,
  type Layer,
  type NodeArchitecture,
  parameterSpecs,
  type WeightLayer,
} from "../network/index.ts";
import type { RunRecord } from "../runs/index.ts";
import type { Loss, Optimizer } from "../train/index.ts";
import { recipeWords } from "./recipe-words.ts";

/** A name and what it is in these runs: more than one value if the runs differ. */
export interface Setting {
  readonly name: string;
  readonly values: readonly string[];
}

interface SettingOf {
  readonly name: string;
  readonly of: (run: RunRecord) => string;
  /** Told only where a run has it. */
  readonly isThere?: (run: RunRecord) => boolean;
}

/** What the runs were trained with; regime and seed differ by design. */
export const CONFIGURATION: readonly SettingOf[] = [
  { name: "Architecture", of: ({ plan }) => architectureWords(plan.architecture) },
  { name: "Initializer", of: ({ plan }) => initializerWords(plan.initializer) },
  { name: "Optimizer", of: ({ plan }) => optimizerWords(plan.optimizer) },
  {
    name: "Recipe",
    of: ({ plan }) => recipeWords(plan.recipe),
    isThere: ({ plan }) => plan.recipe !== undefined,
  },
  { name: "Loss", of: ({ plan }) => LOSS_WORDS[plan.loss] },
  { name: "Batch", of: ({ plan }) => `${plan.batch} examples` },
  { name: "Epochs", of: ({ plan }) => String(plan.epochs) },
  { name: "Data", of: ({ data }) => dataWords(data) },
  {
    name: "Inputs",
    of: ({ plan }) =>
      plan.normalization === undefined ? "as they are, bytes scaled by 1/255" : "normalized, as the run tells",
    isThere: ({ plan }) => plan.normalization !== undefined,
  },
  {
    name: "Accuracy",
    of: ({ plan }) =>
      plan.targets === undefined
        ? "right classes"
        : "real values: the share of their variance that is explained, 100 R²",
    isThere: ({ plan }) => plan.targets !== undefined,
  },
];

/** Where the runs were trained. */
export const MACHINE: readonly SettingOf[] = [
  { name: "Processor", of: ({ machine }) => `${machine.processor}, ${counted(machine.cores, "core")}` },
  { name: "Memory", of: ({ machine }) => `${Number(machine.memoryGiB.toFixed(1))} GiB` },
  {
    name: "System",
    of: ({ machine }) => `${machine.platform}, Node ${machine.node}, ONNX Runtime ${machine.onnxruntime}`,
  },
  { name: "Device", of: ({ device, threads }) => `${device}, ${counted(threads, "thread")} a run` },
  { name: "Gatewise", of: ({ gatewise }) => gatewise },
];

/** Values that a table lists of a setting. */
const MOST_VALUES = 20;

/** Settings of runs that are seen one by one: each value once. */
export class GatheredSettings {
  private readonly seen: readonly { readonly setting: SettingOf; readonly values: Set<string>; isThere: boolean }[];

  constructor(settings: readonly SettingOf[]) {
    this.seen = settings.map((setting) => ({
      setting,
      values: new Set<string>(),
      isThere: setting.isThere === undefined,
    }));
  }

  /** @returns the run's values, in the order of the settings */
  add(run: RunRecord): readonly string[] {
    return this.seen.map((one) => {
      const value = one.setting.of(run);
      one.values.add(value);
      one.isThere ||= one.setting.isThere?.(run) ?? false;
      return value;
    });
  }

  /** Those that are told, each with at most 20 of its values. */
  told(): readonly Setting[] {
    return this.seen
      .filter(({ isThere }) => isThere)
      .map(({ setting: { name }, values }) => ({ name, values: atMost([...values], MOST_VALUES) }));
  }

  /** Places and names of the settings in which the runs differ. */
  differing(): readonly { readonly place: number; readonly name: string }[] {
    return this.seen.flatMap(({ setting: { name }, values, isThere }, place) =>
      isThere && values.size > 1 ? [{ place, name }] : [],
    );
  }
}

/** The first of the words, and how many there are beyond them. */
export const atMost = (words: readonly string[], most: number): readonly string[] =>
  words.length <= most ? words : [...words.slice(0, most), `and ${grouped(words.length - most)} more`];

export const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

/** `60,000`, whatever the locale. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");

/** `28×28 → flatten → 5 × dense 128, gated → dense 10; with biases; 166,666 parameters`. */
export function architectureWords(architecture: Architecture): string {
  const { inputShape } = architecture;
  const specs = parameterSpecs(architecture);
  const [biased, weighted] = ["bias", "weight"].map((one) => specs.filter(({ kind }) => kind === one).length);
  const biases = biased === 0 ? "no biases" : biased === weighted ? "with biases" : "biases in some layers";
  const parameters = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const steps = isLayered(architecture) ? stepWords(architecture.layers) : nodeWords(architecture);
  return `${inputShape.join("×")} → ${steps}; ${biases}, ${grouped(parameters)} parameters`;
}

/** Nodes are told by what they are: which reads which would take a drawing. */
function nodeWords({ nodes }: NodeArchitecture): string {
  const kinds = [...new Set(nodes.map(({ kind }) => kind))];
  const counts = kinds.map((kind) => `${nodes.filter((node) => node.kind === kind).length} ${kind}`);
  return `${grouped(nodes.length)} nodes of a model (${counts.join(", ")})`;
}

/** Equal layers behind each other are told once. */
function stepWords(layers: readonly Layer[]): string {
  const runs: { words: string; times: number }[] = [];
  for (const words of layers.map(layerWords)) {
    const last = runs.at(-1);
    if (last?.words === words) last.times += 1;
    else runs.push({ words, times: 1 });
  }
  return runs.map(({ words, times }) => (times === 1 ? words : `${times} × ${words}`)).join(" → ");
}

function layerWords(layer: Layer): string {
  switch (layer.kind) {
    case "flatten":
      return "flatten";
    case "dense":
      return `dense ${layer.units}${normWords(layer)}${layer.gated ? ", gated" : ""}`;
    case "convolution": {
      const stride = layer.stride === 1 ? "" : `, stride ${layer.stride}`;
      return `convolution ${layer.kernel}×${layer.kernel} ${layer.channels} ${layer.padding}${stride}${normWords(layer)}${layer.gated ? ", gated" : ""}`;
    }
    case "gate":
      return "gate";
    case "residual":
      return `residual (${stepWords(layer.body)} + ${layer.shortcut.length === 0 ? "identity" : stepWords(layer.shortcut)})`;
    case "max-pool":
      return `max pool ${layer.size}×${layer.size}`;
    case "average-pool":
      return `average pool ${layer.size}×${layer.size}`;
    case "global-average-pool":
      return "global average pool";
    default:
      return unreachable(layer);
  }
}

const normWords = ({ batchNorm }: WeightLayer): string => (batchNorm ? ", normalized by batch" : "");

const initializerWords = (initializer: Initializer): string =>
  `${weightWords(initializer)}, biases ${initializer.biases === "random" ? "uniform in ±1/√fan-in" : "0"}`;

function weightWords(initializer: Initializer): string {
  switch (initializer.kind) {
    case "glorot-uniform":
      return "Glorot uniform";
    case "he-uniform":
      return "He uniform";
    case "fan-in-uniform":
      return "uniform in ±1/√fan-in";
    case "bernoulli":
      return `±${Number(initializer.sigma.toPrecision(4))} with equal probability`;
    default:
      return unreachable(initializer);
  }
}

export function optimizerWords(optimizer: Optimizer): string {
  const rate = `learning rate ${optimizer.learningRate}`;
  const decay = optimizer.weightDecay ? `, weight decay ${optimizer.weightDecay}` : "";
  switch (optimizer.kind) {
    case "sgd": {
      const momentum = `${optimizer.nesterov ? "Nesterov's " : ""}momentum ${optimizer.momentum}`;
      return `SGD, ${rate}${optimizer.momentum === 0 ? "" : `, ${momentum}`}${decay}`;
    }
    case "adam":
    case "adamw": {
      const title = optimizer.kind === "adam" ? "Adam" : "AdamW";
      return `${title}, ${rate}, β₁ ${optimizer.beta1}, β₂ ${optimizer.beta2}, ε ${optimizer.epsilon}${decay}`;
    }
    case "rmsprop":
      return `RMSprop, ${rate}, ρ ${optimizer.rho}, ε ${optimizer.epsilon}${decay}`;
    default:
      return unreachable(optimizer);
  }
}

const LOSS_WORDS = {
  "softmax-cross-entropy": "softmax cross-entropy",
  "mean-squared-error": "mean squared error",
  logistic: "logistic",
} as const satisfies Record<Loss, string>;

function dataWords({ name, source, trainExamples, testExamples, limit, testLimit }: RunRecord["data"]): string {
  const limits = [
    ...(limit === null ? [] : [`the first ${grouped(limit)} for training`]),
    ...(testLimit === null ? [] : [`the first ${grouped(testLimit)} for the test`]),
  ];
  const limited = limits.length === 0 ? "" : ` (limited to ${limits.join(", ")})`;
  return `${name}: ${grouped(trainExamples)} training and ${grouped(testExamples)} test examples${limited}; ${source}`;
}
