import { gconv } from "../network/index.ts";
import { optimizer } from "../train/index.ts";
import type { Arm, ArmExperiment } from "./arm-experiment.ts";
import { halfResolution } from "./half-resolution.ts";
import type { PublishedFigure } from "./protocol.ts";

/** Published accuracy behind the gates of each stage: 3, 4 and 5 are read off the plot, without a deviation (theory 6.6). */
const PUBLISHED = [67.09, 72.29, 74.42, 77.0, 78.4, 78.7, 79.43] as const;
/** The figure's reference lines: the infinite-width convolutional kernel with pooling (arXiv 1904.11955), and ReLU. */
export const CONTINUOUS_REFERENCES = { kernel: 77.43, relu: 80.32 } as const;

/**
 * A ReLU network trained in stages; behind the gates that it has after each, a fresh value network.
 * @param stage epochs of one stage
 */
const stages = (stage: number, count: number): readonly Arm[] => [
  { name: "relu", title: "ReLU", regime: "relu", epochs: stage * count, published: [CONTINUOUS_REFERENCES.relu, 0.35] },
  { name: "stage0", title: "stage 0, random gates", regime: "frnpf-ii", published: [67.09, 0.58] },
  ...Array.from({ length: count }, (_, i): Arm => {
    const published = PUBLISHED[i + 1];
    const known: { readonly published?: PublishedFigure } =
      published === undefined ? {} : { published: [published, 0] };
    return {
      name: `stage${i + 1}`,
      title: `stage ${i + 1}, ${stage * (i + 1)} epochs`,
      regime: "flnpf",
      learntUntil: stage * (i + 1),
      ...known,
    };
  }),
];

const CIFAR10 = { inputShape: [3, 32, 32], outputs: 10 } as const;

/** Continuous feature learning (theory 6.6): how much the gates know at six stages of their learning. */
export const continuousFeatures = {
  kind: "arms",
  story: "stages",
  name: "continuous-features",
  title: "Continuous feature learning: GCONV on CIFAR-10, Adam 3e-4",
  architecture: gconv({ ...CIFAR10, width: 64 }),
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 3e-4),
  loss: "softmax-cross-entropy",
  batch: 32,
  source: "Lakshminarayanan and Singh, NeurIPS 2020, arXiv 2006.10529",
  profiles: {
    quick: {
      data: "cifar10",
      limit: 10_000,
      testLimit: 2000,
      runs: 1,
      epochs: 12,
      instead: { architecture: halfResolution(gconv({ ...CIFAR10, width: 16 })), optimizer: optimizer("adam", 2e-3) },
      arms: stages(4, 6),
    },
    full: { data: "cifar10", runs: 1, epochs: 80, arms: stages(10, 6) },
  },
} as const satisfies ArmExperiment;
