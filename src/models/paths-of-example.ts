/** What an output of one example is made of (theory 2): numbers, masses and the strongest paths, by passes alone. */
import { GatewiseError } from "../errors.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import { checkArrayParts } from "../graph/index.ts";
import { type GatedNetwork, inputShapeOf } from "../network/index.ts";
import {
  type ActiveNetwork,
  activate,
  beyondFloat64,
  giniIndex,
  kBestPaths,
  lorenzCurve,
  type Path,
  type PathStatistics,
  pathNorm,
  pathStatistics,
  samplePaths,
} from "../paths/index.ts";
import { randomStream } from "../random.ts";

/** Which output is looked at, and what is told of it. */
export interface PathsOptions {
  /** Which output, from 0; the one with the largest logit unless told otherwise. */
  readonly output?: number | undefined;
  /** How many of the largest paths or bundles; 10 unless told otherwise. */
  readonly top?: number | undefined;
}

/** What the paths of one example to one output are: counts and masses (theory 2), the largest, the concentration. */
export interface PathsAnswer extends PathStatistics {
  /** The largest paths by magnitude, exactly. */
  readonly top: readonly Path[];
  /** Share of the absolute mass that they have. */
  readonly topShare: number;
  /** Of the distribution of the mass over the paths, from samples; null without contributions. */
  readonly gini: number | null;
  /** `(Σ_p |v(p)|^q)^(1/q)` of the output, `q` 1 and 2: of the network, not of the example. */
  readonly pathNorm: number;
  readonly pathNorm2: number;
  readonly log2PathNorm: number;
  readonly log2PathNorm2: number;
  /** What the example leaves of the network, for pictures. */
  readonly active: ActiveNetwork;
}

/** Draws for the Gini index: its error is a few thousandths where the mass is not in the rarest paths. */
const SAMPLES = 1000;

/**
 * @param example `[1, …inputShape]` or `[…inputShape]`
 * @throws GatewiseError if the example does not have the network's shape, the network no such output, or its logit leaves float64
 */
export function pathsOfExample(
  network: GatedNetwork,
  example: Inputs,
  { output, top = 10 }: PathsOptions = {},
): PathsAnswer {
  const { active, chosen } = activeExample(network, example, output);
  const statistics = pathStatistics(active, chosen);
  if (!Number.isFinite(statistics.logit) || !Number.isFinite(statistics.sum)) {
    throw beyondFloat64(`output ${chosen} of this example`);
  }
  const best = kBestPaths(active, chosen, top);
  const [first, second] = [pathNorm(network, 1, chosen), pathNorm(network, 2, chosen)];
  return {
    ...statistics,
    top: best,
    topShare: best.reduce((sum, one) => sum + 2 ** (one.log2Contribution - statistics.log2AbsoluteMass), 0),
    gini: giniOf(active, statistics),
    pathNorm: first.norm,
    pathNorm2: second.norm,
    log2PathNorm: first.log2,
    log2PathNorm2: second.log2,
    active,
  };
}

/** What an example leaves of the network, and the output that is looked at: the one with the largest logit unless given. */
export function activeExample(
  network: GatedNetwork,
  example: Inputs,
  output: number | undefined,
): { readonly active: ActiveNetwork; readonly chosen: number } {
  checkExample(network, example);
  const active = activate(network, example.data);
  return { active, chosen: output ?? largestLogit(active) };
}

function checkExample(network: GatedNetwork, example: Inputs): void {
  checkArrayParts(example, "an example");
  const wanted = inputShapeOf(network);
  const isBare = String(example.shape) === String(wanted);
  checkInputs(network, isBare ? { ...example, shape: [1, ...wanted] } : example);
  const [examples] = example.shape;
  if (isBare || examples === 1) return;
  throw new GatewiseError({
    received: `${examples} examples`,
    expected: `one, of shape [${[1, ...wanted].join(", ")}]`,
    next: "give one of them: a file that holds it alone, or inputs.example(0) in a program",
  });
}

function largestLogit({ logits }: ActiveNetwork): number {
  return logits.reduce(
    (best, logit, output) => (logit > (logits[best] ?? Number.NEGATIVE_INFINITY) ? output : best),
    0,
  );
}

function giniOf(active: ActiveNetwork, statistics: PathStatistics): number | null {
  const samples = samplePaths(active, statistics.output, SAMPLES, randomStream(0, "gini"));
  if (samples.length === 0) return null;
  const { log2AbsoluteMass: log2Mass, log2ContributingPaths: log2Contributing } = statistics;
  return giniIndex(lorenzCurve(samples, { log2Mass, log2Contributing }));
}
