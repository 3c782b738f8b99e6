import type { NetworkExplanation, RegimeExperiment } from "../experiments/index.ts";
import type { RegimeName } from "../network/index.ts";
import type { RunKernels, RunRecord } from "../runs/index.ts";
import type { EpochMetrics } from "../train/index.ts";

/** One training, as its run directory tells it. */
export interface ReportTrial {
  /** `flnpf-seed1`: the name of its run directory. */
  readonly id: string;
  /** Its place, for what is told of its network; nothing is told of a run without. */
  readonly path?: string | undefined;
  readonly run: RunRecord;
  /** The finished epochs, in order. */
  readonly metrics: readonly EpochMetrics[];
  /** The kernel of its gates; undefined for a run of a version that did not measure it. */
  readonly kernels?: RunKernels | undefined;
}

/** A run whose decisions are explained. */
export interface ExplainedRun {
  readonly id: string;
  readonly told: NetworkExplanation | { readonly untold: string };
}

/** All that a report is made of; it reads no clock and no file. Of many runs, `writeReport` holds one at a time. */
export interface ReportInput {
  /** `FC on MNIST, Adam 1e-4 (quick profile)`. */
  readonly title: string;
  /** Empty if the runs are not an experiment's. */
  readonly published: RegimeExperiment["published"];
  readonly publishedSource: string | null;
  /** Whether the published figures are of this protocol; if not, they are shown for reference and nothing is subtracted. */
  readonly comparable: boolean;
  /** Finished, failed and unfinished ones. */
  readonly trials: readonly ReportTrial[];
  /** Ids of trials that were to run and did not. */
  readonly missing: readonly string[];
  /** What the decisions of one of the runs rest on, or why that is not told; nothing unless somebody has looked. */
  readonly explained?: ExplainedRun | undefined;
  readonly command: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly version: string;
}

/** Order of tables and figures: from gates that learn nothing to gates that learn with everything else. */
export const REGIME_ORDER = [
  "frnpf-ii",
  "frnpf-di",
  "flnpf",
  "dlnpf",
  "dlgn-sf",
  "dlgn",
  "by-layer",
  "relu",
] as const satisfies readonly RegimeName[];
