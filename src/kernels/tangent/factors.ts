/**
 * What a tangent kernel is multiplied from (theory 4.8). A dense layer's part of the kernel is
 * `(Z_{l−1} Z_{l−1}ᵀ + b) ⊙ (Δ_l Δ_lᵀ)`, so its inputs and the gradients at its output are kept and no Jacobian is
 * formed. Weights that are used at many positions (convolutions, scales) have no such product: the gradient of each
 * example by them is formed and kept, `[batch, parameters]`.
 *
 * One reverse pass gives all of it, since the sum over the batch has the gradients of all examples side by side.
 */
import {
  concat,
  type Graph,
  gradients,
  graph,
  input,
  matMul,
  multiply,
  pad,
  reduceSum,
  reshape,
  sizeOf,
  slice,
  type Tensor,
} from "../../graph/index.ts";
import {
  forwardNodes,
  type GatedNetwork,
  type GatedNode,
  inputShapeOf,
  isWeightNode,
  outputCount,
  pathInputs,
  pathNodes,
  scalarGate,
  type WeightNode,
} from "../../network/index.ts";

/** Parameters that carry the value, or that only make its gates (theory 4.1). */
export type TangentPart = "value" | "feature";

export interface TangentLayer {
  readonly position: number;
  readonly node: WeightNode;
}

type Maps = Tensor<"float64">;

/**
 * Layers whose parameters the output has a gradient by. Gradients reach the feature network through soft gates only:
 * behind hard gates its part is empty, and the feature kernel zero.
 */
export function tangentLayers(network: GatedNetwork): Readonly<Record<TangentPart, readonly TangentLayer[]>> {
  const { nodes, output } = network;
  const reached = new Set([output]);
  for (let position = output; position >= 0; position--) {
    const node = nodes[position];
    if (node !== undefined && reached.has(position)) for (const from of gradientInputs(node)) reached.add(from);
  }
  const onPaths = new Set(pathNodes(network));
  const layers = nodes.flatMap((node, position): readonly TangentLayer[] =>
    isWeightNode(node) && reached.has(position) ? [{ position, node }] : [],
  );
  return {
    value: layers.filter(({ position }) => onPaths.has(position)),
    feature: layers.filter(({ position }) => !onPaths.has(position)),
  };
}

const gradientInputs = (node: GatedNode): readonly number[] =>
  node.kind === "gate" && scalarGate(node.rule).hasGradient ? [node.input, node.gatedBy] : pathInputs(node);

/** Names of a part's factors: of the product of a dense layer, and of gradients that were formed. */
export const factorNames = {
  inputs: (position: number): string => `inputs.${position}`,
  outputGradients: (position: number): string => `output-gradients.${position}`,
  gradients: (part: TangentPart): string => `gradients.${part}`,
};

/** Layers that are kept as two factors; the others are kept as gradients. */
export const isProductLayer = ({ node }: TangentLayer): boolean => node.kind === "dense";
type FormedNode = Extract<WeightNode, { readonly kind: "convolution" | "scale" }>;

/** Numbers in the gradient of one example by a layer's parameters. */
export const parameterCount = ({ node: { weight, bias } }: TangentLayer): number =>
  (weight?.data.length ?? 0) + (bias?.data.length ?? 0);

/**
 * The graph from examples `x`, float64 `[batch, ...inputShape]`, and `chosen` `[batch, outputs]`, 1 at the logit that is
 * differentiated and else 0, to the factors of these parts, each `[batch, …]`.
 */
export function factorGraph(network: GatedNetwork, parts: readonly TangentPart[]): Graph {
  const x = input("x", "float64", ["batch", ...inputShapeOf(network)]);
  const values = forwardNodes(network, x);
  const at = (position: number): Maps => {
    const value = values.get(position);
    if (value === undefined) throw new Error(`unreachable: node ${position} is not used`);
    return value;
  };
  const layers = tangentLayers(network);
  const wanted = parts.flatMap((part) => layers[part]);
  const chosen = input("chosen", "float64", ["batch", outputCount(network)]);
  const logit = reduceSum(multiply(at(network.output), chosen));
  const deltas = gradients(
    logit,
    wanted.map(({ position }) => at(position)),
  );
  const deltaOf = new Map(wanted.map(({ position }, i) => [position, deltas[i] ?? logit]));
  const outputs: Record<string, Maps> = {};
  for (const part of parts) {
    const formed: Maps[] = [];
    for (const layer of layers[part]) {
      const { position, node } = layer;
      const [z, delta] = [at(node.input), deltaOf.get(position) ?? logit];
      if (node.kind === "dense") {
        outputs[factorNames.inputs(position)] = z;
        outputs[factorNames.outputGradients(position)] = delta;
      } else for (const one of formedGradients(node, z, delta)) formed.push(one);
    }
    const [first, ...rest] = formed;
    if (first !== undefined) outputs[factorNames.gradients(part)] = concat([first, ...rest], 1);
  }
  return graph(withoutSharing(outputs, x));
}

/** One output for each name, although two layers may read the same tensor, or the input itself. */
const withoutSharing = (outputs: Readonly<Record<string, Maps>>, x: Maps): Readonly<Record<string, Maps>> =>
  Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor === x ? multiply(x, 1) : tensor]));

/** Gradients of each example by the weights of a layer that uses them at many positions, each `[batch, count]`. */
function formedGradients(node: FormedNode, z: Maps, delta: Maps): readonly Maps[] {
  const overPositions = (maps: Maps): Maps =>
    maps.shape.length === 2
      ? maps
      : reduceSum(
          maps,
          maps.shape.slice(2).map((_, axis) => axis + 2),
        );
  const bias = node.bias === undefined ? [] : [overPositions(delta)];
  if (node.kind === "scale")
    return [...(node.weight === undefined ? [] : [overPositions(multiply(z, delta))]), ...bias];
  return [...convolutionGradients(node, z, delta), ...bias];
}

/** For each tap of the kernel `Δ · tap(z)ᵀ` over the positions, `[batch, out · in / groups]`; groups as leading axis. */
function convolutionGradients(
  { weight, window, groups, shape }: Extract<WeightNode, { readonly kind: "convolution" }>,
  z: Maps,
  delta: Maps,
): readonly Maps[] {
  const [batch = 1, , height = 0, width = 0] = z.shape;
  const [out = 0, perGroup = 0] = weight.shape;
  const [, ...to] = shape;
  const positions = sizeOf(to);
  const [top, left, bottom, right] = window.pads;
  const grouped = reshape(z, [batch, groups, perGroup, height, width]);
  const padded = pad(pad(grouped, 3, top, bottom), 4, left, right);
  const tap = (maps: Maps, axis: 0 | 1, index: number): Maps => {
    const start = index * window.dilations[axis];
    const end = start + ((to[axis] ?? 1) - 1) * window.strides[axis] + 1;
    return slice(maps, axis + 3, start, end, window.strides[axis]);
  };
  const flat = reshape(delta, [batch, groups, out / groups, positions]);
  return Array.from({ length: window.kernel[0] }, (_, i) => tap(padded, 0, i)).flatMap((lines) =>
    Array.from({ length: window.kernel[1] }, (_, j) => {
      const seen = reshape(tap(lines, 1, j), [batch, groups, perGroup, positions]);
      return reshape(matMul(flat, seen, { transposeB: true }), [batch, out * perGroup]);
    }),
  );
}
