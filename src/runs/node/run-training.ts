/** One training into a directory, as `train` does it: what its options choose, and what must come before it. */
import { join, relative, resolve } from "node:path";
import { readBytes } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { gateTraining, type Training, type TrainingOptions, trainingName } from "../../experiments/index.ts";
import type { Executor, TrialJob, TrialOutcome, TrialWatch } from "../executor.ts";
import { checkResumable } from "../resuming.ts";
import { requestOf, type TrialPlace } from "../trial-request.ts";
import { localPool } from "./pool.ts";
import { findRun } from "./run-directory.ts";

/** A training, and where its run stands. */
export interface TrainingRequest extends Omit<TrialPlace, "learntFrom"> {
  readonly training: Training;
}

/** Bytes of an architecture: 100,000 layers take a tenth. */
const LONGEST_FILE = 2 ** 26;

/** Options of a training with the text of the file that its architecture stands in, if it does. */
export async function withArchitectureText(options: TrainingOptions): Promise<TrainingOptions> {
  const { arch } = options;
  if (typeof arch !== "object" || arch.text !== undefined) return options;
  return {
    ...options,
    arch: { file: arch.file, text: new TextDecoder().decode(await readBytes(arch.file, LONGEST_FILE)) },
  };
}

/** Where a run of it goes unless told otherwise. */
export const trainingFolder = (training: Training): string => `runs/${trainingName(training)}`;

/** What must be trained, in order: `flnpf` without a run to take gates from trains its ReLU network first, in `relu/`. */
export function trainingJobs({ training, ...at }: TrainingRequest): readonly TrialJob[] {
  const { directory } = at;
  const { from, plan } = training;
  const first = gateTraining(training);
  const source = first === undefined ? from : join(directory, "relu");
  const learntFrom =
    source === undefined
      ? null
      : { label: relative(resolve(directory), resolve(source)), directory: source, until: null };
  const own = { id: plan.regime, request: requestOf(training, { ...at, learntFrom }) };
  if (first === undefined || source === undefined) return [{ ...own, after: undefined }];
  const relu = requestOf(first, { ...at, directory: source, learntFrom: null });
  return [
    { id: "relu", request: relu, after: undefined },
    { ...own, after: "relu" },
  ];
}

/**
 * Trains into the directory, and first what it takes its gates from.
 * @param executor runs both; in processes of this machine unless told otherwise
 * @returns how it ended
 * @throws GatewiseError before anything is written, for a directory that is in use or holds another run, and for gates from
 * what is no trained ReLU network
 */
export async function runTraining(
  request: TrainingRequest,
  watch: TrialWatch,
  executor: Executor = localPool(1),
): Promise<TrialOutcome> {
  const jobs = trainingJobs(request);
  await checkSource(request.training);
  const own = jobs.at(-1);
  if (own === undefined) throw new Error("unreachable: a training without a job");
  if (jobs.length > 1) checkResumable(own.request, await findRun(request.directory));
  const outcomes = [...(await executor.run(jobs, watch)).values()];
  const outcome = outcomes.find(({ status }) => status === "failed") ?? outcomes.at(-1);
  if (outcome === undefined) throw new Error("unreachable: a training without an outcome");
  return outcome;
}

/** Refuses a source that is no trained ReLU network before anything is written. */
async function checkSource({ from, plan: { regime } }: Training): Promise<void> {
  if (from === undefined) return;
  const run = await findRun(from);
  if (run?.plan.regime === "relu") return;
  throw new GatewiseError({
    received: `\`from\` ${from}, ${run === undefined ? "which is no run directory" : `a run of regime ${run.plan.regime}`}`,
    expected: `a run of regime relu whose gates ${regime} takes`,
    next: "name such a run, or leave `from` out to train one first",
  });
}
