/** What the gates of some layers hold, and what gates hold that were learnt from labels which say nothing. */
import { fullyConnected, type GateChoice } from "../network/index.ts";
import { optimizer } from "../train/index.ts";
import type { Arm, ArmExperiment, ArmProfile } from "./arm-experiment.ts";

/** FC on MNIST (theory 6.2), with the rows of theory 6.3 that both set beside their own. */
const FC = {
  kind: "arms",
  architecture: fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 }),
  initializer: { kind: "glorot-uniform" },
  loss: "softmax-cross-entropy",
  batch: 32,
  source: "beyond the papers; protocol of Lakshminarayanan and Singh, NeurIPS 2020, arXiv 2006.10529",
} as const satisfies Partial<ArmExperiment>;

const profilesOf = (arms: readonly Arm[]): { readonly quick: ArmProfile; readonly full: ArmProfile } => ({
  quick: { data: "digits", epochs: 40, runs: 2, arms },
  full: { data: "mnist", epochs: 100, runs: 5, arms },
});

const RELU: Arm = { name: "relu", title: "ReLU", regime: "relu" };
const RANDOM: Arm = { name: "frnpf-ii", title: "FRNPF(II): all gates random", regime: "frnpf-ii" };

const shuffled: readonly Arm[] = [
  RELU,
  { name: "relu-shuffled", title: "ReLU on shuffled labels", regime: "relu", labels: { kind: "shuffle", seed: 1 } },
  { ...RANDOM, title: "FRNPF(II): random gates" },
  { name: "flnpf", title: "FLNPF: learnt gates", regime: "flnpf", learntUntil: "last" },
  {
    name: "flnpf-shuffled",
    title: "FLNPF: gates learnt on shuffled labels",
    regime: "flnpf",
    learntFrom: "relu-shuffled",
    learntUntil: "last",
  },
];

/**
 * Gates learnt on shuffled labels: a network that learns by heart which random class each image has, and whose gates, after its
 * last epoch, a fresh value network learns the true classes behind. Do gates learn the images alone, or the task?
 */
export const shuffledLabels = {
  ...FC,
  name: "shuffled-labels",
  title: "Gates learnt on shuffled labels: FC on MNIST, Adam 1e-3",
  optimizer: optimizer("adam", 1e-3),
  profiles: profilesOf(shuffled),
} as const satisfies ArmExperiment;

/** Learnt gates at some layers, random ones at all others. */
const learntAt = (...learnt: readonly number[]): readonly GateChoice[] =>
  [1, 2, 3, 4, 5].map((layer) => ({ layer, from: learnt.includes(layer) ? "learnt" : "random", trains: false }));

const layers: readonly Arm[] = [
  RELU,
  RANDOM,
  { name: "learnt-1-2", title: "layers 1 and 2 learnt, 3 to 5 random", regime: "by-layer", gates: learntAt(1, 2) },
  { name: "learnt-3-5", title: "layers 3 to 5 learnt, 1 and 2 random", regime: "by-layer", gates: learntAt(3, 4, 5) },
  { name: "flnpf", title: "FLNPF: all gates learnt", regime: "flnpf" },
];

/** In which layers the gates hold what a network has learnt: those near the input, or those near the output. */
export const learntLayers = {
  ...FC,
  name: "learnt-layers",
  title: "Learnt gates in some layers: FC on MNIST, Adam 1e-4",
  optimizer: optimizer("adam", 1e-4),
  profiles: profilesOf(layers),
} as const satisfies ArmExperiment;
