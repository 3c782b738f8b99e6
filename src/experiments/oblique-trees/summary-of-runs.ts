import { meanAndDeviation } from "../summary.ts";
import type { LinearlyGated } from "./gate-normals.ts";
import type { ObliqueNetwork } from "./oblique-trees.ts";
import type { NormalsSeen, ObliqueRun } from "./watch-gates.ts";

/** A row of the table: test accuracy in percent at the best validation epoch of each run. */
export interface ObliqueRow {
  readonly regime: LinearlyGated;
  readonly title: string;
  /** Mean and sample standard deviation over the runs; 0 for one run. */
  readonly mean: number;
  readonly std: number;
  readonly published: ObliqueNetwork["published"];
  /** Mean less the independent figure. */
  readonly difference: number;
  readonly runs: readonly number[];
}

/** One row a network that has runs. */
export const obliqueRows = (
  networks: readonly ObliqueNetwork[],
  results: readonly Pick<ObliqueRun, "regime" | "testAccuracy">[],
): readonly ObliqueRow[] =>
  networks.flatMap(({ regime, title, published }) => {
    const runs = results.filter((run) => run.regime === regime).map(({ testAccuracy }) => testAccuracy);
    if (runs.length === 0) return [];
    const { mean, std } = meanAndDeviation(runs);
    return [{ regime, title, mean, std, published, difference: mean - published.independent, runs }];
  });

/** The largest `|cos|` of each node, mean over the runs that looked at the epoch, in order of the epochs. */
export function meanCosines(runs: readonly Pick<ObliqueRun, "seen">[]): readonly NormalsSeen[] {
  const all = runs.flatMap(({ seen }) => seen);
  const epochs = [...new Set(all.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  return epochs.map((epoch) => {
    const here = all.filter((one) => one.epoch === epoch);
    const [first] = here;
    const cosines = (first?.cosines ?? []).map(
      (_, node) => here.reduce((sum, one) => sum + (one.cosines[node] ?? Number.NaN), 0) / here.length,
    );
    return { epoch, cosines };
  });
}

/** The cosines by the level of their nodes, from the root. */
export const byLevel = (cosines: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: Math.log2(cosines.length + 1) }, (_, level) =>
    cosines.slice(2 ** level - 1, 2 ** (level + 1) - 1),
  );
