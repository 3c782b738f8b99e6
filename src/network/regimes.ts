import type { GateChoice } from "./gate-source.ts";
import type { Gating } from "./gating.ts";

/** The regimes that the paper's table compares. */
export const PAPER_REGIMES = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"] as const;
/** The regimes that have names: the paper's, and the deep linearly gated networks of the duality papers. */
export const REGIME_NAMES = [...PAPER_REGIMES, "dlgn", "dlgn-sf"] as const;
/** One of {@link REGIME_NAMES}. */
export type NamedRegime = (typeof REGIME_NAMES)[number];
/** A regime of a name, or gates that a plan tells layer by layer. */
export type RegimeName = NamedRegime | "by-layer";

/** Where the gates of a regime come from and what is trained (theory 5.4). The value network trains in all of them. */
export interface Regime {
  readonly title: string;
  /** A source for all layers, or one for each. */
  readonly gates: readonly GateChoice[];
  /** What the value network reads: the example, or ones in its place. */
  readonly valueInput: "example" | "ones";
  /** The source's gate, from 1, that stands at each of the value network's; undefined: in order. */
  readonly gateOrder: readonly number[] | undefined;
}

/** The duality papers' gates are sigmoids without the factor `1 + ε`. */
const SIGMOID: Gating = { kind: "soft", beta: 4, epsilon: 0 };

const regime = (title: string, ...gates: readonly GateChoice[]): Regime => ({
  title,
  gates,
  valueInput: "example",
  gateOrder: undefined,
});

/** The regimes of theory 5.4; `by-layer` has no gates of its own: a plan tells them. */
export const REGIMES = {
  relu: regime("ReLU", { layer: "all", from: "own", trains: true }),
  "frnpf-ii": regime("FRNPF(II)", { layer: "all", from: "random", trains: false }),
  "frnpf-di": regime("FRNPF(DI)", { layer: "all", from: "initial", trains: false }),
  flnpf: regime("FLNPF", { layer: "all", from: "learnt", trains: false }),
  dlnpf: regime("DLNPF", { layer: "all", from: "random", trains: true }),
  dlgn: regime("DLGN", { layer: "all", from: "random", trains: true, features: "linear", gating: SIGMOID }),
  "dlgn-sf": regime("DLGN-SF", { layer: "all", from: "random", trains: true, features: "shallow", gating: SIGMOID }),
  "by-layer": regime("gates by layer"),
} as const satisfies Record<RegimeName, Regime>;

/** Whether a network makes all its gates itself. */
export const hasOwnGates = ({ gates }: Pick<Regime, "gates">): boolean => gates.every(({ from }) => from === "own");

/** Whether training changes the gates of a regime; those that stay can be computed once for all examples. */
export const gatesMove = ({ gates }: Pick<Regime, "gates">): boolean =>
  gates.some(({ from, trains }) => trains || from === "own");
