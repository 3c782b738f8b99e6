/** What Train asks its worker, and what it is told. All of it is plain data. */
import type { ShareInGates } from "../../experiments/index.ts";
import type { Topic } from "../desk/protocol.ts";
import type { DataWords } from "./data-words.ts";
import type { TrainedRegime, WrittenSettings } from "./settings.ts";

/** One regime's training, as far as it has come. */
export interface LanePart {
  readonly regime: TrainedRegime;
  /** `waits`: for the ReLU network whose gates it takes. */
  readonly state: "waits" | "trains" | "ended" | "failed";
  readonly epochs: readonly EpochPart[];
  /** Why it failed. */
  readonly why: string | undefined;
}

/** Means over the epoch's steps; the accuracy, in percent, is that of the test examples after it. */
export interface EpochPart {
  readonly trainLoss: number;
  readonly testAccuracy: number;
  /** By gate layer: the share of gates that differ from those an epoch before, 0 to 1. */
  readonly flipped: readonly number[];
  /** `[classes, classes]`: the share of their active paths that test examples of two classes have in common, 0 to 1. */
  readonly kernel: Float64Array;
}

/** The trainings of all regimes. */
export interface CoursePart {
  readonly lanes: readonly LanePart[];
  /** Once those that it is of have ended: what of the gain is in the gates (theory 5.10), each network after its last epoch. */
  readonly share: ShareInGates | undefined;
  /** Of data that were opened; undefined for the digits that the page carries. */
  readonly data: DataWords | undefined;
}

export interface OpenedFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
}

export interface StartQuestion {
  readonly settings: WrittenSettings;
  /** Those that were opened; none for the digits that the page carries. */
  readonly files: readonly OpenedFile[];
}

export interface AdvanceQuestion {
  /** To the end, or by one epoch of each regime that can go on. */
  readonly until: "end" | "epoch";
}

/** One of the trainings. */
export interface LaneQuestion {
  readonly regime: TrainedRegime;
}

export interface FilePart {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a run says of where it was made. */
export interface RunMachine {
  readonly processor: string;
  readonly cores: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly now: string;
}

export type TrainTopics = {
  /** Looks at files without training on them. */
  readonly "train.data": Topic<readonly OpenedFile[], DataWords>;
  /** Leaves what was trained before. */
  readonly "train.start": Topic<StartQuestion, CoursePart>;
  readonly "train.advance": Topic<AdvanceQuestion, CoursePart>;
  /** The advance under way ends after the steps that it is at; the next one goes on from there. */
  readonly "train.pause": Topic<undefined, never>;
  /** The network after its best epoch, as ONNX. */
  readonly "train.network": Topic<LaneQuestion, FilePart>;
  /** Its run directory, zipped; of a training that takes gates with the run that it takes them from. */
  readonly "train.run": Topic<LaneQuestion & { readonly machine: RunMachine }, FilePart>;
};
