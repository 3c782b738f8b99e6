import { checkOutput } from "../network/index.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { countActivePaths, countPaths, log2BigInt } from "./path-counts.ts";
import {
  beyondFloat64,
  log2Of,
  MASS_AND_LOGARITHM,
  MOMENTS,
  type PathQuantity,
  pathPass,
  plain,
  type Scaled,
  SIGNED_SUM,
} from "./path-pass.ts";

/**
 * What the paths of one example to one output come to (theory 2.7 to 2.11). Masses and numbers of paths beyond float64 are
 * infinite or 0, their logarithms right; those of 0 are −∞.
 */
export interface PathStatistics {
  readonly output: number;
  readonly logit: number;
  /** Sum of all contributions: the logit once more, by the proposition. */
  readonly sum: number;
  /** Paths of the network to the output. */
  readonly paths: bigint;
  readonly log2Paths: number;
  /** Those whose gates are all open. */
  readonly activePaths: bigint;
  readonly log2ActivePaths: number;
  /** `log₂` of the number of paths whose contribution is not 0. */
  readonly log2ContributingPaths: number;
  /** `Σ|c|`. */
  readonly absoluteMass: number;
  readonly log2AbsoluteMass: number;
  /** Sums of the positive contributions and of the negative ones' magnitudes. */
  readonly positiveMass: number;
  readonly log2PositiveMass: number;
  readonly negativeMass: number;
  readonly log2NegativeMass: number;
  /** `(Σ|c|)² / Σc²`: how many paths share the mass, were they equal. 0 without contributions, like the next two. */
  readonly participation: number;
  readonly log2Participation: number;
  /** Of the distribution `|c| / Σ|c|`, in nats. */
  readonly entropy: number;
  /** `e^entropy`. */
  readonly effectivePaths: number;
}

/**
 * Statistics of all paths to an output, by one pass each and none by enumeration.
 * A number beyond float64 is infinite or 0 there, its logarithm is not.
 * @throws GatewiseError if there is no such output, or contributions of one node leave float64
 */
export function pathStatistics(active: ActiveNetwork, output: number): PathStatistics {
  checkOutput(active.network, output);
  const { total: sum } = momentOf(active, SIGNED_SUM, output);
  const { total: mass, slope } = momentOf(active, MASS_AND_LOGARITHM, output);
  const squares = momentOf(active, MOMENTS[2], output).total;
  const contributing = momentOf(active, MOMENTS[0], output).total;
  const paths = countPaths(active.network, output);
  const activePaths = countActivePaths(active, output);
  const none = mass.value === 0;
  const participation = {
    value: none ? 0 : mass.value ** 2 / squares.value,
    exponent: 2 * mass.exponent - squares.exponent,
  };
  const positive = halfOf(mass, sum, 1);
  const negative = halfOf(mass, sum, -1);
  // r/m and log m are both large in a deep network: their difference is the entropy, never below 0
  const entropy = none ? 0 : Math.max(0, log2Of(mass) * Math.LN2 - slope / mass.value);
  const logit = active.logits[output] ?? Number.NaN;
  if (Number.isNaN(logit)) throw beyondFloat64(`output ${output} of this example`);
  return {
    output,
    logit,
    sum: plain(sum),
    paths,
    log2Paths: log2BigInt(paths),
    activePaths,
    log2ActivePaths: log2BigInt(activePaths),
    log2ContributingPaths: log2Of(contributing),
    absoluteMass: plain(mass),
    log2AbsoluteMass: log2Of(mass),
    positiveMass: plain(positive),
    log2PositiveMass: log2Of(positive),
    negativeMass: plain(negative),
    log2NegativeMass: log2Of(negative),
    participation: plain(participation),
    log2Participation: log2Of(participation),
    entropy,
    effectivePaths: none ? 0 : Math.exp(entropy),
  };
}

/** The mass of one sign: `(Σ|c| ± Σc) / 2`, never below 0. */
const halfOf = (mass: Scaled, sum: Scaled, sign: 1 | -1): Scaled => ({
  value: Math.max(0, (mass.value + (sum.value === 0 ? 0 : sign * sum.value * 2 ** (sum.exponent - mass.exponent))) / 2),
  exponent: mass.exponent,
});

/** A quantity at one output; the slope in units of the total's exponent. */
function momentOf(
  active: ActiveNetwork,
  quantity: PathQuantity,
  output: number,
): { readonly total: Scaled; readonly slope: number } {
  const end = pathPass(active, quantity).get(active.network.output);
  if (end === undefined) throw new Error("unreachable: no pass at the output");
  const value = end.totals[output] ?? 0;
  if (!Number.isFinite(value)) throw beyondFloat64(`contributions to output ${output}`);
  return {
    total: { value, exponent: end.exponent },
    slope: end.slopes?.[output] ?? 0,
  };
}
