/**
 * The main theorem at finite width (theory 4.2 and 4.3): with value weights i.i.d. over `{−σ, +σ}` and independent of the gates,
 * the value tangent kernel tends to `d σ^(2(d−1)) H`, and one draw is off by an error that falls as `1/√w`.
 */

import type { Engine } from "../engine/index.ts";
import type { Inputs } from "../gates/index.ts";
import { type DenseArray, float64, sizeOf } from "../graph/index.ts";
import { optionsIn } from "../options.ts";
import { randomStream } from "../random.ts";
import type { ExperimentWords, ProfileName } from "./protocol.ts";
import { meanAndDeviation } from "./summary.ts";
import { convolutionalDraws } from "./theorem-convolutional.ts";
import { denseDraws } from "./theorem-dense.ts";
import type { TheoremDraw, TheoremDraws } from "./theorem-draw.ts";

/** Networks that the theorem is measured on. */
export const THEOREM_NETWORKS = ["fully-connected", "convolutional"] as const;
/** One of {@link THEOREM_NETWORKS}. */
export type TheoremNetwork = (typeof THEOREM_NETWORKS)[number];

/** The networks of one kind that are drawn. */
export interface TheoremSeries {
  readonly title: string;
  /** What grows: `width` or `channels`. */
  readonly unit: string;
  /** Weight layers. */
  readonly depth: number;
  readonly inputs: "digits" | "noise";
  readonly inputShape: readonly number[];
  readonly examples: number;
  /** Smallest width that the slope is fitted over. */
  readonly fitFrom: number;
  /** Errors that one draw of an independent computation had, on other inputs (theory 4.3). */
  readonly reference: readonly (readonly [width: number, error: number])[];
}

/** A short or a full measurement of the theorem. */
export interface TheoremProfile {
  readonly widths: readonly number[];
  /** Of fully connected networks, at each width. */
  readonly draws: number;
  readonly channels: readonly number[];
  /** Of convolutional networks, at each of `channels`. */
  readonly channelDraws: number;
}

/** Draws networks of growing width and compares their two kernels, as data. */
export interface TheoremExperiment extends ExperimentWords {
  readonly kind: "theorem";
  readonly series: Readonly<Record<TheoremNetwork, TheoremSeries>>;
  readonly profiles: Readonly<Record<ProfileName, TheoremProfile>>;
}

/** The paper's theorem (theory 4.3 and 6.8). */
export const theorem = {
  kind: "theorem",
  name: "theorem",
  title: "Tangent kernel against path kernel over the width",
  series: {
    "fully-connected": {
      title: "fully connected",
      unit: "width",
      depth: 4,
      inputs: "digits",
      inputShape: [784],
      examples: 20,
      fitFrom: 64,
      reference: [
        [16, 0.54],
        [64, 0.27],
        [256, 0.13],
        [1024, 0.06],
      ],
    },
    // noise and not images: those are alike, so that one number, the size of the kernel, would make most of the error
    convolutional: {
      title: "convolutional, global average pooling",
      unit: "channels",
      depth: 3,
      inputs: "noise",
      inputShape: [3, 6, 6],
      examples: 10,
      fitFrom: 16,
      reference: [],
    },
  },
  profiles: {
    quick: { widths: [32, 64, 128, 256, 512, 1024], draws: 20, channels: [8, 16, 32, 64, 128], channelDraws: 60 },
    full: {
      widths: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
      draws: 20,
      channels: [8, 16, 32, 64, 128, 256, 512],
      channelDraws: 60,
    },
  },
  source:
    "Theorem 5.1 of Lakshminarayanan and Singh, Neural Path Features and Neural Path Kernel, NeurIPS 2020, arXiv 2006.10529; with shared " +
    "weights the path kernel is that of bundles of paths, summed over all pairs of positions.",
} as const satisfies TheoremExperiment;

/** Standard normal pixels `[examples, ...inputShape]`, the same in every run. */
export function noiseInputs({ inputShape, examples }: Pick<TheoremSeries, "inputShape" | "examples">): Inputs {
  const shape = [examples, ...inputShape];
  return float64(shape, randomStream(0, "theorem", "noise").normal(sizeOf(shape)));
}

/** At which widths, draws and inputs the theorem is measured (theory 4.3). */
export interface TheoremOptions {
  readonly engine: Engine;
  /** `fully-connected` unless told otherwise. */
  readonly network?: TheoremNetwork;
  readonly widths: readonly number[];
  readonly seeds: readonly number[];
  /** `[n, inputs]`, or `[n, channels, height, width]` for convolutional networks. */
  readonly inputs: DenseArray<"float32"> | DenseArray<"float64">;
  /** Weight layers, at least 2; 4 unless told otherwise. */
  readonly depth?: number;
  /** Smallest width that the slope is fitted over; all of them unless told otherwise. */
  readonly fitFrom?: number;
  readonly signal?: AbortSignal;
  /** Draws done, of all. */
  readonly onProgress?: (draws: number, of: number) => void;
}

/** Errors at one width. */
export interface TheoremRow {
  /** Units, or channels, of every hidden layer. */
  readonly width: number;
  /** `‖K^v − d σ^(2(d−1)) H‖_F / ‖d σ^(2(d−1)) H‖_F`, mean over the seeds and its standard deviation. */
  readonly meanError: number;
  readonly stdError: number;
}

/** How the error of the theorem's limit falls with the width. */
export interface TheoremResult {
  readonly rows: readonly TheoremRow[];
  /** Of the logarithm of the mean error over that of the width, by least squares: −0.5 by theory 4.3. */
  readonly slope: number;
  /** How far the draws leave the slope uncertain: its standard error, by the deviations of the rows. */
  readonly slopeError: number;
  /** Draws at each width. */
  readonly draws: number;
}

/** A series and what was measured of it. */
export interface TheoremFinding extends TheoremSeries, TheoremResult {
  readonly network: TheoremNetwork;
}

/** Measures the error of one draw per seed and width; the same seeds give the same figures. */
export async function runTheorem(options: TheoremOptions): Promise<TheoremResult> {
  const { engine, network = "fully-connected", widths, seeds, inputs, depth = 4, fitFrom = 0 } = optionsIn(options);
  const { signal, onProgress } = options;
  const errors: TheoremErrors[] = [];
  for (const [index, width] of widths.entries()) {
    const own: number[] = [];
    for await (const { error } of theoremErrors(engine, network, { inputs, width, depth, seeds }, signal)) {
      own.push(error);
      onProgress?.(index * seeds.length + own.length, widths.length * seeds.length);
    }
    errors.push({ width, errors: own });
  }
  return theoremResult(errors, fitFrom);
}

/** The errors that were drawn at one width, in the order of their seeds. */
export interface TheoremErrors {
  readonly width: number;
  readonly errors: readonly number[];
}

/**
 * The errors of one width, one draw a seed; each hangs on its seed alone, so that they can be drawn in parts.
 * @throws the signal's reason once it is aborted
 */
export async function* theoremErrors(
  engine: Engine,
  network: TheoremNetwork,
  draws: TheoremDraws,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly seed: number; readonly error: number }> {
  signal?.throwIfAborted();
  const seeds = draws.seeds.values();
  for await (const draw of DRAWS[network](engine, draws)) {
    yield { seed: seeds.next().value ?? Number.NaN, error: errorOfDraw(draw, draws.depth) };
    signal?.throwIfAborted();
  }
}

/** What the errors of a series say, as many at each width as at the first. */
export function theoremResult(series: readonly TheoremErrors[], fitFrom: number): TheoremResult {
  const rows = series.map(({ width, errors }): TheoremRow => {
    const { mean, std } = meanAndDeviation(errors);
    return { width, meanError: mean, stdError: std };
  });
  const draws = series[0]?.errors.length ?? 0;
  return {
    rows,
    ...logSlope(
      rows.filter(({ width }) => width >= fitFrom),
      draws,
    ),
    draws,
  };
}

/** How many draws a profile has of a network, at which widths. */
export function theoremSizes(
  network: TheoremNetwork,
  { widths, draws, channels, channelDraws }: TheoremProfile,
): { readonly widths: readonly number[]; readonly draws: number } {
  return network === "convolutional" ? { widths: channels, draws: channelDraws } : { widths, draws };
}

const DRAWS = {
  "fully-connected": denseDraws,
  convolutional: convolutionalDraws,
} as const satisfies Record<TheoremNetwork, unknown>;

function errorOfDraw({ tangent, path, sigma }: TheoremDraw, depth: number): number {
  const scale = depth * sigma ** (2 * (depth - 1));
  let [error, norm] = [0, 0];
  for (let i = 0; i < path.data.length; i++) {
    const expected = scale * path.data[i]!;
    error += (tangent.data[i]! - expected) ** 2;
    norm += expected ** 2;
  }
  return Math.sqrt(error / norm);
}

/** Least squares over logarithms, which are uncertain by `std / mean / √draws`; NaN of a single width. */
function logSlope(rows: readonly TheoremRow[], draws: number): Pick<TheoremResult, "slope" | "slopeError"> {
  const points = rows.map(({ width, meanError, stdError }) => ({
    x: Math.log(width),
    y: Math.log(meanError),
    variance: (stdError / meanError) ** 2 / draws,
  }));
  const center = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const spread = points.reduce((sum, { x }) => sum + (x - center) ** 2, 0);
  const slope = points.reduce((sum, { x, y }) => sum + (x - center) * y, 0) / spread;
  const variance = points.reduce((sum, { x, variance }) => sum + (x - center) ** 2 * variance, 0) / spread ** 2;
  return { slope, slopeError: Math.sqrt(variance) };
}
