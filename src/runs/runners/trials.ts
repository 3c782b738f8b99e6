/** Experiments of many trainings: each is a trial with a place of its own, run by whatever executor. */
import { DATASET_NAMES } from "../../data/index.ts";
import { type ExperimentKind, type Trial, trialsOf, trialsOfArms } from "../../experiments/index.ts";
import { parseChoice } from "../../parse-value.ts";
import type { TrainingPlan } from "../../train/index.ts";
import type { TrialJob } from "../executor.ts";
import { findRecord, metricsOf } from "../run-files.ts";
import type { Store } from "../store.ts";
import type { GivenFile, LearntFrom } from "../trial-request.ts";
import { missingLines, type TrialState, trialState } from "../trial-states.ts";
import type { ExperimentJob, ExperimentView, Runner, TrialFindings } from "./runner.ts";

type TrialKind = "regimes" | "arms";

/** The trials of an experiment as it is asked for. */
const TRIALS = {
  regimes: ({ experiment, profile, options }) => trialsOf(experiment, experiment.profiles[profile], options),
  arms: ({ experiment, profile, options }) => trialsOfArms(experiment, experiment.profiles[profile], options),
} as const satisfies { readonly [K in TrialKind]: (asked: Omit<ExperimentView<K>, "store">) => readonly Trial[] };

/** The trials of an experiment of any kind, as it is asked for; none of one without. */
export function trialsAsked({
  experiment,
  profile,
  options,
}: Omit<ExperimentView<ExperimentKind>, "store">): readonly Trial[] {
  switch (experiment.kind) {
    case "regimes":
      return TRIALS.regimes({ experiment, profile, options });
    case "arms":
      return TRIALS.arms({ experiment, profile, options });
    default:
      return [];
  }
}

/** The state of each trial in its place; a complete run of other epochs than asked for is `interrupted`. */
export async function statesOf(store: Store, trials: readonly Trial[]): Promise<readonly TrialState[]> {
  const states: TrialState[] = [];
  // one after the other: thousands of runs are not held at once
  for (const trial of trials) {
    const run = store.at(trial.id);
    const record = await findRecord(run);
    states.push(trialState(trial, record, record === undefined ? 0 : (await metricsOf(run)).length));
  }
  return states;
}

function jobOf<K extends TrialKind>(
  { experiment, profile, store, places, device, command, networks = [] }: ExperimentJob<K>,
  { id, plan, learntFrom, keepBestUntil, labels }: Trial,
): TrialJob {
  const { data, own, limit, testLimit } = experiment.profiles[profile];
  const given = givenTo(plan, networks);
  return {
    id,
    after: learntFrom?.trial,
    request: {
      directory: store.nameOf(id),
      plan,
      data: {
        ...places,
        name: data,
        ...(own === undefined ? {} : { own }),
        limit: limit ?? null,
        testLimit: testLimit ?? null,
        ...(labels === undefined ? {} : { labels }),
      },
      learntFrom: learntFrom === undefined ? null : sourceOf(store, learntFrom),
      keepBestUntil,
      ...(given.length === 0 ? {} : { given }),
      device,
      threads: 1,
      command,
      resume: true,
    },
  };
}

/** Those of the networks that a plan names. */
export function givenTo({ gates = [], init }: TrainingPlan, networks: readonly GivenFile[]): readonly GivenFile[] {
  const names = new Set(gates.map(({ from }) => (typeof from === "string" ? from : from.network)));
  return networks.filter(({ network }) => names.has(network) || init?.network === network);
}

const sourceOf = (store: Store, { trial, until, at }: NonNullable<Trial["learntFrom"]>): LearntFrom => ({
  label:
    at !== undefined
      ? `../${trial}@${at}`
      : until === undefined
        ? `../${trial}`
        : `../${trial}, best of ${until} epochs`,
  ...(at === undefined ? {} : { at }),
  directory: store.nameOf(trial),
  until: until ?? null,
});

function trialRunner<K extends TrialKind>(
  kind: K,
  trialsFor: (asked: Omit<ExperimentView<K>, "store">) => readonly Trial[],
) {
  const find = async (view: ExperimentView<K>) => {
    const { experiment, profile, store } = view;
    const trials = trialsFor(view);
    const states = await statesOf(store, trials);
    const [first] = trials;
    const run = first === undefined ? undefined : await findRecord(store.at(first.id));
    const outcomes: TrialFindings["outcomes"] = new Map();
    const missing = missingLines(states);
    return { kind, experiment, profile, trials, states, outcomes, missing, dataSource: run?.data.source };
  };
  return {
    find,
    parts: () => [],
    async run(
      job: ExperimentJob<K>,
      { executor, loadData }: Parameters<Runner<K>["run"]>[1],
      watch: Parameters<Runner<K>["run"]>[2],
    ) {
      const trials = trialsFor(job);
      // one clear refusal before anything is written, and not one a trial
      const { data, own } = job.experiment.profiles[job.profile];
      if (own === undefined) await loadData(parseChoice("data set", data, DATASET_NAMES));
      await using _place = await job.claim();
      for (const { id, epochs } of await statesOf(job.store, trials)) watch.onEvent({ kind: "found", id, epochs });
      const outcomes = await executor.run(
        trials.map((trial) => jobOf(job, trial)),
        watch,
      );
      return { ...(await find(job)), outcomes };
    },
  };
}

export const regimesRunner: Runner<"regimes"> = trialRunner("regimes", TRIALS.regimes);
export const armsRunner: Runner<"arms"> = trialRunner("arms", TRIALS.arms);
