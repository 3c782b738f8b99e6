/**
 * Random convolutional ReLU networks in plain loops: what the formulas of infinite width are the mean of. Parameters
 * have variance 1; a weight is `sqrt(σ_w² / fan-in)` times its parameter, a bias `σ_b` times. With 1×1 kernels on 1×1
 * images they are fully connected networks.
 */
import { randomStream } from "../../src/random.ts";

export interface RandomNetwork {
  /** Convolutions before the readout. */
  readonly layers: number;
  readonly channels: number;
  readonly kernel: number;
  readonly height: number;
  readonly width: number;
  readonly readout: "global-average-pool" | "flatten";
  readonly weightVariance: number;
  readonly biasVariance: number;
}

/** What one network says of two inputs, `[inputs, positions]`-wise: see the docstrings. */
export interface NetworkSample {
  /** Mean over output layers of `ŷ ŷ'`, given the hidden layers. */
  readonly process: number;
  /** `⟨∇ŷ, ∇ŷ'⟩`, its output layer by its mean. */
  readonly tangent: number;
  /** `⟨G_l, G_l'⟩` at position 0, for each hidden layer. */
  readonly overlaps: readonly number[];
}

interface Pass {
  /** Inputs of each convolution, `[channels][positions]`, and last the activations behind all of them. */
  readonly activations: readonly (readonly Float64Array[])[];
  /** `∂ŷ/∂q_l`, `[channels][positions]`. */
  readonly deltas: readonly (readonly Float64Array[])[];
}

/** One network, drawn by `seed`, on the pair `x`, `x'` of `[channels][positions]`. */
export function sampleNetwork(
  network: RandomNetwork,
  inputs: readonly [readonly Float64Array[], readonly Float64Array[]],
  seed: number,
): NetworkSample {
  const [one, other] = [run(network, inputs[0], seed), run(network, inputs[1], seed)];
  const { weightVariance, biasVariance, readout, channels, kernel } = network;
  const positions = network.height * network.width;
  const [last, otherLast] = [one.activations.at(-1) ?? [], other.activations.at(-1) ?? []];
  const pooled = (map: Float64Array): number => map.reduce((sum, value) => sum + value, 0) / positions;
  const product = last.reduce((sum, map, c) => {
    const otherMap = otherLast[c] ?? map;
    return sum + (readout === "flatten" ? dot(map, otherMap) / positions : pooled(map) * pooled(otherMap));
  }, 0);
  const process = (weightVariance * product) / channels + biasVariance;
  let tangent = process;
  for (let layer = 0; layer < network.layers; layer++) {
    const fanIn = (one.activations[layer] ?? []).length * kernel * kernel;
    const gradient = (pass: Pass): Float64Array => weightGradient(network, pass, layer);
    tangent += (weightVariance / fanIn) * dot(gradient(one), gradient(other));
    (one.deltas[layer] ?? []).forEach((delta, c) => {
      const sum = (map: Float64Array): number => map.reduce((total, value) => total + value, 0);
      tangent += biasVariance * sum(delta) * sum(other.deltas[layer]?.[c] ?? delta);
    });
  }
  const overlaps = one.activations.slice(1).map((maps, layer) =>
    maps.reduce((sum, map, c) => {
      const otherMap = other.activations[layer + 1]?.[c] ?? map;
      return sum + ((map[0] ?? 0) > 0 && (otherMap[0] ?? 0) > 0 ? 1 : 0);
    }, 0),
  );
  return { process, tangent, overlaps };
}

function run(network: RandomNetwork, input: readonly Float64Array[], seed: number): Pass {
  const { layers, channels, kernel, weightVariance, biasVariance, height, width, readout } = network;
  const positions = height * width;
  const activations: (readonly Float64Array[])[] = [input];
  const weights: Float64Array[] = [];
  const spare = new Float64Array(positions);
  for (let layer = 0; layer < layers; layer++) {
    const before = activations[layer] ?? [];
    const drawn = randomStream(seed, "weights", layer).normal(channels * before.length * kernel * kernel);
    const scale = Math.sqrt(weightVariance / (before.length * kernel * kernel));
    weights.push(drawn.map((value) => value * scale));
    const biases = randomStream(seed, "biases", layer).normal(channels);
    const after = Array.from({ length: channels }, (_, c) =>
      new Float64Array(positions).fill(Math.sqrt(biasVariance) * (biases[c] ?? 0)),
    );
    eachTap(network, before.length, (out, from, u, v, at) => {
      (after[out] ?? spare)[u]! += (weights[layer]?.[at] ?? 0) * (before[from]?.[v] ?? 0);
    });
    activations.push(after.map((map) => map.map((q) => Math.max(0, q))));
  }
  const outputs = randomStream(seed, "output").normal(channels * positions);
  const fanIn = readout === "flatten" ? channels * positions : channels;
  const deltas: Float64Array[][] = [];
  let above = Array.from({ length: channels }, (_, c) =>
    Float64Array.from({ length: positions }, (__, u) =>
      readout === "flatten"
        ? Math.sqrt(weightVariance / fanIn) * (outputs[c * positions + u] ?? 0)
        : (Math.sqrt(weightVariance / fanIn) * (outputs[c] ?? 0)) / positions,
    ),
  );
  for (let layer = layers - 1; layer >= 0; layer--) {
    const gated = above.map((map, c) =>
      map.map((value, u) => ((activations[layer + 1]?.[c]?.[u] ?? 0) > 0 ? value : 0)),
    );
    deltas.unshift(gated);
    const below = (activations[layer] ?? []).map(() => new Float64Array(positions));
    eachTap(network, below.length, (out, from, u, v, at) => {
      (below[from] ?? spare)[v]! += (weights[layer]?.[at] ?? 0) * (gated[out]?.[u] ?? 0);
    });
    above = below;
  }
  return { activations, deltas };
}

/** Gradient of a layer's weights, scaled ones, `[out, in, kernel, kernel]`. */
function weightGradient(network: RandomNetwork, { activations, deltas }: Pass, layer: number): Float64Array {
  const before = activations[layer] ?? [];
  const gradient = new Float64Array(network.channels * before.length * network.kernel ** 2);
  eachTap(network, before.length, (out, from, u, v, at) => {
    gradient[at]! += (deltas[layer]?.[out]?.[u] ?? 0) * (before[from]?.[v] ?? 0);
  });
  return gradient;
}

/** Every weight with the positions that it joins: output `u`, input `v`, zero padding left out. */
function eachTap(
  { channels, kernel, height, width }: RandomNetwork,
  inputs: number,
  visit: (out: number, from: number, u: number, v: number, at: number) => void,
): void {
  const reach = (kernel - 1) / 2;
  for (let u = 0; u < height * width; u++) {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const [row, column] = [Math.floor(u / width) + dy, (u % width) + dx];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const v = row * width + column;
        const tap = (dy + reach) * kernel + dx + reach;
        for (let out = 0; out < channels; out++) {
          for (let from = 0; from < inputs; from++) visit(out, from, u, v, (out * inputs + from) * kernel ** 2 + tap);
        }
      }
    }
  }
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Mean of some numbers with its standard error. */
export function meanAndError(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
