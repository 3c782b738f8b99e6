/**
 * Kernels of infinitely wide fully connected ReLU networks: the Gaussian process that a random network is (Lee et al.,
 * ICLR 2018), the tangent kernel that training it follows (Jacot et al., NeurIPS 2018), and the neural path kernel of
 * its gates. All come layer by layer from the inner products of the inputs, O(m n depth).
 */
import { GatewiseError } from "../../errors.ts";
import { type Matrix, matrix } from "../../fitting/index.ts";
import { angleBetween, jointlyOn, reluCovariance, type WideLayers } from "./arc-cosine.ts";
import type { InputProducts } from "./input-products.ts";

/** A fully connected network of infinite width: its depth and the variances of its layers. */
export interface WideNetwork extends WideLayers {
  /** Weight layers, `d` of theory 1.2: `depth − 1` hidden layers and a linear output. */
  readonly depth: number;
}

/** Kernels of one output, `[m, n]` each. */
export interface WideKernels {
  /** Covariance of the outputs of random networks: `E[ŷ(x) ŷ(x')]` (NNGP). */
  readonly gaussianProcess: Matrix;
  /**
   * `⟨∇ŷ(x), ∇ŷ(x')⟩` with respect to parameters of variance 1: a weight is `sqrt(σ_w² / fan-in)` times its parameter, a
   * bias `σ_b` times (the NTK parameterization).
   */
  readonly tangent: Matrix;
}

/**
 * Σ_1 = σ_w² x·x'/inputs + σ_b², Σ_{l+1} = σ_w² E[relu relu'] + σ_b², Θ_{l+1} = Σ_{l+1} + σ_w² E[1{q>0} 1{q'>0}] Θ_l;
 * the kernels are Σ_d and Θ_d.
 * @throws GatewiseError for a depth that is no whole number of at least 1
 */
export function wideNetworkKernels(gram: InputProducts, network: WideNetwork): WideKernels {
  const { weightVariance, biasVariance } = network;
  const gaussianProcess = matrix(gram.rowSquares.length, gram.columnSquares.length);
  const tangent = matrix(gram.rowSquares.length, gram.columnSquares.length);
  const end = walkPairs(gram, network, ({ at, covariance, angle, next, first }) => {
    const before = first ? covariance : tangent.data[at]!;
    tangent.data[at] = next + weightVariance * jointlyOn(angle) * before;
  });
  for (let at = 0; at < end.length; at++) {
    gaussianProcess.data[at] = end[at]!;
    if (network.depth === 1) tangent.data[at] = weightVariance * (gram.inner.data[at]! / gram.features) + biasVariance;
  }
  return { gaussianProcess, tangent };
}

/** Widths and gates of the expected neural path kernel of gates that are drawn and stay. */
export interface RandomGates extends WideNetwork {
  /** `w`: units of every hidden layer. 1 gives `H / w^(d−1)` of a network without biases. */
  readonly width: number;
  /** Whether the layers of the value network have a bias (theory 3.4). The gates have one if `biasVariance > 0`. */
  readonly bias: boolean;
}

/**
 * The neural path kernel that is expected of random gates: those of a wide ReLU network with random weights, where
 * `⟨G_l, G_l'⟩ = w (π − θ_l) / 2π` and `θ_l` is the angle between the pre-activations of layer `l`. `K_0 = x·x'`,
 * `K_l = ⟨G_l, G_l'⟩ (K_{l−1} + b)`, `K_d = K_{d−1} + b` (theory 3.4, 3.16). Exact as `w → ∞`, and at any width for `d ≤ 2`.
 * @returns `[m, n]`
 * @throws GatewiseError for a depth that is no whole number of at least 1
 */
export function expectedNeuralPathKernel(gram: InputProducts, network: RandomGates): Matrix {
  const { width } = network;
  const bias = network.bias ? 1 : 0;
  const kernel = matrix(gram.rowSquares.length, gram.columnSquares.length, gram.inner.data.slice());
  walkPairs(gram, network, ({ at, angle }) => {
    kernel.data[at] = width * jointlyOn(angle) * (kernel.data[at]! + bias);
  });
  for (let at = 0; at < kernel.data.length; at++) kernel.data[at]! += bias;
  return kernel;
}

/** Widths of the expected tangent kernel of networks that are drawn. */
export interface RandomNetworks extends WideNetwork {
  /** `w`: units of every hidden layer. */
  readonly width: number;
  /** Whether the layers have a bias that is a parameter, also where all start at 0 (`biasVariance` 0). */
  readonly bias: boolean;
}

/**
 * The tangent kernel that is expected of random ReLU networks by their parameters as they are, weights of variance
 * `σ_w² / fan-in` and biases of variance `σ_b²` (theory 4.13): `T_1 = x·x' + b`,
 * `T_{l+1} = w E[relu relu'] + b + σ_w² E[1{q>0} 1{q'>0}] T_l`, the kernel is `T_d`. Up to terms of `1 / w` beside it, and
 * exact for `d ≤ 2`. {@link wideNetworkKernels} has that of parameters of variance 1, in which it does not grow with `w`.
 * @returns `[m, n]`
 * @throws GatewiseError for a depth that is no whole number of at least 1
 */
export function expectedTangentKernel(gram: InputProducts, network: RandomNetworks): Matrix {
  const { width, weightVariance } = network;
  const bias = network.bias ? 1 : 0;
  const inner = gram.inner.data.map((product) => product + bias);
  const kernel = matrix(gram.rowSquares.length, gram.columnSquares.length, inner);
  walkPairs(gram, network, ({ at, angle, moment }) => {
    kernel.data[at] = width * moment + bias + weightVariance * jointlyOn(angle) * kernel.data[at]!;
  });
  return kernel;
}

/** A pair of inputs at a hidden layer `l`. */
interface PairAtLayer {
  readonly at: number;
  /** Whether `l = 1`. */
  readonly first: boolean;
  /** `Σ_l`. */
  readonly covariance: number;
  /** `θ_l`. */
  readonly angle: number;
  /** `E[relu(q_l) relu(q_l')]`. */
  readonly moment: number;
  /** `Σ_{l+1}`. */
  readonly next: number;
}

/**
 * Walks every pair through the hidden layers.
 * @returns Σ_d of every pair
 */
function walkPairs(
  { inner, rowSquares, columnSquares, features }: InputProducts,
  { depth, weightVariance, biasVariance }: WideNetwork,
  atLayer: (pair: PairAtLayer) => void,
): Float64Array {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new GatewiseError({
      received: `depth ${depth}`,
      expected: "a whole number of at least 1",
      next: "give another depth",
    });
  }
  const ofInput = (product: number): number => (weightVariance * product) / features + biasVariance;
  // a ReLU keeps half the variance of what comes in
  const ofUnit = (moment: number): number => weightVariance * moment + biasVariance;
  const rowVariances = rowSquares.map(ofInput);
  const columnVariances = columnSquares.map(ofInput);
  const covariances = inner.data.map(ofInput);
  const columns = columnSquares.length;
  for (let layer = 1; layer < depth; layer++) {
    for (let i = 0; i < rowVariances.length; i++) {
      for (let j = 0; j < columns; j++) {
        const at = i * columns + j;
        const covariance = covariances[at]!;
        const angle = angleBetween(rowVariances[i]!, columnVariances[j]!, covariance);
        const moment = reluCovariance(rowVariances[i]!, columnVariances[j]!, angle);
        const next = ofUnit(moment);
        atLayer({ at, first: layer === 1, covariance, angle, moment, next });
        covariances[at] = next;
      }
    }
    for (let i = 0; i < rowVariances.length; i++) rowVariances[i] = ofUnit(rowVariances[i]! / 2);
    for (let j = 0; j < columnVariances.length; j++) columnVariances[j] = ofUnit(columnVariances[j]! / 2);
  }
  return covariances;
}
