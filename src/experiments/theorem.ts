/**
 * The main theorem at finite width (theory 4): with value weights i.i.d. over `{−σ, +σ}` and independent of the gates,
 * the value tangent kernel tends to `d σ^(2(d−1)) H`, and one draw is off by an error that falls as `1/√w`.
 *
 * One graph a width holds both networks, the tangent kernel by per-layer products and `H = (X Xᵀ) ⊙ Λ`; weights are
 * fed, since a constant of 4096 by 4096 would not fit a model. Both kernels are homogeneous in `σ`, so any would do;
 * `√(2/w)` keeps numbers near 1.
 */

import type { Engine, Program } from "../engine/index.ts";
import {
  add,
  cast,
  type DenseArray,
  denseArray,
  float64,
  type Graph,
  graph,
  greater,
  input,
  matMul,
  multiply,
  sizeOf,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { randomStream } from "../random.ts";
import type { ProfileName } from "./experiment.ts";
import { meanAndDeviation } from "./summary.ts";

/** The experiment as data (theory 4 and 6): draws of FC networks over widths, kernels of the first embedded digits. */
export const theorem = {
  name: "theorem",
  title: "Tangent kernel against path kernel over the width",
  depth: 4,
  examples: 20,
  profiles: {
    quick: { widths: [32, 64, 128, 256, 512, 1024], draws: 10 },
    full: { widths: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096], draws: 20 },
  },
} as const satisfies {
  readonly name: string;
  readonly title: string;
  /** Weight layers. */
  readonly depth: number;
  readonly examples: number;
  readonly profiles: Readonly<Record<ProfileName, { readonly widths: readonly number[]; readonly draws: number }>>;
};

export interface TheoremOptions {
  readonly engine: Engine;
  readonly widths: readonly number[];
  readonly seeds: readonly number[];
  /** `[n, inputs]`. */
  readonly inputs: DenseArray<"float32"> | DenseArray<"float64">;
  /** Weight layers, at least 2; 4 unless told otherwise. */
  readonly depth?: number;
  readonly signal?: AbortSignal;
  /** Draws done, of all. */
  readonly onProgress?: (draws: number, of: number) => void;
}

export interface TheoremRow {
  readonly width: number;
  /** `‖K^v − d σ^(2(d−1)) H‖_F / ‖d σ^(2(d−1)) H‖_F`, mean over the seeds and its standard deviation. */
  readonly meanError: number;
  readonly stdError: number;
}

export interface TheoremResult {
  readonly rows: readonly TheoremRow[];
  /** Of the logarithm of the mean error over that of the width, by least squares: −0.5 in theory. */
  readonly slope: number;
}

type Matrix = Tensor<"float64">;

/** Measures the error of one draw per seed and width; the same seeds give the same figures. */
export async function runTheorem({
  engine,
  widths,
  seeds,
  inputs,
  depth = 4,
  signal,
  onProgress,
}: TheoremOptions): Promise<TheoremResult> {
  const rows: TheoremRow[] = [];
  const [examples = 0, size = 0] = inputs.shape;
  const x = float64(inputs.shape, inputs.data);
  for (const [index, width] of widths.entries()) {
    await using program = await engine.compile(theoremGraph(examples, size, width, depth));
    const errors: number[] = [];
    for (const seed of seeds) {
      signal?.throwIfAborted();
      errors.push(await errorOfDraw(program, x, { width, depth, seed }));
      onProgress?.(index * seeds.length + errors.length, widths.length * seeds.length);
    }
    const { mean, std } = meanAndDeviation(errors);
    rows.push({ width, meanError: mean, stdError: std });
  }
  return { rows, slope: logSlope(rows) };
}

interface Draw {
  readonly width: number;
  readonly depth: number;
  readonly seed: number;
}

async function errorOfDraw(program: Program, x: DenseArray<"float64">, draw: Draw): Promise<number> {
  const { width, depth, seed } = draw;
  const sigma = Math.sqrt(2 / width);
  const feeds: Record<string, DenseArray<"float64">> = { x };
  for (const { name, tensor } of weightInputs(x.shape[1] ?? 0, width, depth)) {
    const shape = tensor.shape.map(Number);
    const signs = randomStream(seed, "theorem", width, name).signs(sizeOf(shape));
    // a loop: a map over 4096 by 4096 signs takes longer than the products with them
    const weights = new Float64Array(signs.length);
    for (let i = 0; i < weights.length; i++) weights[i] = signs[i]! * sigma;
    feeds[name] = denseArray("float64", shape, weights);
  }
  const { fetched } = await program.run(feeds);
  const { tangent, path } = fetched;
  if (tangent?.dtype !== "float64" || path?.dtype !== "float64") throw new Error("unreachable: kernels are float64");
  const scale = depth * sigma ** (2 * (depth - 1));
  let [error, norm] = [0, 0];
  for (let i = 0; i < path.data.length; i++) {
    const expected = scale * path.data[i]!;
    error += (tangent.data[i]! - expected) ** 2;
    norm += expected ** 2;
  }
  return Math.sqrt(error / norm);
}

interface NamedMatrix {
  readonly name: string;
  readonly tensor: Matrix;
}

/** Weights of the value network, and of the feature network up to its last gates. */
function weightInputs(size: number, width: number, depth: number): readonly NamedMatrix[] {
  const layer = (network: string, l: number): NamedMatrix => {
    const name = `${network}.${l}`;
    return { name, tensor: input(name, "float64", [l === 1 ? size : width, l === depth ? 1 : width]) };
  };
  const layers = Array.from({ length: depth }, (_, index) => index + 1);
  return [...layers.map((l) => layer("value", l)), ...layers.slice(0, -1).map((l) => layer("feature", l))];
}

/** From `x` and weights to `K^v` and `H`, both `[n, n]`. */
function theoremGraph(examples: number, size: number, width: number, depth: number): Graph {
  const x = input("x", "float64", [examples, size]);
  const weights = weightInputs(size, width, depth).map(({ tensor }) => tensor);
  const [values, features] = [weights.slice(0, depth), weights.slice(depth)];

  const gates: Matrix[] = [];
  let z = x;
  for (const weight of features) {
    const q = matMul(z, weight);
    const gate = cast(greater(q, 0), "float64");
    gates.push(gate);
    z = multiply(q, gate);
  }

  const layerInputs: Matrix[] = [x];
  gates.forEach((gate, l) => {
    const [weight, below] = [values[l], layerInputs[l]];
    if (weight !== undefined && below !== undefined) layerInputs.push(multiply(matMul(below, weight), gate));
  });

  // Δ_d = 1; Δ_{l−1} = (Δ_l W_lᵀ) ⊙ G_{l−1}
  let kernel = gram(layerInputs[depth - 1] ?? x);
  let delta: Matrix | undefined;
  for (let l = depth - 1; l >= 1; l--) {
    const [weight, gate, below] = [values[l], gates[l - 1], layerInputs[l - 1]];
    if (weight === undefined || gate === undefined || below === undefined) throw new Error("unreachable: no layer");
    // the output layer's weights are a column: the same row for every example
    const back: Matrix = delta === undefined ? transpose(weight) : matMul(delta, weight, { transposeB: true });
    delta = multiply(gate, back);
    kernel = add(kernel, multiply(gram(below), gram(delta)));
  }
  const path = gates.reduce((h, gate) => multiply(h, gram(gate)), gram(x));
  return graph({ tangent: kernel, path });
}

const gram = (rows: Matrix): Matrix => matMul(rows, rows, { transposeB: true });

/** Least squares over logarithms; NaN of a single width. */
function logSlope(rows: readonly TheoremRow[]): number {
  const points = rows.map(({ width, meanError }) => [Math.log(width), Math.log(meanError)] as const);
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))];
  const covariance = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return covariance / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}
