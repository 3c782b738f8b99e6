import type { DenseArray } from "../../src/graph/index.ts";
import { type GatedNetwork, type GatedNode, isWeightNode, pathNodes, type Weights } from "../../src/network/index.ts";
import { enumeratedLogits } from "../paths/enumerate.reference.ts";

/** A weight or bias of a network, by the position of its node. */
export interface Place {
  readonly position: number;
  readonly kind: "weight" | "bias";
  readonly index: number;
}

/** Every number of every weight and bias, those of the feature network included. */
export const placesOf = ({ nodes }: GatedNetwork): readonly Place[] =>
  nodes.flatMap((node, position) =>
    (["weight", "bias"] as const).flatMap((kind) =>
      Array.from(isWeightNode(node) ? (node[kind]?.data ?? []) : [], (_, index) => ({ position, kind, index })),
    ),
  );

/** The network with one number changed. */
export function withNumber(network: GatedNetwork, { position, kind, index }: Place, change: (value: number) => number) {
  const changed = ({ shape, data }: Weights): Weights => ({
    dtype: "float64",
    shape,
    data: Float64Array.from(data, (value, i) => (i === index ? change(value) : value)),
  });
  const replaced = (node: GatedNode): GatedNode => {
    if (!isWeightNode(node)) return node;
    const { weight, bias } = node;
    if (kind === "bias") return { ...node, bias: bias && changed(bias) };
    if (node.kind === "scale") return { ...node, weight: weight && changed(weight) };
    return { ...node, weight: changed(node.weight) };
  };
  return { ...network, nodes: network.nodes.map((node, i) => (i === position ? replaced(node) : node)) };
}

/**
 * Inner products of gradients by finite differences, one parameter after the other (theory 4.1).
 * @param output one for all, or one for each example
 */
export function tangentKernelReference(
  network: GatedNetwork,
  inputs: DenseArray<"float64">,
  output: number | readonly number[],
  step = 1e-5,
): { readonly value: readonly (readonly number[])[]; readonly feature: readonly (readonly number[])[] } {
  const [examples = 0] = inputs.shape;
  const size = inputs.data.length / examples;
  const onPaths = new Set(pathNodes(network));
  const logits = (changed: GatedNetwork): readonly number[] =>
    Array.from(
      { length: examples },
      (_, i) =>
        enumeratedLogits(changed, inputs.data.subarray(i * size, (i + 1) * size))[
          typeof output === "number" ? output : (output[i] ?? 0)
        ] ?? Number.NaN,
    );
  const kernel = (places: readonly Place[]) => {
    const gradients = places.map((place) => {
      const above = logits(withNumber(network, place, (value) => value + step));
      const below = logits(withNumber(network, place, (value) => value - step));
      return above.map((value, i) => (value - (below[i] ?? Number.NaN)) / (2 * step));
    });
    const product = (i: number, j: number): number =>
      gradients.reduce((sum, gradient) => sum + (gradient[i] ?? Number.NaN) * (gradient[j] ?? Number.NaN), 0);
    return Array.from({ length: examples }, (_, i) => Array.from({ length: examples }, (_, j) => product(i, j)));
  };
  const places = placesOf(network);
  return {
    value: kernel(places.filter(({ position }) => onPaths.has(position))),
    feature: kernel(places.filter(({ position }) => !onPaths.has(position))),
  };
}
