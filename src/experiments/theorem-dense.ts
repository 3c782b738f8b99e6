/**
 * Draws of the theorem on fully connected networks. One graph a width holds both networks, the tangent kernel by
 * per-layer products and `H = (X Xᵀ) ⊙ Λ` (theory 3.2 and 4.8); weights are fed, since a constant of 4096 by 4096 would not
 * fit a model.
 */
import type { Engine } from "../engine/index.ts";
import {
  add,
  cast,
  type DenseArray,
  denseArray,
  float64,
  type Graph,
  graph,
  input,
  matMul,
  multiply,
  sizeOf,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { isOpen } from "../network/index.ts";
import { randomStream } from "../random.ts";
import type { TheoremDraw, TheoremDraws } from "./theorem-draw.ts";

type Matrix = Tensor<"float64">;

/** One draw per seed; `inputs` is `[n, size]`, `width` the units of every hidden layer. */
export async function* denseDraws(
  engine: Engine,
  { inputs, width, depth, seeds }: TheoremDraws,
): AsyncGenerator<TheoremDraw> {
  const [examples = 0, size = 0] = inputs.shape;
  const x = float64(inputs.shape, inputs.data);
  // both kernels are homogeneous in σ, so any would do; this one keeps numbers near 1
  const sigma = Math.sqrt(2 / width);
  await using program = await engine.compile(theoremGraph(examples, size, width, depth));
  for (const seed of seeds) {
    const feeds: Record<string, DenseArray<"float64">> = { x };
    for (const { name, tensor } of weightInputs(size, width, depth)) {
      const shape = tensor.shape.map(Number);
      const signs = randomStream(seed, "theorem", width, name).signs(sizeOf(shape));
      // a loop: a map over 4096 by 4096 signs takes longer than the products with them
      const weights = new Float64Array(signs.length);
      for (let i = 0; i < weights.length; i++) weights[i] = signs[i]! * sigma;
      feeds[name] = denseArray("float64", shape, weights);
    }
    const { tangent, path } = (await program.run(feeds)).fetched;
    if (tangent?.dtype !== "float64" || path?.dtype !== "float64") throw new Error("unreachable: kernels are float64");
    yield { tangent, path, sigma };
  }
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
    const gate = cast(isOpen(q), "float64");
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
