/**
 * A fully connected gated network as theory 2.5 has it: the sum over all its paths of neural path feature times neural
 * path value, every path on its own, in float64. Exponential: for tiny networks only.
 */

/** Weight `[from][to]` and bias `[to]` (zeros without) of a layer. */
export interface ReferenceLayer {
  readonly weight: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

export interface PathSum {
  /** `Σ_p φ_x(p)·v(p)` for each output. */
  readonly outputs: readonly number[];
  /** `Σ_p |φ_x(p)·v(p)|`: what rounding errors are relative to. */
  readonly mass: readonly number[];
}

/**
 * @param gates of each hidden layer, any numbers
 */
export function pathSum(
  layers: readonly ReferenceLayer[],
  gates: readonly (readonly number[])[],
  x: readonly number[],
): PathSum {
  const outputs: number[] = [];
  const mass: number[] = [];
  /** Follows all continuations of a path that has come to `unit` behind layer `layer`, with its feature and value. */
  function follow(layer: number, unit: number, feature: number, value: number): void {
    if (layer === layers.length) {
      outputs[unit] = (outputs[unit] ?? 0) + feature * value;
      mass[unit] = (mass[unit] ?? 0) + Math.abs(feature * value);
      return;
    }
    const weights = layers[layer]?.weight[unit] ?? [];
    for (let to = 0; to < weights.length; to++) {
      follow(layer + 1, to, feature * (gates[layer]?.[to] ?? 1), value * (weights[to] ?? 0));
    }
  }
  x.forEach((input, unit) => void follow(0, unit, input, 1));
  // a bias is a path that starts in its layer with input value 1
  layers.forEach(({ bias }, layer) => {
    bias.forEach((value, unit) => void follow(layer + 1, unit, gates[layer]?.[unit] ?? 1, value));
  });
  return { outputs, mass };
}

/** Pre-activations of the hidden layers of a ReLU network, by loops over its units. */
export function hiddenPreActivations(
  layers: readonly ReferenceLayer[],
  x: readonly number[],
): readonly (readonly number[])[] {
  const all: number[][] = [];
  let z: readonly number[] = x;
  for (const { weight, bias } of layers.slice(0, -1)) {
    const q = bias.map((start, to) => z.reduce((sum, value, from) => sum + value * (weight[from]?.[to] ?? 0), start));
    all.push(q);
    z = q.map((value) => (value > 0 ? value : 0));
  }
  return all;
}
