/**
 * How long a table of trials still takes. A regime that has run tells seconds an epoch; for the others they follow from
 * those by the work of an epoch. Then the trials are handed to the workers in their order, as the pool does it.
 */
import { largestOf, smallestOf } from "../graph/index.ts";
import { stepWork, type TrainingPlan } from "../train/index.ts";
import type { PoolEvent, TrialProgress } from "./executor.ts";

export interface TrialSize {
  readonly id: string;
  /** Trials of one group take the same time an epoch. */
  readonly group: string;
  readonly epochs: number;
  /** Work of an epoch, in any unit that all trials share. */
  readonly work: number;
  /** The trial that must end first. */
  readonly after: string | undefined;
}

interface Place {
  readonly epochs: number;
  readonly seconds: number;
}

export interface Estimate {
  /** The trial stood at `epochs` (with a fraction) at a time. */
  readonly advance: (id: string, epochs: number, seconds: number) => void;
  /** Where a trial stood before anything was started. */
  readonly found: (id: string, epochs: number) => void;
  /** The trial ended, however it did. */
  readonly end: (id: string) => void;
  /** Seconds left for all trials, or undefined while no speed is known. */
  readonly left: () => number | undefined;
}

/** @param workers trials that run side by side */
export function estimateOf(trials: readonly TrialSize[], workers: number): Estimate {
  const standsAt = new Map<string, number>();
  const seen = new Map<string, { readonly first: Place; readonly last: Place }>();
  const ended = new Set<string>();

  /** Seconds an epoch of each group that has moved, with the work of such an epoch. */
  const speeds = (): ReadonlyMap<string, { readonly seconds: number; readonly work: number }> => {
    const sums = new Map<string, { seconds: number; epochs: number; work: number }>();
    for (const { id, group, work } of trials) {
      const places = seen.get(id);
      if (places === undefined) continue;
      const sum = sums.get(group) ?? { seconds: 0, epochs: 0, work };
      sum.seconds += places.last.seconds - places.first.seconds;
      sum.epochs += places.last.epochs - places.first.epochs;
      sums.set(group, sum);
    }
    return new Map(
      [...sums].flatMap(([group, { seconds, epochs, work }]) =>
        epochs > 0 ? [[group, { seconds: seconds / epochs, work }] as const] : [],
      ),
    );
  };

  const left = (): number | undefined => {
    const known = speeds();
    if (known.size === 0) return undefined;
    const perWork = [...known.values()].reduce((sum, { seconds, work }) => sum + seconds / work, 0) / known.size;
    const open = trials.filter(({ id }) => !ended.has(id));
    const length = ({ id, group, epochs, work }: TrialSize): number =>
      Math.max(0, epochs - (standsAt.get(id) ?? 0)) * (known.get(group)?.seconds ?? perWork * work);
    const isRunning = ({ id }: TrialSize): boolean => seen.has(id);
    const free = Array.from({ length: workers }, () => 0);
    const ends = new Map<string, number>();
    for (const trial of [...open.filter(isRunning), ...open.filter((one) => !isRunning(one))]) {
      const earliest = free.indexOf(smallestOf(free));
      const ready = trial.after === undefined ? 0 : (ends.get(trial.after) ?? 0);
      const end = Math.max(free[earliest] ?? 0, ready) + length(trial);
      free[earliest] = end;
      ends.set(trial.id, end);
    }
    return largestOf(ends.values(), 0);
  };

  return {
    found: (id, epochs) => void standsAt.set(id, epochs),
    advance(id, epochs, seconds) {
      standsAt.set(id, epochs);
      const here = { epochs, seconds };
      seen.set(id, { first: seen.get(id)?.first ?? here, last: here });
    },
    end: (id) => void ended.add(id),
    left,
  };
}

/** A trial whose time is to be told. */
export interface TrialLength {
  readonly id: string;
  readonly plan: TrainingPlan;
  /** The trial that must end first. */
  readonly after?: string | undefined;
}

/**
 * The estimate of trainings, by the work of their steps: those of one regime take the same time.
 * @param workers trials that run side by side
 */
export const trialEstimate = (trials: readonly TrialLength[], workers: number): Estimate =>
  estimateOf(
    trials.map(({ id, plan, after }) => ({
      id,
      group: plan.regime,
      epochs: plan.epochs,
      work: stepWork(plan),
      after,
    })),
    workers,
  );

/** Follows an estimate by what an executor tells. */
export function followEstimate(estimate: Estimate, event: PoolEvent, seconds: number): void {
  switch (event.kind) {
    case "found":
      estimate.found(event.id, event.epochs);
      break;
    case "progress":
      estimate.advance(event.id, epochsDone(event.progress), seconds);
      break;
    case "ended":
      estimate.end(event.id);
      break;
  }
}

/** Epochs that a trial has behind it, with a fraction. */
export const epochsDone = (progress: TrialProgress): number =>
  progress.kind === "epoch" ? progress.metrics.epoch : progress.epoch - 1 + progress.step / progress.steps;
