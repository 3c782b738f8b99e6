/** What may be said of one training, by options of a command line, a point of a sweep or a page. */
import type { ChosenExamples, DatasetName, LabelTransform } from "../data/index.ts";
import type { RegimeName, RegimeVariant } from "../network/index.ts";
import type { OptimizerKind } from "../train/index.ts";
import type { ArchitectureFile, ArchitectureName } from "./architecture-choice.ts";
import type { DataFiles, DataOptions } from "./data-options.ts";
import type { GateOption, NetworkFile } from "./network-choice.ts";
import type { RecipeOptions } from "./recipe-options.ts";

/** Devices that networks train on. */
export const TRAINING_DEVICES = ["cpu", "webgpu"] as const;
/** Where a network trains. */
export type TrainingDevice = (typeof TRAINING_DEVICES)[number];

/** What may be said of one training; all of it is optional. */
export interface TrainingOptions extends RecipeOptions, DataOptions {
  readonly arch?: ArchitectureName | ArchitectureFile | undefined;
  /** `relu` unless told otherwise; `by-layer` with `gates`. */
  readonly regime?: RegimeName | undefined;
  /** A data set by its name, or files of one's own. */
  readonly data?: DatasetName | DataFiles | undefined;
  readonly optimizer?: OptimizerKind | undefined;
  /** Learning rate; that of the architecture's experiment unless told otherwise. */
  readonly lr?: number | undefined;
  readonly batch?: number | undefined;
  readonly epochs?: number | undefined;
  /** The first training examples only. */
  readonly limit?: number | undefined;
  readonly testLimit?: number | undefined;
  readonly width?: number | undefined;
  readonly depth?: number | undefined;
  /** The regime's changes, see {@link RegimeVariant}. */
  readonly valueInput?: RegimeVariant["valueInput"];
  readonly gateOrder?: RegimeVariant["gateOrder"];
  readonly beta?: RegimeVariant["beta"];
  /** What biases begin as: zero unless told otherwise, see `Initializer`. */
  readonly biases?: "zero" | "random" | undefined;
  readonly seed?: number | undefined;
  /**
   * `flnpf`: the network whose gates are taken; a ReLU network is trained first unless told otherwise. `frnpf-di`: the network
   * that both gates and values begin as.
   */
  readonly from?: NetworkFile | undefined;
  /** The network whose weights the value network starts from. */
  readonly init?: NetworkFile | undefined;
  /** Where the gates come from, layer by layer, in place of a regime. */
  readonly gates?: readonly GateOption[] | undefined;
  /** Epochs after which the network is kept, for others to begin from. */
  readonly keep?: readonly number[] | undefined;
  /** Tell with each epoch which gates flipped in it. */
  readonly watchGates?: boolean | undefined;
  /** Measure the kernel of the gates before, while and after it trains, into files of the run; true unless told otherwise. */
  readonly kernels?: boolean | undefined;
  /** The training examples that a file chooses, of the first ones where there is a limit. */
  readonly examples?: ChosenExamples | undefined;
  /** How the training labels are changed. */
  readonly labelsTransform?: LabelTransform | undefined;
  readonly device?: TrainingDevice | undefined;
  /** Of the engine. */
  readonly threads?: number | undefined;
}
/** What an option of a training is called. */
export type TrainingOptionName = keyof TrainingOptions;

/** How whoever writes options knows them: `--test-limit` on a command line, `testLimit` elsewhere. */
export type NameOption = (option: TrainingOptionName) => string;

/** What an option is when nobody says it. */
export const USUAL_TRAINING = {
  arch: "fc",
  regime: "relu",
  data: "digits",
  optimizer: "adam",
  batch: 32,
  epochs: 10,
  seed: 0,
  device: "cpu",
  threads: 1,
} as const satisfies TrainingOptions;
