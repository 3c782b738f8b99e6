/**
 * How few units keep a decision alone (theory 7): units that carry least of it are closed, all other gates decided anew, as long as a
 * share of the margin is left. Such a set is found for one example and says little about others: it is told with what it says of them.
 */
import { activeUnits, type Closed, close, closeOthers, decisionIn, unitFlow } from "./closing.ts";
import type { ChosenUnit } from "./removal.ts";

/** Units that keep a decision when all others are closed. */
export interface SufficientSet {
  /** Largest flow first, of what flows when all others are closed. */
  readonly units: readonly ChosenUnit[];
  /** How far the decided logit is above the largest other. */
  readonly margin: number;
  /** The same when only these units are left. */
  readonly keptMargin: number;
  /** Whether each unit was tried: none of them can be closed, too, at the end. False where the search was ended at its limit. */
  readonly isMinimal: boolean;
}

/** Units that are tried one by one and cannot be closed before the search ends; fewer where so many passes take longer than this. */
const MOST_TRIES = 2048;
const LEAST_TRIES = 64;
const MOST_SECONDS = 20;

/**
 * Closes the units through which least flows to the margin, a sixteenth of those that are left at a time, fewer where the margin would
 * not be kept, one by one at last. Yields after each pass through the network how many units are closed.
 * @param share of the margin that is kept, from 0 to 1
 */
export function* sufficientSet(start: Closed, share: number): Generator<number, SufficientSet> {
  const { decision, margin } = decisionIn(start);
  const keeps = (state: Closed): boolean => {
    const now = decisionIn(state);
    return now.decision === decision && now.margin >= share * margin;
  };
  const left = new Set(activeUnits(start));
  const active = left.size;
  const mostTries = Math.max(LEAST_TRIES, Math.min(MOST_TRIES, Math.floor(MOST_SECONDS / start.plan.seconds)));
  const inactive = closeOthers(start, [...left]);
  yield 0;
  // gates that only open when others close are no part of the decision
  let state = keeps(inactive) ? inactive : start;
  const needed = new Set<number>();
  let most = Number.POSITIVE_INFINITY;
  let flow = flowIn(state);
  while (needed.size < left.size && needed.size < mostTries) {
    const tried = [...left].filter((unit) => !needed.has(unit)).sort((a, b) => flow[a]! - flow[b]! || a - b);
    const count = Math.max(1, Math.min(most, Math.floor(left.size / 16)));
    const chunk = tried.slice(0, count);
    const after = close(state, chunk);
    yield active - left.size;
    if (keeps(after)) {
      state = after;
      for (const unit of chunk) left.delete(unit);
      flow = flowIn(state);
    } else if (chunk.length > 1) most = Math.floor(chunk.length / 2);
    else for (const unit of chunk) needed.add(unit);
  }
  const units = [...left].map((unit) => ({ unit, flow: flow[unit] ?? 0 })).sort((a, b) => b.flow - a.flow);
  return { units, margin, keptMargin: decisionIn(state).margin, isMinimal: needed.size === left.size };

  function flowIn(of: Closed): Float64Array {
    const { runnerUp } = decisionIn(of);
    return unitFlow(of, decision, runnerUp);
  }
}

/** What a network decides of another example when only these units are left. */
export const decisionOfOnly = (example: Closed, units: readonly ChosenUnit[]): number =>
  decisionIn(
    closeOthers(
      example,
      units.map(({ unit }) => unit),
    ),
  ).decision;
