/** What Train asks its worker, and what it is told. All of it is plain data. */
import type { ShareInGates } from "../../experiments/index.ts";
import type { Topic } from "../desk/protocol.ts";
import type { PaperRegime, WrittenSettings } from "./settings.ts";

/** One regime's training, as far as it has come. */
export interface LanePart {
  readonly regime: PaperRegime;
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
}

/** The trainings of all regimes. */
export interface CoursePart {
  readonly lanes: readonly LanePart[];
  /** Once all have ended: what of the gain is in the gates (theory 5.10), each network after its last epoch. */
  readonly share: ShareInGates | undefined;
}

export interface AdvanceQuestion {
  /** To the end, or by one epoch of each regime that can go on. */
  readonly until: "end" | "epoch";
}

export interface NetworkPart {
  /** The ReLU network after its best epoch, as ONNX. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type TrainTopics = {
  /** Leaves what was trained before. */
  readonly "train.start": Topic<WrittenSettings, CoursePart>;
  readonly "train.advance": Topic<AdvanceQuestion, CoursePart>;
  /** The advance under way ends after the steps that it is at; the next one goes on from there. */
  readonly "train.pause": Topic<undefined, never>;
  readonly "train.network": Topic<undefined, NetworkPart>;
};
