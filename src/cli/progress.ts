import cliProgress from "cli-progress";
import { largestOf } from "../graph/index.ts";
import type { StageProgress } from "../models/index.ts";
import {
  type Estimate,
  epochsDone,
  followEstimate,
  type PoolEvent,
  type TrialLength,
  type TrialProgress,
  trialEstimate,
} from "../runs/index.ts";
import type { CliContext } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { note } from "./output.ts";
import { shown } from "./shown.ts";
import { secondsLeft } from "./time-left.ts";

/**
 * Draws what a pool of trials does, with the time that it will take once an epoch or a minute is over; where standard
 * error is no terminal, it is one line with that time, for what takes longer than a minute.
 */
export interface TrialProgressView {
  readonly onEvent: (event: PoolEvent) => void;
  readonly close: () => void;
}

export interface TrialProgressOptions {
  /** Trials that run side by side. */
  readonly workers: number;
  /** Milliseconds from any fixed point. */
  readonly clock?: () => number;
}

/** Before a minute is over, an estimate is worth little. */
export const FIRST_ESTIMATE_S = 60;
/** Progress of a bar in units of an epoch: fine enough to move within one. */
const UNITS = 1000;

/** Mean training loss of the epoch under way, or of the one that has just ended. */
const lossOf = (progress: TrialProgress): number =>
  progress.kind === "epoch" ? progress.metrics.trainLoss : progress.loss;

/** One line a running trial, with its loss and its best accuracy, and one for all of them with the time left. */
export function trialProgress(
  context: CliContext,
  trials: readonly TrialLength[],
  { workers, clock = () => performance.now() }: TrialProgressOptions,
): TrialProgressView {
  const estimate = trialEstimate(trials, workers);
  const started = clock();
  const elapsed = (): number => (clock() - started) / 1000;
  const view =
    context.json || !context.stderr.isTTY
      ? oneEstimate(context, estimate, elapsed)
      : trialBars(context, trials, estimate, elapsed);
  const said = new Set<string>();
  return {
    ...view,
    onEvent(event) {
      if (event.kind === "notice" && said.has(event.text)) return;
      if (event.kind === "notice") said.add(event.text);
      view.onEvent(event);
    },
  };
}

/** One line after the first minute. */
function oneEstimate(context: CliContext, estimate: Estimate, elapsed: () => number): TrialProgressView {
  let isSaid = false;
  return {
    onEvent(event) {
      if (event.kind === "notice") note(context, shown(event.text));
      if (isSaid) return;
      const seconds = elapsed();
      followEstimate(estimate, event, seconds);
      const left = estimate.left();
      if (seconds < FIRST_ESTIMATE_S || left === undefined || left === 0) return;
      isSaid = true;
      note(context, `after ${formatDuration(seconds)}: about ${formatDuration(seconds + left)} in all`);
    },
    close: () => {},
  };
}

function trialBars(
  context: CliContext,
  trials: readonly TrialLength[],
  estimate: Estimate,
  elapsed: () => number,
): TrialProgressView {
  const bars = new cliProgress.MultiBar(
    {
      stream: context.stderr,
      hideCursor: true,
      clearOnComplete: false,
      format: "{name} {bar} {percentage}% {epochs} {note}",
      barsize: 24,
      autopadding: true,
    },
    cliProgress.Presets.shades_grey,
  );
  const lengths = new Map(trials.map(({ id, plan }) => [id, plan.epochs]));
  const width = largestOf(
    trials.map(({ id }) => id.length),
    5,
  );
  const total = trials.reduce((sum, { plan }) => sum + plan.epochs, 0);
  const done = new Map<string, number>();
  const best = new Map<string, number>();
  /** Of the steps of the epoch under way. */
  const losses = new Map<string, number>();
  const running = new Map<string, cliProgress.SingleBar>();
  const name = (text: string): string => text.padEnd(width);
  const all =
    trials.length < 2
      ? undefined
      : bars.create(
          total * UNITS,
          0,
          { name: name("all"), time: "" },
          { format: "{name} {bar} {percentage}% {duration_formatted} elapsed{time}" },
        );

  /** `, about 12 min left of 20 min`, or nothing before it can be told. */
  const timeLeft = (): string => {
    const seconds = elapsed();
    const isEarly = seconds < FIRST_ESTIMATE_S && best.size === 0;
    const left = isEarly ? undefined : estimate.left();
    return left === undefined ? "" : `, about ${formatDuration(left)} left of ${formatDuration(seconds + left)}`;
  };
  const advance = (id: string, epochs: number): void => {
    done.set(id, epochs);
    const accuracy = best.get(id);
    const loss = losses.get(id);
    const words = [
      ...(loss === undefined ? [] : [`loss ${loss.toPrecision(3)}`]),
      ...(accuracy === undefined ? [] : [`best ${accuracy.toFixed(2)} %`]),
    ];
    const time = timeLeft();
    running.get(id)?.update(Math.round(epochs * UNITS), {
      epochs: `${Math.floor(epochs)}/${lengths.get(id)} epochs`,
      note: words.join(", ") + (all === undefined ? time : ""),
    });
    all?.update(Math.round([...done.values()].reduce((sum, one) => sum + one, 0) * UNITS), { time });
  };

  return {
    onEvent(event) {
      followEstimate(estimate, event, elapsed());
      switch (event.kind) {
        case "notice":
          bars.log(`${shown(event.text)}\n`);
          break;
        case "found":
          if (event.epochs > 0) advance(event.id, event.epochs);
          break;
        case "started":
          running.set(
            event.id,
            bars.create((lengths.get(event.id) ?? 1) * UNITS, 0, { name: name(event.id), epochs: "", note: "" }),
          );
          break;
        case "progress":
          if (event.progress.kind === "epoch") {
            const { testAccuracy } = event.progress.metrics;
            best.set(event.id, Math.max(best.get(event.id) ?? 0, testAccuracy));
          }
          losses.set(event.id, lossOf(event.progress));
          advance(event.id, epochsDone(event.progress));
          break;
        case "ended": {
          if (event.outcome.status === "completed") advance(event.id, lengths.get(event.id) ?? 0);
          const bar = running.get(event.id);
          if (bar !== undefined && trials.length > 1) bars.remove(bar);
          running.delete(event.id);
          break;
        }
      }
    },
    close: () => bars.stop(),
  };
}

/** A bar for bytes that arrive. */
export function byteProgress(context: CliContext): {
  readonly update: (file: string, received: number, total: number | undefined) => void;
  readonly close: () => void;
} {
  if (context.json || !context.stderr.isTTY) return { update: () => {}, close: () => {} };
  const bars = new cliProgress.MultiBar(
    {
      stream: context.stderr,
      hideCursor: true,
      format: "{file} {bar} {percentage}% {speed} kB/s, {eta_formatted} left",
    },
    cliProgress.Presets.shades_grey,
  );
  const running = new Map<
    string,
    { readonly bar: cliProgress.SingleBar; readonly since: number; readonly from: number }
  >();
  return {
    update(file, received, total) {
      const known = running.get(file) ?? {
        bar: bars.create(total ?? received, received, { file: file.padEnd(26), speed: "0" }),
        since: Date.now(),
        from: received,
      };
      running.set(file, known);
      const seconds = (Date.now() - known.since) / 1000;
      known.bar.update(received, {
        speed: seconds === 0 ? "0" : ((received - known.from) / 1000 / seconds).toFixed(0),
      });
    },
    close: () => bars.stop(),
  };
}

/** Runs work under a bar that counts what is done, and takes the bar away whatever happens. */
export async function withCount<T>(
  context: CliContext,
  name: string,
  things: string,
  run: (onProgress: (done: number, of: number) => void) => Promise<T>,
): Promise<T> {
  const bar = countProgress(context, name, things);
  try {
    return await run(bar.update);
  } finally {
    bar.close();
  }
}

/** A bar for a count of like things that are worked off. */
export function countProgress(
  context: CliContext,
  name: string,
  things: string,
  clock: () => number = () => performance.now(),
): { readonly update: (done: number, of: number) => void; readonly close: () => void } {
  if (context.json || !context.stderr.isTTY) return { update: () => {}, close: () => {} };
  const bar = new cliProgress.SingleBar(
    {
      stream: context.stderr,
      hideCursor: true,
      clearOnComplete: true,
      format: `${name} {bar} {value}/{total} ${things}{left}`,
    },
    cliProgress.Presets.shades_grey,
  );
  let estimate = secondsLeft(clock);
  return {
    update(done, of) {
      if (bar.getTotal() !== of || done === 0) {
        estimate = secondsLeft(clock);
        bar.start(of, done, { left: "" });
      }
      const left = estimate(done, of);
      bar.update(done, { left: left === undefined ? "" : `, about ${formatDuration(left)} left` });
    },
    close: () => bar.stop(),
  };
}

/** Runs work that tells its stages, under one bar after the other, and takes the last away whatever happens. */
export async function withStages<T>(
  context: CliContext,
  run: (onProgress: (progress: StageProgress) => void) => Promise<T>,
): Promise<T> {
  let current: { readonly stage: string; readonly bar: ReturnType<typeof countProgress> } | undefined;
  try {
    return await run(({ stage, things, done, of }) => {
      if (current?.stage !== stage) {
        current?.bar.close();
        current = { stage, bar: countProgress(context, stage, things) };
      }
      current.bar.update(done, of);
    });
  } finally {
    current?.bar.close();
  }
}
