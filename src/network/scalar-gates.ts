/** The rules of gates on numbers (theory 2.6, 5.2, 5.3), for all that looks at one example; on tensors: `gating.ts`. */
import type { GateKind, GateRule } from "./gating.ts";

/** A pre-activation at which a gate jumps. */
export interface Threshold {
  readonly q: number;
  /** Whether a pre-activation of just this has passed it. */
  readonly reached: boolean;
}

/** What a rule makes of one pre-activation `q`. */
export interface ScalarGate {
  /** What the gate multiplies by; `channel` (axis 0) of the unit. */
  readonly gate: (q: number, channel: number) => number;
  /** Whether that is 0 or 1 at every `q`. */
  readonly isBit: boolean;
  /** Whether the sign of `q` alone decides: then `q` may be in any unit. */
  readonly bySign: boolean;
  /** Where it jumps, rising, and between which it is one number; undefined where it moves with every `q`. */
  readonly flipsAt: readonly Threshold[] | undefined;
  /** Whether a gradient flows through the gate to what decides it. */
  readonly hasGradient: boolean;
  /** Paths that start at a unit, each of one value wherever it begins; none for most rules. */
  readonly starts: readonly { readonly value: number; readonly begins: (q: number) => boolean }[];
}

type ScalarGates = { readonly [K in GateKind]: (rule: GateRule<K>) => ScalarGate };

/** A gate is on where its pre-activation is positive (theory 1.1). */
export const ZERO: Threshold = { q: 0, reached: false };

const FIXED = { hasGradient: false, starts: [] } as const;

const SCALAR_GATES: ScalarGates = {
  hard: () => ({ ...FIXED, isBit: true, bySign: true, flipsAt: [ZERO], gate: (q) => (q > 0 ? 1 : 0) }),
  soft: ({ beta, epsilon }) => ({
    ...FIXED,
    isBit: false,
    bySign: false,
    flipsAt: undefined,
    hasGradient: true,
    gate: (q) => (1 + epsilon) / (1 + Math.exp(-beta * q)),
  }),
  leaky: ({ slopes: { data } }) => ({
    ...FIXED,
    isBit: false,
    bySign: true,
    flipsAt: [ZERO],
    gate: (q, channel) => (q > 0 ? 1 : data[data.length === 1 ? 0 : channel]!),
  }),
  clipped: ({ ceiling }) => ({
    ...FIXED,
    isBit: true,
    bySign: false,
    flipsAt: [ZERO, { q: ceiling, reached: true }],
    gate: (q) => (q > 0 && q < ceiling ? 1 : 0),
    starts: [{ value: ceiling, begins: (q) => q >= ceiling }],
  }),
};

/** What starts at a unit, together; 0 where nothing does. */
export const startAt = ({ starts }: ScalarGate, q: number): number =>
  starts.reduce((sum, { value, begins }) => (begins(q) ? sum + value : sum), 0);

/** The rule on numbers. */
export const scalarGate = <K extends GateKind>(rule: GateRule<K>): ScalarGate => SCALAR_GATES[rule.kind](rule);
