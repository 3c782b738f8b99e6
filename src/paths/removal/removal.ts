/**
 * How few units have to be closed, one behind the other in some order, before a network decides otherwise (theory 7): in the order of
 * what flows through them to the margin, renewed as they close; for comparison by activation and in random order.
 */
import { activeUnits, type Closed, close, decisionIn, unitFlow, unitValues } from "./closing.ts";

/** A unit among those of all layers, and what flowed through it when it was chosen. */
export interface ChosenUnit {
  readonly unit: number;
  readonly flow: number;
}

/** What was closed, in its order, and what the network decides then. */
export interface Removal {
  readonly removed: readonly ChosenUnit[];
  /** Null where closing all active units changes nothing. */
  readonly becomes: number | null;
}

/** Active units up to which they are closed one at a time; of more an eighth of those that are closed already. */
const ONE_AT_A_TIME = 2048;

/** The next units to close, at most so many; none where none is left. */
export type RemovalOrder = (state: Closed, count: number) => readonly ChosenUnit[];

/** Largest flow to the decided output less the strongest other, as it is with what is closed. */
export function flowOrder(start: Closed): RemovalOrder {
  const left = new Set(activeUnits(start));
  const { decision } = decisionIn(start);
  return (state, count) => {
    const flow = unitFlow(state, decision, decisionIn(state).runnerUp);
    const chosen = largest(left, flow, count);
    for (const unit of chosen) left.delete(unit);
    return chosen.map((unit) => ({ unit, flow: flow[unit] ?? 0 }));
  };
}

/** Largest values behind the gates first, by magnitude. */
export function activationOrder(start: Closed): RemovalOrder {
  const values = unitValues(start).map(Math.abs);
  return inOrder(largest(new Set(activeUnits(start)), values, Number.POSITIVE_INFINITY));
}

/** @param permutation a random order of as many numbers as there are active units */
export function randomOrder(start: Closed, permutation: (count: number) => Int32Array): RemovalOrder {
  const units = activeUnits(start);
  return inOrder(Array.from(permutation(units.length), (place) => units[place] ?? 0));
}

function inOrder(units: readonly number[]): RemovalOrder {
  let next = 0;
  return (_, count) => {
    const chosen = units.slice(next, next + count);
    next += chosen.length;
    return chosen.map((unit) => ({ unit, flow: 0 }));
  };
}

function largest(units: ReadonlySet<number>, by: Float64Array, count: number): readonly number[] {
  if (count > 1) return [...units].sort((a, b) => by[b]! - by[a]! || a - b).slice(0, count);
  let best = -1;
  for (const unit of units) if (best < 0 || by[unit]! > by[best]!) best = unit;
  return best < 0 ? [] : [best];
}

/**
 * Closes units until the decision is another. Where several are closed at a time, the fewest of the last ones that change it are
 * found by halving. Yields after each pass through the network how many units are closed.
 */
export function* removal(start: Closed, order: RemovalOrder): Generator<number, Removal> {
  const { decision } = decisionIn(start);
  const active = activeUnits(start).length;
  const removed: ChosenUnit[] = [];
  let state = start;
  for (;;) {
    const chunk = order(state, active <= ONE_AT_A_TIME ? 1 : Math.max(1, Math.floor(removed.length / 8)));
    if (chunk.length === 0) return { removed, becomes: null };
    const closing = (count: number): Closed =>
      close(
        state,
        chunk.slice(0, count).map(({ unit }) => unit),
      );
    const after = closing(chunk.length);
    yield removed.length;
    let becomes = decisionIn(after).decision;
    if (becomes === decision) {
      state = after;
      for (const one of chunk) removed.push(one);
      continue;
    }
    let [same, other] = [0, chunk.length];
    while (other - same > 1) {
      const middle = Math.ceil((same + other) / 2);
      const decided = decisionIn(closing(middle)).decision;
      yield removed.length;
      if (decided === decision) same = middle;
      else [other, becomes] = [middle, decided];
    }
    return { removed: [...removed, ...chunk.slice(0, other)], becomes };
  }
}
