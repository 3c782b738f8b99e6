/**
 * Runs what is not done yet of a sweep, in one process or as one of many tasks: each takes what nobody else has, and the
 * folders of the trials are all that they know of each other.
 */
import type { PoolEvent, TrialJob, TrialOutcome } from "../../runs/index.ts";
import { findRun } from "../../runs/node/index.ts";
import { inTaskOrder, ownFamilies } from "../task-order.ts";
import { jobOf, type SweepTrial, type TrainingTrial } from "../trial.ts";
import type { TrialLook } from "../trial-look.ts";
import { lookAtAll, trialLooker } from "./look.ts";
import { runParts } from "./run-parts.ts";
import { type Sweep, trialFolder } from "./sweep-folder.ts";
import type { FailedTrial, SweepRun, SweepRunResult, SweepWatch } from "./sweep-run.ts";

/** Runs what is not done yet, and what others leave behind meanwhile. */
export async function runSweep(sweep: Sweep, run: SweepRun, watch: SweepWatch): Promise<SweepRunResult> {
  const { directory, trials } = sweep;
  const parts = trials.filter((trial) => trial.kind === "part");
  if (parts.length > 0) return await runParts(sweep, parts, run, watch);
  const { task, places, command, retryFailed } = run;
  const { executor, signal, onEvent, now } = watch;
  const look = await trialLooker(directory, now);
  const folderOf = (trial: string): string => trialFolder(directory, trial);
  const ordered = (task === undefined ? trials : inTaskOrder(trials, task)).filter(isTraining);
  const byName = new Map(trials.map((trial) => [trial.trial, trial]));
  const ended = new Map<string, TrialOutcome>();
  const hasFailedHere = (name: string): boolean => isFailure(ended.get(name));
  const own = task === undefined ? undefined : ownFamilies(trials, task);
  // of many tasks one tries it again, not all of them
  const isOwn = (name: string): boolean => own?.has(byName.get(name)?.family ?? "") ?? true;
  /** Whether a trial is for whoever comes first. */
  const isOpen = ({ trial, status }: TrialLook): boolean =>
    !hasFailedHere(trial) &&
    (status === "waiting" || status === "stalled" || (status === "failed" && retryFailed && isOwn(trial)));
  const skip = async (name: string): Promise<TrialOutcome | undefined> => {
    const trial = byName.get(name);
    const found = trial && (await look(trial));
    if (found === undefined || isOpen(found)) return undefined;
    return await outcomeElsewhere(found, folderOf(name));
  };

  let looks = await lookAtAll(ordered, look);
  for (const { trial, epochs } of looks) onEvent({ kind: "found", id: trial, epochs });
  const trained = new Set<string>();
  const onTrial = (event: PoolEvent): void => {
    if (event.kind === "progress") trained.add(event.id);
    onEvent(event);
  };
  while (!signal.aborted) {
    const jobs = openJobs(ordered, looks, isOpen).map((trial) => jobOf(trial, { folderOf, ...places }, command));
    if (jobs.length === 0) break;
    const outcomes = await executor.run(waitingForEachOther(jobs), { signal, onEvent: onTrial, skip });
    let news = 0;
    for (const [name, outcome] of outcomes) {
      ended.set(name, outcome);
      if (outcome.status === "completed") news += 1;
    }
    // others may have left something since: it is looked at again as long as that changes anything
    looks = await lookAtAll(ordered, look);
    if (news === 0) break;
  }
  const completed = [...trained].filter((name) => ended.get(name)?.status === "completed").length;
  return { looks: inPlanOrder(trials, looks), completed, failed: failuresOf(looks, ended) };
}

const isTraining = (trial: SweepTrial): trial is TrainingTrial => trial.kind === "training";

/** What may be run now: trials that are open, whose gates are there or are open too. Those that have stalled come last. */
function openJobs(
  ordered: readonly TrainingTrial[],
  looks: readonly TrialLook[],
  isOpen: (look: TrialLook) => boolean,
): readonly TrainingTrial[] {
  const byName = new Map(looks.map((look) => [look.trial, look]));
  const isReady = ({ trial, after }: TrainingTrial): boolean => {
    const [own, before] = [byName.get(trial), after === null ? undefined : byName.get(after)];
    return own !== undefined && isOpen(own) && (before === undefined || before.status === "done" || isOpen(before));
  };
  const ready = ordered.filter(isReady);
  // who has died over a trial cannot always be seen to: taking it over may take its lease
  const hasStalled = ({ trial }: TrainingTrial): boolean => byName.get(trial)?.status === "stalled";
  return [...ready.filter((trial) => !hasStalled(trial)), ...ready.filter(hasStalled)];
}

/** Jobs wait for those that are run with them; all others that they need are done. */
function waitingForEachOther(jobs: readonly TrialJob[]): readonly TrialJob[] {
  const names = new Set(jobs.map(({ id }) => id));
  return jobs.map((job) => (job.after === undefined || names.has(job.after) ? job : { ...job, after: undefined }));
}

/** How a trial has ended that is not run here. */
async function outcomeElsewhere({ trial, status, reason, by }: TrialLook, folder: string): Promise<TrialOutcome> {
  if (status === "done") {
    const result = (await findRun(folder))?.result;
    if (result !== undefined && result !== null) return { status: "completed", result };
  }
  if (status === "failed") {
    return {
      status: "failed",
      message: reason ?? `${trial} has failed`,
      hint: "mend what stopped it, then run it again",
    };
  }
  return {
    ...{ status: "failed", code: "in-use" },
    message: `${trial} is run by ${by ?? "another process"}`,
    hint: "wait for it, or stop it there",
  };
}

/** What another runs is no failure. */
const isFailure = (
  outcome: TrialOutcome | undefined,
): outcome is Extract<TrialOutcome, { readonly status: "failed" }> =>
  outcome?.status === "failed" && outcome.code !== "in-use";

function failuresOf(looks: readonly TrialLook[], ended: ReadonlyMap<string, TrialOutcome>): readonly FailedTrial[] {
  return looks.flatMap(({ trial, status, reason }) => {
    const outcome = ended.get(trial);
    if (isFailure(outcome) && status !== "done") {
      const { code, message, hint } = outcome;
      return [{ trial, code, message, hint }];
    }
    if (status !== "failed") return [];
    const message = reason ?? `${trial} has failed`;
    return [{ trial, code: undefined, message, hint: "mend what stopped it, then run it again" }];
  });
}

function inPlanOrder(trials: readonly SweepTrial[], looks: readonly TrialLook[]): readonly TrialLook[] {
  const byName = new Map(looks.map((look) => [look.trial, look]));
  return trials.flatMap(({ trial }) => byName.get(trial) ?? []);
}
