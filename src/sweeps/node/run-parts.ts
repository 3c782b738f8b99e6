/** Runs the parts of an experiment that is more than trainings, one after the other in this process. */
import { GatewiseError } from "../../errors.ts";
import { findExperiment, runExperiment } from "../../runs/node/index.ts";
import { inTaskOrder } from "../task-order.ts";
import type { PartTrial } from "../trial.ts";
import type { TrialLook } from "../trial-look.ts";
import { lookAtAll, trialLooker } from "./look.ts";
import type { Sweep } from "./sweep-folder.ts";
import type { FailedTrial, SweepRun, SweepRunResult, SweepWatch } from "./sweep-run.ts";

/** Each part that nobody else has, in the order of the task. A part that failed leaves no record: it is begun anew. */
export async function runParts(
  sweep: Sweep,
  parts: readonly PartTrial[],
  run: SweepRun,
  watch: SweepWatch,
): Promise<SweepRunResult> {
  const look = await trialLooker(sweep.directory, watch.now);
  const failed: FailedTrial[] = [];
  let completed = 0;
  for (const part of run.task === undefined ? parts : inTaskOrder(parts, run.task)) {
    if (watch.signal.aborted) break;
    const { status } = await look(part);
    if (status === "done" || status === "running") continue;
    watch.onEvent({ kind: "started", id: part.trial });
    const ending = await runPart(sweep, part, run, watch);
    if (ending === "completed") completed += 1;
    else if (ending !== "left") failed.push(ending);
  }
  const looks = await lookAtAll(parts, look);
  return { looks: looks.map((one) => withFailure(one, failed)), completed, failed };
}

/** Why it failed, or how it ended: `left` where it was stopped, and where another came first. */
async function runPart(
  { directory, record: { of, dataDir } }: Sweep,
  { part, trial }: PartTrial,
  { places, command }: SweepRun,
  { executor, signal, onEvent, clock }: SweepWatch,
): Promise<FailedTrial | "completed" | "left"> {
  const found = await findExperiment(directory);
  if (found === undefined || of.kind !== "experiment") throw new Error("unreachable: parts of no experiment");
  const { definition: experiment, profile, options } = found;
  const request = {
    ...{ experiment, profile, options, directory, command, device: of.device, resume: true },
    places: { ...places, dataDir: places.dataDir ?? dataDir },
    ...(part === null ? {} : { part }),
  };
  try {
    await runExperiment(request, { executor, signal, onEvent, clock });
    return "completed";
  } catch (thrown) {
    if (signal.aborted) return "left";
    if (!(thrown instanceof GatewiseError)) throw thrown;
    const { code, message, hint } = thrown;
    return code === "in-use" ? "left" : { trial, code, message, hint };
  }
}

const withFailure = (look: TrialLook, failed: readonly FailedTrial[]): TrialLook => {
  const own = failed.find(({ trial }) => trial === look.trial);
  return own === undefined ? look : { ...look, status: "failed", reason: own.message };
};
