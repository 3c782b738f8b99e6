import type { Inputs } from "../../gates/index.ts";
import { eachNumber } from "../../graph/index.ts";
import { type GatedNetwork, type GatedNode, gatePositions } from "../../network/index.ts";

/** What the kernel of a fully connected network with hard gates needs to know of it. */
export interface DenseChain {
  /** Whether each weight layer has a bias, in order. */
  readonly biases: readonly boolean[];
  /** The input's normalization, if it has one. */
  readonly normalize: Extract<GatedNode, { readonly kind: "normalize" }> | undefined;
}

/**
 * What networks of these kinds alone get: any other kind makes it another network, whose kernel goes another way.
 * The network as a chain of dense layers with hard gates between them, or undefined if it is another. A chain's kernel
 * is a product of overlaps (theory 3.4).
 */
export function denseChain(network: GatedNetwork): DenseChain | undefined {
  const biases: boolean[] = [];
  let normalize: DenseChain["normalize"];
  let gated = false;
  let position = network.output;
  for (let node = network.nodes[position]; node !== undefined; node = network.nodes[position]) {
    switch (node.kind) {
      case "input":
        // gates before the first weight would be part of the input, a gate at the end of the output
        return gated || biases.length !== gatePositions(network).length + 1
          ? undefined
          : { biases: biases.reverse(), normalize };
      case "dense":
        biases.push(node.bias !== undefined);
        gated = false;
        break;
      case "gate":
        if (node.rule.kind !== "hard" || gated || biases.length === 0) return undefined;
        gated = true;
        break;
      case "normalize":
        if (normalize !== undefined || gated) return undefined;
        normalize = node;
        break;
      case "rearrange":
        // inputs are normalized as they are given: in another order they are another network's
        if (node.from !== undefined && (normalize !== undefined || !isPermutation(node.from))) return undefined;
        break;
      default:
        return undefined;
    }
    position = node.input;
  }
  return undefined;
}

const isPermutation = (from: Int32Array): boolean =>
  new Set(from).size === from.length && from.every((index) => index >= 0 && index < from.length);

/** Inputs as the first layer of a chain sees them: normalized, in their own order. */
export function normalizedInputs({ normalize }: DenseChain, inputs: Inputs): Inputs {
  if (normalize === undefined) return inputs;
  const { factor, shift } = normalize;
  const size = factor.data.length;
  return {
    dtype: "float64",
    shape: inputs.shape,
    data: eachNumber(
      new Float64Array(inputs.data.length),
      inputs.data,
      (x, i) => x * factor.data[i % size]! + shift.data[i % size]!,
    ),
  };
}
