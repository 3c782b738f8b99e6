/** Progress of an experiment of any kind: bars of its trials, or a count of what is measured. */
import type { ExperimentKind } from "../experiments/index.ts";
import { type ExperimentEvent, trialsAsked } from "../runs/index.ts";
import type { ExperimentRequest } from "../runs/node/index.ts";
import type { CliContext } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { note } from "./output.ts";
import { countProgress, FIRST_ESTIMATE_S, trialProgress } from "./progress.ts";

export interface ExperimentProgressView {
  readonly onEvent: (event: ExperimentEvent) => void;
  readonly close: () => void;
}

type Asked = Pick<ExperimentRequest, "experiment" | "profile" | "options">;

/** What is counted of experiments without trials. */
const COUNTED = {
  watched: "measurements",
  monitor: "epochs and sets",
  trees: "epochs",
  theorem: "draws",
  influence: "trainings and scores",
  explanation: "epochs and measurements",
} as const satisfies Record<Exclude<ExperimentKind, "regimes" | "arms">, string>;

export function experimentProgress(
  context: CliContext,
  request: Asked & { readonly workers: number },
  clock: () => number = () => performance.now(),
): ExperimentProgressView {
  const { experiment, workers } = request;
  if (experiment.kind === "regimes" || experiment.kind === "arms") {
    const lengths = trialsAsked(request).map(({ id, plan, learntFrom }) => ({ id, plan, after: learntFrom?.trial }));
    const view = trialProgress(context, lengths, { workers, clock });
    return {
      close: view.close,
      onEvent(event) {
        if (event.kind !== "count") view.onEvent(event);
      },
    };
  }
  const bar = countProgress(context, experiment.name, COUNTED[experiment.kind]);
  const tellTime = context.stderr.isTTY ? () => {} : oneEstimate(context, clock);
  return {
    close: bar.close,
    onEvent(event) {
      if (event.kind !== "count") return;
      bar.update(event.done, event.of);
      tellTime(event.done, event.of);
    },
  };
}

/** In a pipe: one line with the time in all, after the first minute, by what was done in it. */
function oneEstimate(context: CliContext, clock: () => number): (done: number, of: number) => void {
  const started = clock();
  let before: number | undefined;
  let isSaid = false;
  return (done, of) => {
    const seconds = (clock() - started) / 1000;
    if (before === undefined || seconds < 1) before = done;
    if (isSaid || seconds < FIRST_ESTIMATE_S || done <= before || done >= of) return;
    isSaid = true;
    const left = (seconds * (of - done)) / (done - before);
    note(context, `after ${formatDuration(seconds)}: about ${formatDuration(seconds + left)} in all`);
  };
}
