import type { ExperimentKind } from "../../experiments/index.ts";
import { explanationRunner } from "./explanation.ts";
import { influenceRunner } from "./influence.ts";
import { monitorRunner } from "./monitor.ts";
import type { ExperimentJob, ExperimentView, FindingsOf, Runner, RunnerHost, RunnerWatch } from "./runner.ts";
import { theoremRunner } from "./theorem.ts";
import { treesRunner } from "./trees.ts";
import { armsRunner, regimesRunner } from "./trials.ts";
import { watchedRunner } from "./watched.ts";

/** How each kind of experiment runs, and how its results are read. */
const RUNNERS: { readonly [K in ExperimentKind]: Runner<K> } = {
  regimes: regimesRunner,
  arms: armsRunner,
  watched: watchedRunner,
  monitor: monitorRunner,
  trees: treesRunner,
  theorem: theoremRunner,
  influence: influenceRunner,
  explanation: explanationRunner,
};

export const runOf = <K extends ExperimentKind>(
  kind: K,
  job: ExperimentJob<K>,
  host: RunnerHost,
  watch: RunnerWatch,
): Promise<FindingsOf<K>> => RUNNERS[kind].run(job, host, watch);

/** The parts of an experiment that may be run apart, by their places; none where it is run as a whole, or by trials. */
export const partsAsked = <K extends ExperimentKind>(
  kind: K,
  view: Omit<ExperimentView<K>, "store">,
): readonly string[] => RUNNERS[kind].parts(view);

export const findingsOf = <K extends ExperimentKind>(kind: K, view: ExperimentView<K>): Promise<FindingsOf<K>> =>
  RUNNERS[kind].find(view);
