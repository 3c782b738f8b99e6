import {
  add,
  averagePool,
  cast,
  concat,
  constant,
  convolution,
  type FloatDType,
  float32,
  float64,
  gather,
  globalAveragePool,
  int32,
  matMul,
  maxPoolSelect,
  multiply,
  relu,
  reshape,
  sizeOf,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { type GatedNetwork, type GatedNode, type MapWindow, usedNodes, type Weights } from "./gated-network.ts";
import { gateOf, passGate } from "./gating.ts";

/** What stands in a forward pass instead of the network's own weights and gates. */
export interface ForwardOptions<D extends FloatDType> {
  /** The tensor of a node's weight or bias; a constant of the graph unless told otherwise. */
  readonly parameter?: (position: number, kind: "weight" | "bias", own: Weights) => Tensor<D>;
  /** What a gate node gives, from its input and the pre-activation that decides: its own rule unless told otherwise. */
  readonly gate?: (position: number, z: Tensor<D>, q: Tensor<D>) => Tensor<D>;
}

/**
 * The network as graph, all examples of a batch at once.
 * @param x `[batch, ...inputShape]`
 * @returns by position of the node, `[batch, ...shape]`, the nodes that the output depends on
 */
export const forwardNodes = <D extends FloatDType>(
  network: GatedNetwork,
  x: Tensor<D>,
  { parameter, gate }: ForwardOptions<D> = {},
): ReadonlyMap<number, Tensor<D>> =>
  forwardTensors(network, x, {
    parameter: (position, kind, own) => parameter?.(position, kind, own) ?? constantLike(x, own),
    ...(gate === undefined ? {} : { gate }),
  });

/** What stands for the weights and gates of a network of any weights. */
export interface TensorOptions<D extends FloatDType, W> {
  readonly parameter: (position: number, kind: "weight" | "bias", own: W) => Tensor<D>;
  readonly gate?: (position: number, z: Tensor<D>, q: Tensor<D>) => Tensor<D>;
  /** Gates that are known, by position of the gate node: what would decide them is not computed. */
  readonly knownGates?: ReadonlyMap<number, Tensor<D>>;
}

/** {@link forwardNodes} of a network whose weights are no arrays. */
export function forwardTensors<D extends FloatDType, W>(
  network: GatedNetwork<W>,
  x: Tensor<D>,
  options: TensorOptions<D, W>,
): ReadonlyMap<number, Tensor<D>> {
  const values = new Map<number, Tensor<D>>();
  const at = (position: number): Tensor<D> => {
    const value = values.get(position);
    if (value === undefined) throw new Error(`unreachable: node ${position} before its input`);
    return value;
  };
  for (const position of usedNodes(network, new Set(options.knownGates?.keys()))) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    values.set(position, node.kind === "input" ? x : nodeValue(position, node, x, at, options));
  }
  return values;
}

function nodeValue<D extends FloatDType, W>(
  position: number,
  node: Exclude<GatedNode<W>, { readonly kind: "input" }>,
  x: Tensor<D>,
  at: (position: number) => Tensor<D>,
  options: TensorOptions<D, W>,
): Tensor<D> {
  const own = (weights: Weights): Tensor<D> => constantLike(x, weights);
  const parameter = (kind: "weight" | "bias", weights: W): Tensor<D> => options.parameter(position, kind, weights);
  const plus = (z: Tensor<D>, bias: W | undefined): Tensor<D> =>
    bias === undefined ? z : add(z, perChannel(parameter("bias", bias), node.shape.length));
  switch (node.kind) {
    case "normalize":
      return add(multiply(at(node.input), own(node.factor)), own(node.shift));
    case "dense":
      return plus(matMul(at(node.input), parameter("weight", node.weight)), node.bias);
    case "convolution": {
      const { strides, pads, dilations } = node.window;
      const weight = parameter("weight", node.weight);
      const q = convolution(at(node.input), weight, { strides, pads, dilations, groups: node.groups });
      return plus(q, node.bias);
    }
    case "scale": {
      const z = at(node.input);
      const { weight } = node;
      const scaled = weight === undefined ? z : multiply(z, perChannel(parameter("weight", weight), node.shape.length));
      return plus(scaled, node.bias);
    }
    case "gate": {
      const z = at(node.input);
      const known = options.knownGates?.get(position);
      if (known !== undefined) return multiply(z, known);
      const q = at(node.gatedBy);
      if (options.gate !== undefined) return options.gate(position, z, q);
      return z === q && node.rule.kind === "hard" ? relu(q) : passGate(z, gateOf(node.rule, q));
    }
    case "max-pool": {
      const { kernel, strides, pads } = node.window;
      return maxPoolSelect(at(node.selectedBy), at(node.input), kernel, { strides, pads });
    }
    case "average-pool":
      return averaged(at(node.input), node, own);
    case "sum":
      return node.inputs.map(at).reduce((sum, term) => add(sum, term));
    case "concat":
      return node.inputs.map(at).reduce((joined, next) => concat([joined, next], node.axis + 1));
    case "rearrange":
      return rearranged(at(node.input), node.shape, node.from);
  }
}

/** The mean of each window: where padding does not count, border windows are divided by what they hold. */
function averaged<D extends FloatDType>(
  z: Tensor<D>,
  node: Extract<GatedNode, { readonly kind: "average-pool" }>,
  own: (weights: Weights) => Tensor<D>,
): Tensor<D> {
  const { window, countPadding, shape } = node;
  const { kernel, strides, pads } = window;
  const mapSize = z.shape.slice(2).join();
  // one window over the whole map is a mean of the map, and its gradient a broadcast
  if (mapSize === kernel.join() && shape.slice(1).join() === "1,1" && pads[0] === 0 && pads[1] === 0) {
    return reshape(globalAveragePool(z), [z.shape[0] ?? 1, ...shape]);
  }
  const mean = averagePool(z, kernel, { strides, pads });
  if (countPadding || pads.every((pad) => pad === 0)) return mean;
  const [, height = 0, width = 0] = z.shape.slice(1).map(Number);
  const [, rows = 0, columns = 0] = shape;
  const vertical = heldBy(window, 0, rows, height);
  const horizontal = heldBy(window, 1, columns, width);
  const factors = vertical.flatMap((a) => horizontal.map((b) => (kernel[0] * kernel[1]) / (a * b)));
  return multiply(mean, own(float64([1, 1, rows, columns], factors)));
}

/** How many elements of the map, along one axis, each window holds. */
export const heldBy = (
  { kernel, strides, pads }: MapWindow,
  axis: 0 | 1,
  windows: number,
  size: number,
): readonly number[] =>
  Array.from({ length: windows }, (_, i) => {
    const start = i * strides[axis] - pads[axis];
    return Math.min(start + kernel[axis], size) - Math.max(start, 0);
  });

function rearranged<D extends FloatDType>(
  z: Tensor<D>,
  shape: readonly number[],
  from: Int32Array | undefined,
): Tensor<D> {
  const [batch = 1, ...sizes] = z.shape;
  if (from === undefined) return reshape(z, [batch, ...shape]);
  const flat = reshape(z, [batch, sizeOf(sizes.map(Number))]);
  const places = Int32Array.from(from, (index) => Math.max(index, 0));
  const picked = transpose(gather(transpose(flat), constant(int32([places.length], places))));
  const zeros = from.some((index) => index < 0);
  const mask = float32(
    [1, from.length],
    Float32Array.from(from, (index) => (index < 0 ? 0 : 1)),
  );
  const kept = zeros ? multiply(picked, constantLike(z, mask)) : picked;
  return reshape(kept, [batch, ...shape]);
}

/** A vector over the channels, to broadcast over the positions of maps of `rank` axes. */
const perChannel = <D extends FloatDType>(vector: Tensor<D>, rank: number): Tensor<D> =>
  rank === 1 ? vector : reshape(vector, [vector.shape[0] ?? 1, ...Array.from({ length: rank - 1 }, () => 1)]);

/** Weights as a constant of the dtype of `x`. */
const constantLike = <D extends FloatDType>(x: Tensor<D>, { shape, data }: Weights): Tensor<D> =>
  cast(x.dtype === "float64" ? constant(float64(shape, data)) : constant(float32(shape, data)), x.dtype);
