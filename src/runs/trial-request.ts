import type { DatasetName } from "../data/index.ts";
import type { TrainingPlan } from "../train/index.ts";

/** Where data are looked for and how much of them is used. */
export interface DataSelection {
  readonly name: DatasetName;
  readonly dataDir: string | null;
  readonly cacheDir: string;
  readonly limit: number | null;
  readonly testLimit: number | null;
}

/** Devices that networks train on. */
export type TrialDevice = "cpu" | "webgpu";

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
  readonly device: TrialDevice;
  readonly threads: number;
  readonly command: string;
  /** Go on with what the directory holds; otherwise it must hold no run. */
  readonly resume: boolean;
}
