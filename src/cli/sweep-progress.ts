/** Draws how a process runs a sweep. */
import type { ExperimentEvent, TrialLength } from "../runs/index.ts";
import type { CliContext } from "./context.ts";
import { countProgress, trialProgress } from "./progress.ts";

/** What a sweep is watched by. */
export interface SweepProgress {
  readonly onEvent: (event: ExperimentEvent) => void;
  readonly close: () => void;
}

/** @param lengths of trainings; none of an experiment's parts, which are run one after the other */
export function sweepProgress(context: CliContext, lengths: readonly TrialLength[], workers: number): SweepProgress {
  if (lengths.length === 0) return partProgress(context);
  const { onEvent, close } = trialProgress(context, lengths, { workers });
  return { onEvent: (event) => void (event.kind === "count" || onEvent(event)), close };
}

function partProgress(context: CliContext): SweepProgress {
  let bar: ReturnType<typeof countProgress> | undefined;
  return {
    onEvent(event) {
      if (event.kind === "count") bar?.update(event.done, event.of);
      if (event.kind !== "started") return;
      bar?.close();
      bar = countProgress(context, event.id, "steps");
    },
    close: () => bar?.close(),
  };
}
