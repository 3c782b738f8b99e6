/**
 * A network as its paths see it (theory 2.6): weights, biases, gates, pooling and sums as the nodes of a graph over the
 * units of one example. What is trained here and what comes from ONNX become the same graph, and everything that counts
 * paths, lists them or compares them reads no other form.
 *
 * A path runs along `input` edges from an element of the input, or from a bias, to an output. `gatedBy` and
 * `selectedBy` edges decide which paths are active and carry none themselves: in a ReLU network they lead to the gated
 * pre-activation itself, in a deep gated network to the feature network (theory 5.1).
 */
import type { DenseArray } from "../graph/index.ts";
import type { GateRule } from "./gating.ts";

/** Weights as they were given: models of other people are float32, golden values float64. */
export type Weights = DenseArray<"float32" | "float64">;

/** Windows that slide over maps `[channels, height, width]`. */
export interface MapWindow {
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  /** Zeros at top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

/** What a node does. Numbers are positions of earlier nodes. `W`: what stands for weights, arrays or tensors of a graph. */
export type NodeOperation<W = Weights> =
  /** The example as it is given. Node 0, and no other. */
  | { readonly kind: "input" }
  /**
   * The input's normalization by constants, `x · factor + shift` element by element: no weight and no bias, paths start
   * behind it. Both of the node's shape.
   */
  | { readonly kind: "normalize"; readonly input: number; readonly factor: Weights; readonly shift: Weights }
  /** `[in]` to `[out]`; weight `[in, out]`, bias `[out]`. */
  | { readonly kind: "dense"; readonly input: number; readonly weight: W; readonly bias: W | undefined }
  /** Maps to maps; weight `[out, in / groups, kernel…]`, bias `[out]`. */
  | {
      readonly kind: "convolution";
      readonly input: number;
      readonly weight: W;
      readonly bias: W | undefined;
      readonly window: MapWindow;
      readonly groups: number;
    }
  /** A weight and a bias for each channel (axis 0): batch normalization that no layer could take in. Both `[channels]`. */
  | {
      readonly kind: "scale";
      readonly input: number;
      readonly weight: W | undefined;
      readonly bias: W | undefined;
    }
  /** `input · G`, the gate decided by `gatedBy`, of the same shape. */
  | { readonly kind: "gate"; readonly input: number; readonly gatedBy: number; readonly rule: GateRule }
  /** Passes the element of each window of `input` at which `selectedBy` is greatest (the first at a tie). */
  | { readonly kind: "max-pool"; readonly input: number; readonly selectedBy: number; readonly window: MapWindow }
  /** Mean of each window; padding counts as zeros, or not at all. */
  | {
      readonly kind: "average-pool";
      readonly input: number;
      readonly window: MapWindow;
      readonly countPadding: boolean;
    }
  /** Sum of nodes of one shape (residual sums). */
  | { readonly kind: "sum"; readonly inputs: readonly number[] }
  /** Nodes one behind the other along `axis`. */
  | { readonly kind: "concat"; readonly inputs: readonly number[]; readonly axis: number }
  /**
   * Elements in another order or shape (flatten, reshape, transpose, pad, slice): element `i` is element `from[i]` of
   * the input, 0 where `from[i]` is −1; the same order where `from` is undefined.
   */
  | { readonly kind: "rearrange"; readonly input: number; readonly from: Int32Array | undefined };

export type GatedNode<W = Weights> = {
  /** As the model calls it; unique. */
  readonly name: string;
  /** Shape of what the node gives for one example. */
  readonly shape: readonly number[];
} & NodeOperation<W>;

/** Nodes in topological order. Plain data. */
export interface GatedNetwork<W = Weights> {
  readonly nodes: readonly GatedNode<W>[];
  /** Position of the node that gives the logits, a vector `[outputs]`. */
  readonly output: number;
  /** What trains, of a network read from a file; without it every weight and bias is a parameter of its own. */
  readonly parameters?: readonly NetworkParameter[];
}

/**
 * An array that trains: what a file holds as weight or bias of a layer, as scale or shift of a batch normalization, or as
 * slopes; once, however often it is used. Weights of nodes are made of parameters: as they are, transposed, in part,
 * times a factor, times another parameter.
 */
export interface NetworkParameter {
  /** As the file calls it. */
  readonly name: string;
  readonly values: Weights;
  readonly uses: readonly ParameterUse[];
}

/**
 * The derivative of a node's array by a parameter, at the values that both have: element `i` of the array changes by
 * `factors[i]` times what element `places[i]` of the parameter changes by. Plain data; of large weights into which a
 * batch normalization was merged, both arrays are made each time they are read.
 */
export interface ParameterUse {
  readonly position: number;
  /** Which of the node's arrays; `slopes` of a leaky gate. */
  readonly kind: "weight" | "bias" | "slopes";
  /** Element `i` itself where undefined; none where −1. */
  readonly places: Int32Array | undefined;
  /** One for all elements or one each; undefined where the array is made of the parameter in no elementwise way. */
  readonly factors: number | Float64Array | undefined;
}

/** A node that holds weights or a bias. */
export type WeightNode<W = Weights> = Extract<GatedNode<W>, { readonly kind: "dense" | "convolution" | "scale" }>;
/** A node that passes or stops its input. */
export type GateNode = Extract<GatedNode, { readonly kind: "gate" }>;

/** Nodes whose values a node's paths come through. */
export function pathInputs(node: GatedNode<unknown>): readonly number[] {
  switch (node.kind) {
    case "input":
      return [];
    case "sum":
    case "concat":
      return node.inputs;
    case "normalize":
    case "dense":
    case "convolution":
    case "scale":
    case "gate":
    case "max-pool":
    case "average-pool":
    case "rearrange":
      return [node.input];
  }
}

/** Nodes that a node reads, those that only decide its gates included. */
export function allInputs(node: GatedNode<unknown>): readonly number[] {
  if (node.kind === "gate") return [node.input, node.gatedBy];
  if (node.kind === "max-pool") return [node.input, node.selectedBy];
  return pathInputs(node);
}

/** Positions of the nodes that paths to the output come through, ascending: the value network, or all of a ReLU network. */
export function pathNodes(network: GatedNetwork<unknown>): readonly number[] {
  return reachedFrom(network, network.output, pathInputs);
}

/**
 * Positions of the nodes that the output depends on, the feature network included, ascending.
 * @param knownGates positions of gates that are given: what decides them is not needed
 */
export const usedNodes = (
  network: GatedNetwork<unknown>,
  knownGates: ReadonlySet<number> = new Set(),
): readonly number[] =>
  reachedFrom(network, network.output, (node, position) =>
    knownGates.has(position) ? pathInputs(node) : allInputs(node),
  );

function reachedFrom(
  { nodes }: GatedNetwork<unknown>,
  from: number,
  inputsOf: (node: GatedNode<unknown>, position: number) => readonly number[],
): readonly number[] {
  const reached = new Set([from]);
  for (let position = from; position >= 0; position--) {
    const node = nodes[position];
    if (node === undefined || !reached.has(position)) continue;
    for (const input of inputsOf(node, position)) reached.add(input);
  }
  return [...reached].sort((a, b) => a - b);
}

/** Weight layers that paths come through: their number `l` from 1 (theory 1.2) by position, in topological order. */
export function weightLayers(network: GatedNetwork<unknown>): ReadonlyMap<number, number> {
  const positions = pathNodes(network).filter((position) => isWeightNode(network.nodes[position]));
  return new Map(positions.map((position, index) => [position, index + 1]));
}

export const isWeightNode = <W>(node: GatedNode<W> | undefined): node is WeightNode<W> =>
  node?.kind === "dense" || node?.kind === "convolution" || node?.kind === "scale";

/** Gates that paths pass, in topological order. */
export const gatePositions = (network: GatedNetwork<unknown>): readonly number[] =>
  pathNodes(network).filter((position) => network.nodes[position]?.kind === "gate");

/** Whether every gate of the network's paths is a bit (no slopes, no sigmoids). */
export const hasHardGates = (network: GatedNetwork<unknown>): boolean =>
  gatePositions(network).every((position) => {
    const node = network.nodes[position];
    return node?.kind === "gate" && node.rule.kind === "hard";
  });

/** Number of outputs. */
export const outputCount = ({ nodes, output }: GatedNetwork<unknown>): number => nodes[output]?.shape[0] ?? 0;

/** Shape of one example. */
export const inputShapeOf = ({ nodes }: GatedNetwork<unknown>): readonly number[] => nodes[0]?.shape ?? [];
