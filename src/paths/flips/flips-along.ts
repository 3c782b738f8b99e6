/**
 * Every flip on the way from one input to another, exactly, and where it is. Between two flips all values are linear in `t`; the next
 * flip is where the first of them gets to where it decides otherwise. Then what lies behind it is passed anew, as `a + b·t`: two passes
 * a flip of what hangs on it, and no step that could be too long.
 */
import type { Threshold } from "../../network/index.ts";
import type { ActiveNetwork } from "../active-network.ts";
import { type ChoiceDecider, type GateDecider, kindOf } from "./deciders.ts";
import { type Held, LinearRegion, type Values } from "./linear-region.ts";

/** A gate that opens or shuts, or a max-pool that passes another element. */
export interface Flip {
  /** Where: 0 at the first input, 1 at the other. */
  readonly at: number;
  /** Position of the gates or the max-pool. */
  readonly position: number;
  readonly kind: "gate" | "selection";
  /** In C order. */
  readonly unit: number;
  /** Of gates 0 or 1; of selections the unit of the pool's input. */
  readonly from: number;
  readonly to: number;
}

/** What a unit becomes next, and where. */
interface Next {
  readonly at: number;
  readonly unit: number;
  readonly state: number;
}

const NEVER: Next = { at: Number.POSITIVE_INFINITY, unit: -1, state: -1 };

/** A value against the one it decides by: further off than what rounding leaves, it is a jump. */
const ROUNDING = 1e-9;

/**
 * Yields how far it is with each flip, in order; undefined in place of those of a feature network that decide no gate of the paths.
 * @param active what the first input leaves of the network
 * @param other the elements of the other input
 */
export function* flipsAlong(
  active: ActiveNetwork,
  example: ArrayLike<number>,
  other: ArrayLike<number>,
): Generator<{ readonly at: number; readonly flip: Flip | undefined }, void> {
  const region = new LinearRegion(active);
  const start = Float64Array.from(example);
  const change = start.map((value, i) => other[i]! - value);
  const values = region.pass("values", start);
  const changes = region.pass("change", change);
  const next = region.held.map((held) => nextOf(held, values, changes, 0));
  const behind = region.held.map((held) => region.behind(held));
  for (;;) {
    const first = next.reduce((best, { at }, i) => (at < (next[best]?.at ?? Number.POSITIVE_INFINITY) ? i : best), 0);
    const [held, step, moved = []] = [region.held[first], next[first], behind[first]];
    if (held === undefined || step === undefined || step.at > 1) return;
    const before = held.states[step.unit] ?? 0;
    region.decide(held, step.unit, step.state);
    region.pass("values", start, values, moved);
    region.pass("change", change, changes, moved);
    for (const [i, one] of region.held.entries()) {
      if (i === first || moved.includes(one.by)) next[i] = nextOf(one, values, changes, step.at);
    }
    yield { at: step.at, flip: toldFlip(held, step, before) };
  }
}

function toldFlip(held: Held, { at, unit, state }: Next, before: number): Flip | undefined {
  if (held.told === undefined) return undefined;
  // a pre-activation behind the second threshold is saturated: its gate is shut
  const [from, to] = held.kind === "gate" ? [Number(before === 1), Number(state === 1)] : [before, state];
  return { at, position: held.told, kind: kindOf(held), unit, from, to };
}

/** The first unit that decides otherwise at or behind `t`. */
function nextOf(held: Held, values: Values, changes: Values, t: number): Next {
  const [a, b] = [values.get(held.by) ?? new Float64Array(), changes.get(held.by) ?? new Float64Array()];
  let largest = 0;
  for (let unit = 0; unit < a.length; unit++) largest = Math.max(largest, Math.abs(a[unit]!) + Math.abs(b[unit]!));
  const slack = ROUNDING * largest;
  return held.kind === "gate"
    ? nextGate(held, held.states, a, b, t, slack)
    : nextChoice(held, held.states, a, b, t, slack);
}

function nextGate(
  { flipsAt }: GateDecider,
  states: Int32Array,
  a: Float64Array,
  b: Float64Array,
  t: number,
  slack: number,
): Next {
  let best = NEVER;
  for (let unit = 0; unit < states.length; unit++) {
    const state = states[unit]!;
    const rises = passing(flipsAt[state], a[unit]!, b[unit]!, t, slack);
    const falls = passing(below(flipsAt[state - 1]), -a[unit]!, -b[unit]!, t, slack);
    if (rises < best.at) best = { at: rises, unit, state: state + 1 };
    if (falls < best.at) best = { at: falls, unit, state: state - 1 };
  }
  return best;
}

/** The threshold of what falls, as one of its negative that rises. */
const below = (threshold: Threshold | undefined): Threshold | undefined =>
  threshold && { q: -threshold.q, reached: !threshold.reached };

/** Where `a + b·t` passes a threshold that it has not passed, at or behind `t`. */
function passing(threshold: Threshold | undefined, a: number, b: number, t: number, slack: number): number {
  if (threshold === undefined) return Number.POSITIVE_INFINITY;
  const { q, reached } = threshold;
  if (b > 0) {
    const at = (q - a) / b;
    // at the other input itself it may just not have passed
    return at === 1 && !reached ? Number.POSITIVE_INFINITY : Math.max(at, t);
  }
  // a jump; or nothing comes to it any more, and it stays where it is
  return a + b * t > q + slack || (b === 0 && a === q && reached) ? t : Number.POSITIVE_INFINITY;
}

function nextChoice(
  { from, candidates }: ChoiceDecider,
  states: Int32Array,
  a: Float64Array,
  b: Float64Array,
  t: number,
  slack: number,
): Next {
  let best = NEVER;
  for (let unit = 0; unit < states.length; unit++) {
    const chosen = states[unit]!;
    for (let i = from[unit]!; i < from[unit + 1]!; i++) {
      const candidate = candidates[i]!;
      if (candidate === chosen) continue;
      const [lead, gain] = [a[chosen]! - a[candidate]!, b[candidate]! - b[chosen]!];
      let at = Number.POSITIVE_INFINITY;
      if (gain > 0) {
        at = lead / gain;
        // of two that are equal the first is selected: a later one at the other input itself is not
        if (at === 1 && candidate > chosen) continue;
      } else if (lead - gain * t < -slack || (gain === 0 && lead === 0 && candidate < chosen)) at = t;
      at = Math.max(at, t);
      if (at < best.at) best = { at, unit, state: candidate };
    }
  }
  return best;
}
