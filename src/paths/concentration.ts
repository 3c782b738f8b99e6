/**
 * How unequal contributions are, from paths that were drawn in proportion to them (theory 2.12). A path drawn so stands for
 * `mass / |contribution|` paths: the largest `i` of `S` draws hold the share `i / S` of the mass and are estimated to be
 * `Σ mass / (S·|c|)` paths over those draws. The estimate of each point is unbiased; the smallest paths, of which few are
 * drawn, are those that are told least exactly.
 */
import type { Path } from "./path.ts";

/** A point of the Lorenz curve. */
export interface LorenzPoint {
  /** Share of the paths, smallest first, in [0, 1]. */
  readonly paths: number;
  /** Their share of the absolute mass, in [0, 1]. */
  readonly mass: number;
}

/**
 * The Lorenz curve of `|contribution|` over the paths that contribute.
 * @param samples drawn by {@link samplePaths}
 * @param sums over all paths, not only those drawn
 * @param sums.log2Mass `log₂ Σ|c|`
 * @param sums.log2Contributing `log₂` of the number of paths whose contribution is not 0
 * @returns from (0, 0) to (1, 1)
 */
export function lorenzCurve(
  samples: readonly Path[],
  { log2Mass, log2Contributing }: { readonly log2Mass: number; readonly log2Contributing: number },
): readonly LorenzPoint[] {
  const largestFirst = samples.map(({ log2Contribution }) => log2Contribution).sort((a, b) => b - a);
  let tail = 0;
  const points = largestFirst.map((log2, i): LorenzPoint => {
    tail += 2 ** (log2Mass - log2 - log2Contributing) / samples.length;
    return { paths: Math.max(0, 1 - tail), mass: 1 - (i + 1) / samples.length };
  });
  return [{ paths: 0, mass: 0 }, ...points.reverse(), { paths: 1, mass: 1 }];
}

/** Gini index, from 0 (all contribute the same) toward 1 (one path is everything): 1 − twice the area below the curve. */
export const giniIndex = (curve: readonly LorenzPoint[]): number =>
  curve.reduce((rest, { paths, mass }, i) => {
    const before = curve[i - 1] ?? { paths: 0, mass: 0 };
    return rest - (paths - before.paths) * (mass + before.mass);
  }, 1);
