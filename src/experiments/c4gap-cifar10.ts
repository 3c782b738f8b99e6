import { c4gap, type RegimeName, type RegimeVariant } from "../network/index.ts";
import { optimizer } from "../train/index.ts";
import type { Arm, ArmExperiment } from "./arm-experiment.ts";
import { halfResolution } from "./half-resolution.ts";

/** The gates of the four layers in reverse: the last layer's gates stand at the first of the value network. */
const REVERSED: RegimeVariant = { gateOrder: [4, 3, 2, 1] };
const ONES: RegimeVariant = { valueInput: "ones" };

/** A regime of two networks as it is, with a constant-1 value input, with permuted gates, and with both. */
const variants = (regime: RegimeName, name: string, title: string): readonly Arm[] => [
  { name, title, regime },
  { name: `${name}-ones`, title: `${title}, constant input`, regime, variant: ONES },
  { name: `${name}-permuted`, title: `${title}, permuted gates`, regime, variant: REVERSED },
  { name: `${name}-ones-permuted`, title: `${title}, both`, regime, variant: { ...ONES, ...REVERSED } },
];
const ARMS: readonly Arm[] = [
  { name: "relu", title: "ReLU", regime: "relu" },
  ...variants("dlnpf", "dgn", "DGN"),
  ...variants("dlgn", "dlgn", "DLGN"),
];

const CIFAR10 = { inputShape: [3, 32, 32], outputs: 10 } as const;

/**
 * C4GAP on CIFAR-10 (theory 5.7 and 5.8): a value network that sees ones in place of the image, or gates out of order, loses
 * little: what is learnt is in the gates.
 */
export const c4gapCifar10 = {
  kind: "arms",
  story: "variants",
  name: "c4gap-cifar10",
  title: "C4GAP on CIFAR-10: constant input and permuted gates, Adam 3e-4",
  architecture: c4gap({ ...CIFAR10, width: 128 }),
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 3e-4),
  loss: "softmax-cross-entropy",
  batch: 32,
  source: "Lakshminarayanan, Singh and Singh, arXiv 2110.03403 and 2203.16455",
  profiles: {
    quick: {
      data: "cifar10",
      limit: 10_000,
      testLimit: 2000,
      runs: 2,
      epochs: 24,
      instead: {
        architecture: halfResolution(c4gap({ ...CIFAR10, width: 16 })),
        initializer: { kind: "he-uniform" },
        optimizer: optimizer("adam", 2e-3),
      },
      arms: ARMS,
    },
    full: { data: "cifar10", runs: 5, epochs: 200, arms: ARMS },
  },
} as const satisfies ArmExperiment;
