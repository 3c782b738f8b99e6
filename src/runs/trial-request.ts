import type { DatasetName } from "../data/index.ts";
import type { Training, TrainingDevice } from "../experiments/index.ts";
import type { TrainingPlan } from "../train/index.ts";

/** Where data are looked for and how much of them is used. */
export interface DataSelection {
  readonly name: DatasetName;
  readonly dataDir: string | null;
  readonly cacheDir: string;
  readonly limit: number | null;
  readonly testLimit: number | null;
}

/** All that a worker needs to run one trial; survives the way to another process. */
export interface TrialRequest {
  /** Where the run stands: the name of its place in the store of who runs it, a path on disks. */
  readonly directory: string;
  readonly plan: TrainingPlan;
  readonly data: DataSelection;
  /** Run directory of the trained network that gives the gates, as the user may read it from this one, and its path. */
  readonly learntFrom: { readonly label: string; readonly directory: string; readonly until: number | null } | null;
  /** Epochs at which the best network so far is kept, for other trials to take gates from. */
  readonly keepBestUntil: readonly number[];
  readonly device: TrainingDevice;
  readonly threads: number;
  readonly command: string;
  /** Go on with what the directory holds; otherwise it must hold no run. */
  readonly resume: boolean;
}

/** Where a training runs: its place, its data, the run that gives its gates, and what asked for it. */
export interface TrialPlace extends Pick<TrialRequest, "directory" | "learntFrom" | "command" | "resume"> {
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir">;
}

/** A training as a worker gets it. */
export const requestOf = ({ plan, data, device, threads }: Training, { places, ...at }: TrialPlace): TrialRequest => ({
  ...at,
  plan,
  data: { ...data, ...places },
  device,
  threads,
  keepBestUntil: [],
});
