import type { DrawnLabels } from "../data/index.ts";
import type { Architecture, Initializer } from "../network/index.ts";
import type { Loss, Optimizer, TrainingPlan } from "../train/index.ts";
import type { OwnFiles } from "./resolved-training.ts";

/** Best test accuracy in percent, mean and standard deviation over the runs. */
export type PublishedFigure = readonly [mean: number, std: number];

/** What is trained and how, but for the regime, the seed and the number of epochs. */
export interface TrainingSettings {
  readonly architecture: Architecture;
  readonly initializer: Initializer;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly batch: number;
  /** Of inputs, where it is another than 1/255 of bytes. */
  readonly normalization?: TrainingPlan["normalization"];
  /** Of examples, where they are too many for memory. */
  readonly order?: TrainingPlan["order"];
}

/** How much of the protocol is run: `full` is the paper's, `quick` a short one with the same ordering. */
export interface Profile {
  /** A data set by its name, or what files of one's own are called. */
  readonly data: string;
  /** Those files, in place of a data set by its name. */
  readonly own?: OwnFiles;
  /** The first examples of the data set that are used; all unless told otherwise. */
  readonly limit?: number;
  readonly testLimit?: number;
  readonly epochs: number;
  /** Seeds 0, 1, … */
  readonly runs: number;
  /** In place of the protocol's, where a short run needs a smaller network or larger steps. */
  readonly instead?: Partial<TrainingSettings>;
}
/** How long an experiment is run: `full` is the protocol, `quick` shows in minutes what to expect. */
export const PROFILE_NAMES = ["quick", "full"] as const;
/** One of {@link PROFILE_NAMES}. */
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** One training of an experiment. */
export interface Trial {
  /** `flnpf-seed1`: the name of its run directory. */
  readonly id: string;
  /** The row of the table that it belongs to: its regime, or an arm of a comparison. */
  readonly arm: string;
  readonly plan: TrainingPlan;
  /** The trial whose trained network gives the gates, which must end first: as it was best up to an epoch, or of all, or after its last. */
  readonly learntFrom: { readonly trial: string; readonly until: number | undefined; readonly at?: "last" } | undefined;
  /** Epochs at which the best network so far is kept for other trials. */
  readonly keepBestUntil: readonly number[];
  /** How training labels are changed; as they are where undefined. */
  readonly labels?: DrawnLabels;
}

/** What experiments of all kinds have. */
export interface ExperimentWords {
  /** In lower case with hyphens: what it is called by, and part of the names of its files. */
  readonly name: string;
  readonly title: string;
  /** Where the protocol and its figures stand. */
  readonly source: string;
}

/** TrainingSettings of a protocol with what a profile has in place of them. */
export function settingsOf(protocol: TrainingSettings, { instead }: Profile): TrainingSettings {
  const { architecture, initializer, optimizer, loss, batch } = protocol;
  return { architecture, initializer, optimizer, loss, batch, ...instead };
}
