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
import type { MapWindow } from "./map-window.ts";

/** Weights as they were given: models of other people are float32, golden values float64. */
export type Weights = DenseArray<"float32" | "float64">;

/**
 * What each kind of node is told, beside its name and shape; what it does stands in `kinds/`. Numbers are positions of earlier
 * nodes. `W`: what stands for weights, arrays or tensors of a graph.
 */
export interface NodeFields<W = Weights> {
  /** The example as it is given. Node 0, and no other. */
  readonly input: unknown;
  /**
   * The input's normalization by constants, `x · factor + shift` element by element: no weight and no bias, paths start
   * behind it. Both of the node's shape.
   */
  readonly normalize: { readonly input: number; readonly factor: Weights; readonly shift: Weights };
  /** `[in]` to `[out]`; weight `[in, out]`, bias `[out]`. */
  readonly dense: { readonly input: number; readonly weight: W; readonly bias: W | undefined };
  /** Maps to maps; weight `[out, in / groups, kernel…]`, bias `[out]`. */
  readonly convolution: {
    readonly input: number;
    readonly weight: W;
    readonly bias: W | undefined;
    readonly window: MapWindow;
    readonly groups: number;
  };
  /** A weight and a bias for each channel (axis 0): batch normalization that no layer could take in. Both `[channels]`. */
  readonly scale: { readonly input: number; readonly weight: W | undefined; readonly bias: W | undefined };
  /** `input · G`, the gate decided by `gatedBy`, of the same shape. */
  readonly gate: { readonly input: number; readonly gatedBy: number; readonly rule: GateRule };
  /** Passes the element of each window of `input` at which `selectedBy` is greatest (the first at a tie). */
  readonly "max-pool": { readonly input: number; readonly selectedBy: number; readonly window: MapWindow };
  /** Mean of each window; padding counts as zeros, or not at all. */
  readonly "average-pool": { readonly input: number; readonly window: MapWindow; readonly countPadding: boolean };
  /** Sum of nodes of one shape (residual sums). */
  readonly sum: { readonly inputs: readonly number[] };
  /** Nodes one behind the other along `axis`. */
  readonly concat: { readonly inputs: readonly number[]; readonly axis: number };
  /**
   * Elements in another order or shape (flatten, reshape, transpose, pad, slice): element `i` is element `from[i]` of
   * the input, 0 where `from[i]` is −1; the same order where `from` is undefined.
   */
  readonly rearrange: { readonly input: number; readonly from: Int32Array | undefined };
}

/** The name of a kind of node. */
export type NodeKindName = keyof NodeFields;

/** What a node of these kinds is told, one of any kind unless told otherwise. */
export type NodeOperation<W = Weights, K extends NodeKindName = NodeKindName> = {
  [P in K]: { readonly kind: P } & NodeFields<W>[P];
}[K];

/** A node of these kinds, of any kind unless told otherwise: what it is told, its name and its shape. */
export type GatedNode<W = Weights, K extends NodeKindName = NodeKindName> = {
  /** As the model calls it; unique. */
  readonly name: string;
  /** Shape of what the node gives for one example. */
  readonly shape: readonly number[];
} & NodeOperation<W, K>;

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

/** Kinds that hold weights: those that are told an array of weights and one of biases. */
export type WeightKindName = {
  [K in NodeKindName]: "weight" | "bias" extends keyof NodeFields[K] ? K : never;
}[NodeKindName];
/** A node that holds weights or a bias. */
export type WeightNode<W = Weights> = GatedNode<W, WeightKindName>;
/** A node that passes or stops its input. */
export type GateNode = GatedNode<Weights, "gate">;
