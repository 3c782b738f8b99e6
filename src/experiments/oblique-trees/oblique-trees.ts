import { type Architecture, fullyConnected, type RegimeVariant } from "../../network/index.ts";
import { optimizer, type TrainingPlan } from "../../train/index.ts";
import type { ExperimentWords, ProfileName } from "../protocol.ts";
import type { LinearlyGated } from "./gate-normals.ts";
import type { TreeTask } from "./tree-data.ts";

/** A short or a full run of the trees. */
export interface ObliqueProfile {
  readonly data: string;
  readonly epochs: number;
  /** Seeds 0, 1, … of each network. */
  readonly runs: number;
}

/** A network that is trained on the tree's labels, and its published accuracy. */
export interface ObliqueNetwork {
  readonly regime: LinearlyGated;
  readonly title: string;
  readonly architecture: Architecture;
  readonly variant: RegimeVariant;
  /** Test accuracy in percent that the paper has, and that an independent implementation gave. */
  readonly published: { readonly paper: number; readonly independent: number };
}

/** Trains networks whose gates are half-spaces on a tree of hyperplanes, and lays the two beside each other, as data. */
export interface TreeExperiment extends ExperimentWords {
  readonly kind: "trees";
  readonly task: TreeTask;
  readonly networks: readonly ObliqueNetwork[];
  readonly batch: number;
  readonly learningRate: number;
  /** Epochs between two looks at the gates; the first is before training. */
  readonly every: number;
  readonly profiles: Readonly<Record<ProfileName, ObliqueProfile>>;
}

const DIMENSION = 20;
const network = (depth: number, width: number): Architecture =>
  fullyConnected({ inputShape: [DIMENSION], depth, width, outputs: 1, bias: false });

/** Do the gates of a deep linearly gated network find the hyperplanes of the target? (theory 6.7) */
export const obliqueTrees = {
  kind: "trees",
  name: "oblique-trees",
  title: "Gates against the hyperplanes of an oblique tree",
  task: { seed: 365, dimension: DIMENSION, levels: 4, train: 20_000, validation: 10_000, test: 10_000 },
  networks: [
    {
      regime: "dlgn",
      title: "DLGN",
      architecture: network(6, 20),
      variant: { beta: 3, valueInput: "ones" },
      published: { paper: 96.05, independent: 95.4 },
    },
    {
      regime: "dlgn-sf",
      title: "DLGN-SF",
      architecture: network(5, 10),
      variant: { beta: 30, valueInput: "ones" },
      published: { paper: 97.43, independent: 97.6 },
    },
  ],
  batch: 2000,
  learningRate: 0.02,
  every: 25,
  profiles: {
    quick: { data: "drawn points", epochs: 300, runs: 1 },
    full: { data: "drawn points", epochs: 1500, runs: 3 },
  },
  source: "Banerjee et al., ICLR 2025, openreview 52UtL8uA35",
} as const satisfies TreeExperiment;

export const obliquePlan = (
  { batch, learningRate }: TreeExperiment,
  { regime, architecture, variant }: ObliqueNetwork,
  epochs: number,
  seed: number,
): TrainingPlan => ({
  architecture,
  regime,
  variant,
  initializer: { kind: "fan-in-uniform" },
  optimizer: optimizer("adam", learningRate),
  loss: "logistic",
  batch,
  epochs,
  seed,
  // the batches of the paper's code are the same in every epoch
  order: "given",
});
