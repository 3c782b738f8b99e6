import { fullyConnected, PAPER_REGIMES } from "../network/index.ts";
import { optimizer } from "../train/index.ts";
import type { RegimeExperiment } from "./regime-experiment.ts";

/** What the two rows share: FC on MNIST, five hidden layers of 128 (theory 6.1 and 6.3). */
const protocol = {
  kind: "regimes",
  architecture: fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 }),
  initializer: { kind: "glorot-uniform" },
  loss: "softmax-cross-entropy",
  batch: 32,
  regimes: PAPER_REGIMES,
  source: "Lakshminarayanan and Singh, NeurIPS 2020, arXiv 2006.10529",
} as const satisfies Partial<RegimeExperiment>;

/** FC on MNIST with SGD, rate 1e-2. */
export const fcMnistSgd = {
  ...protocol,
  name: "fc-mnist-sgd",
  title: "FC on MNIST, SGD 1e-2",
  optimizer: optimizer("sgd", 1e-2),
  profiles: {
    quick: { data: "digits", epochs: 40, runs: 2 },
    full: { data: "mnist", epochs: 300, runs: 5 },
  },
  published: {
    "frnpf-ii": [95.85, 0.1],
    "frnpf-di": [95.85, 0.17],
    dlnpf: [97.86, 0.11],
    flnpf: [97.1, 0.09],
    relu: [97.85, 0.09],
  },
} as const satisfies RegimeExperiment;

/** FC on MNIST with Adam, rate 1e-4. */
export const fcMnistAdam = {
  ...protocol,
  name: "fc-mnist-adam",
  title: "FC on MNIST, Adam 1e-4",
  optimizer: optimizer("adam", 1e-4),
  profiles: {
    quick: { data: "digits", epochs: 40, runs: 2 },
    full: { data: "mnist", epochs: 100, runs: 5 },
  },
  published: {
    "frnpf-ii": [96.02, 0.13],
    "frnpf-di": [96.09, 0.12],
    dlnpf: [98.22, 0.05],
    flnpf: [97.82, 0.02],
    relu: [98.14, 0.07],
  },
} as const satisfies RegimeExperiment;
