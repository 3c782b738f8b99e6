/** A trained network for numbers as files have them: its inputs' normalization before it, its outputs' unit behind it. */
import { float32, sizeOf } from "../graph/index.ts";
import type { GatedNetwork, GatedNode, NodeKindName, Weights } from "./gated-network.ts";
import { placedNode } from "./node-kinds.ts";

/** `x · factor + shift`, element by element. */
export interface Affine {
  readonly factor: Float32Array;
  readonly shift: Float32Array;
}

/**
 * The network behind a normalization of its input, at which its paths start.
 * @param affine as many numbers as the input has elements
 */
export function withNormalization(network: GatedNetwork, { factor, shift }: Affine): GatedNetwork {
  const [input, ...others] = network.nodes;
  if (input === undefined) throw new Error("unreachable: a network without nodes");
  const { shape } = input;
  const later = (position: number): number => position + 1;
  const normalize: GatedNode = {
    kind: "normalize",
    name: "normalization",
    input: 0,
    shape,
    factor: float32(shape, factor),
    shift: float32(shape, shift),
  };
  const moved = others.map((node) =>
    // the constant input of ones is one of its own, whatever the example is
    node.kind === "normalize" ? node : placedNode<Weights, NodeKindName>(node, { input: later, decider: later }),
  );
  return { ...network, nodes: [input, normalize, ...moved], output: network.output + 1 };
}

/**
 * The network with its outputs in another unit: taken into the last layer where that is dense, else a scale behind it.
 * @param affine a number for each output
 */
export function withOutputUnit(network: GatedNetwork, { factor, shift }: Affine): GatedNetwork {
  const { nodes, output } = network;
  const last = nodes[output];
  if (last === undefined) throw new Error("unreachable: a network without an output");
  const units = sizeOf(last.shape);
  if (last.kind !== "dense") {
    const scale: GatedNode = {
      kind: "scale",
      name: "unit",
      input: output,
      shape: last.shape,
      weight: float32([units], factor),
      bias: float32([units], shift),
    };
    return { ...network, nodes: [...nodes, scale], output: nodes.length };
  }
  const { weight, bias } = last;
  const scaled: GatedNode = {
    ...last,
    weight: float32(
      weight.shape,
      weight.data.map((one, i) => one * (factor[i % units] ?? 1)),
    ),
    bias: float32(
      [units],
      shift.map((one, i) => one + (bias?.data[i] ?? 0) * (factor[i] ?? 1)),
    ),
  };
  return { ...network, nodes: nodes.map((node, position) => (position === output ? scaled : node)) };
}
