import cliProgress from "cli-progress";
import type { PoolEvent } from "../runs/index.ts";
import type { CliContext } from "./context.ts";

/** Draws what a pool of trials does; quiet where standard error is no terminal. */
export interface TrialProgressView {
  readonly onEvent: (event: PoolEvent) => void;
  readonly close: () => void;
}

export interface TrialLength {
  readonly id: string;
  readonly epochs: number;
}

/** Progress of a bar in units of an epoch: fine enough to move within one. */
const UNITS = 1000;

/** One line a running trial, with its best accuracy, and one for all of them with the time left. */
export function trialProgress(context: CliContext, trials: readonly TrialLength[]): TrialProgressView {
  if (context.json || !context.stderr.isTTY) return { onEvent: () => {}, close: () => {} };
  const bars = new cliProgress.MultiBar(
    {
      stream: context.stderr,
      hideCursor: true,
      clearOnComplete: false,
      format: "{name} {bar} {percentage}% {epochs} {note}",
      barsize: 24,
      etaBuffer: 200,
      autopadding: true,
    },
    cliProgress.Presets.shades_grey,
  );
  const epochsOf = new Map(trials.map(({ id, epochs }) => [id, epochs]));
  const width = Math.max(5, ...trials.map(({ id }) => id.length));
  const total = trials.reduce((sum, { epochs }) => sum + epochs, 0);
  const done = new Map<string, number>();
  const best = new Map<string, number>();
  const running = new Map<string, cliProgress.SingleBar>();
  const name = (text: string): string => text.padEnd(width);
  const all =
    trials.length < 2
      ? undefined
      : bars.create(
          total * UNITS,
          0,
          { name: name("all"), epochs: "", note: "" },
          { format: "{name} {bar} {percentage}% {duration_formatted} elapsed, {eta_formatted} left" },
        );

  const advance = (id: string, epochs: number): void => {
    done.set(id, epochs);
    const accuracy = best.get(id);
    running.get(id)?.update(Math.round(epochs * UNITS), {
      epochs: `${Math.floor(epochs)}/${epochsOf.get(id)} epochs`,
      note: accuracy === undefined ? "" : `best ${accuracy.toFixed(2)} %`,
    });
    all?.update(Math.round([...done.values()].reduce((sum, one) => sum + one, 0) * UNITS));
  };

  return {
    onEvent(event) {
      switch (event.kind) {
        case "started":
          running.set(
            event.id,
            bars.create((epochsOf.get(event.id) ?? 1) * UNITS, 0, { name: name(event.id), epochs: "", note: "" }),
          );
          break;
        case "progress":
          if (event.progress.kind === "epoch") {
            const { epoch, testAccuracy } = event.progress.metrics;
            best.set(event.id, Math.max(best.get(event.id) ?? 0, testAccuracy));
            advance(event.id, epoch);
          } else {
            advance(event.id, event.progress.epoch - 1 + event.progress.step / event.progress.steps);
          }
          break;
        case "ended": {
          if (event.outcome.status === "completed") advance(event.id, epochsOf.get(event.id) ?? 0);
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
): { readonly update: (done: number, of: number) => void; readonly close: () => void } {
  if (context.json || !context.stderr.isTTY) return { update: () => {}, close: () => {} };
  const bar = new cliProgress.SingleBar(
    {
      stream: context.stderr,
      hideCursor: true,
      clearOnComplete: true,
      format: `${name} {bar} {value}/{total} ${things}, {eta_formatted} left`,
    },
    cliProgress.Presets.shades_grey,
  );
  return {
    update(done, of) {
      if (bar.getTotal() !== of || done === 0) bar.start(of, done);
      bar.update(done);
    },
    close: () => bar.stop(),
  };
}
