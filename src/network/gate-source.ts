/**
 * Where gates come from (theory 5.1, 5.4, 5.9). Each gate layer of a value network has a source: the network's own pre-activations,
 * or those of a feature network, which is drawn, copied or given, and stays as it is or trains along. A regime is a list of such
 * choices, usually one for all layers.
 *
 * source → feature network → pre-activations, gate by gate → rule (the network's own where the gates are fixed, soft where
 * they train) → gates of the value network. Each feature network reads the same example, in the order of its own input.
 */
import type { Architecture } from "./architecture.ts";
import type { Gating } from "./gating.ts";

/** What a feature network is (theory 5.1, 5.5, 5.6): a ReLU network, a deep linear one, or gates that all read the input. */
export type FeatureKind = "relu" | "linear" | "shallow";

/** A network that whoever starts the training hands over. */
export interface GivenNetwork {
  /** What it is known by in plans and records: a digest, `sha256:…`. */
  readonly network: string;
  /** Undefined: that of the value network. */
  readonly architecture?: Architecture | undefined;
}

/**
 * `own`: the value network's own pre-activations, as in a ReLU network. `random`: a network drawn from the seed. `initial`: the
 * value network as it is before training. `learnt`: the trained ReLU network of the run that comes first.
 */
export type GateSource = "own" | "random" | "initial" | "learnt" | GivenNetwork;

/** The source of the gates of one layer. */
export interface GateChoice {
  /** Number of the gate layer, from 1, in the order of the value network; or all. */
  readonly layer: number | "all";
  readonly from: GateSource;
  /** Whether the gates train along; those of a feature network are soft then. Own gates always do. */
  readonly trains: boolean;
  /** `relu` unless told otherwise. */
  readonly features?: FeatureKind | undefined;
  /** Unless told otherwise soft with β = 4 and ε = 0.1 where gates train, the network's own hard ones where they are fixed. */
  readonly gating?: Gating | undefined;
}

/** β = 4 and ε = 0.1 (theory 5.3). */
const SOFT: Gating = { kind: "soft", beta: 4, epsilon: 0.1 };
const HARD: Gating = { kind: "hard" };

/** How gates are made of what the source's network gives. */
export const gatingOf = ({ gating, trains }: GateChoice): Gating => gating ?? (trains ? SOFT : HARD);
