import type { Gating } from "./gating.ts";
import type { FeatureKind } from "./parameter-specs.ts";
import type { TrialNetwork } from "./trial-parameters.ts";

/** The regimes that the paper's table compares. */
export const PAPER_REGIMES = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"] as const;
/** All regimes: the paper's, and the deep linearly gated networks of the duality papers. */
export const REGIME_NAMES = [...PAPER_REGIMES, "dlgn", "dlgn-sf"] as const;
/** One of {@link REGIME_NAMES}. */
export type RegimeName = (typeof REGIME_NAMES)[number];

/** Where the gates of a regime come from and what is trained (theory 5.4). */
export type Regime =
  /** One ReLU network: its own gates, features and values together. */
  | { readonly kind: "own-gates"; readonly title: string }
  /** A feature network makes the gates of a value network. */
  | {
      readonly kind: "two-networks";
      readonly title: string;
      readonly gating: Gating;
      readonly features: FeatureKind;
      readonly featureNetwork: "independent" | "copy-of-initial-value" | "trained";
      readonly trainsFeatures: boolean;
      /** What the value network reads: the example, or ones in its place. */
      readonly valueInput: "example" | "ones";
      /** The feature network's gate, from 1, that stands at each of the value network's; undefined: in order. */
      readonly gateOrder: readonly number[] | undefined;
    };

const HARD: Gating = { kind: "hard" };
/** β = 4 and ε = 0.1 (theory 5.3). */
const SOFT: Gating = { kind: "soft", beta: 4, epsilon: 0.1 };
/** The duality papers' gates are sigmoids without the factor `1 + ε`. */
const SIGMOID: Gating = { kind: "soft", beta: 4, epsilon: 0 };
const PLAIN = { valueInput: "example", gateOrder: undefined } as const;
const FIXED = { kind: "two-networks", gating: HARD, features: "relu", trainsFeatures: false, ...PLAIN } as const;
const LEARNT = { kind: "two-networks", featureNetwork: "independent", trainsFeatures: true, ...PLAIN } as const;

/** The regimes of theory 5.4. */
export const REGIMES = {
  relu: { kind: "own-gates", title: "ReLU" },
  "frnpf-ii": { ...FIXED, title: "FRNPF(II)", featureNetwork: "independent" },
  "frnpf-di": { ...FIXED, title: "FRNPF(DI)", featureNetwork: "copy-of-initial-value" },
  flnpf: { ...FIXED, title: "FLNPF", featureNetwork: "trained" },
  dlnpf: { ...LEARNT, title: "DLNPF", gating: SOFT, features: "relu" },
  dlgn: { ...LEARNT, title: "DLGN", gating: SIGMOID, features: "linear" },
  "dlgn-sf": { ...LEARNT, title: "DLGN-SF", gating: SIGMOID, features: "shallow" },
} as const satisfies Record<RegimeName, Regime>;

/** Whether training changes the gates of a regime; those that stay can be computed once for all examples. */
export const gatesMove = (regime: Regime): boolean => regime.kind === "own-gates" || regime.trainsFeatures;

/** Which of the two networks a regime trains. */
export const trainedNetworks = (regime: Regime): readonly TrialNetwork[] =>
  regime.kind === "two-networks" && regime.trainsFeatures ? ["value", "feature"] : ["value"];
