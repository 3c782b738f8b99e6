import { cast, constant, type FloatDType, float32, float64, multiply, relu, type Tensor } from "../graph/index.ts";
import { optionsIn } from "../options.ts";
import type { GatedNetwork, NodeKindName, Weights } from "./gated-network.ts";
import { gateOf, passGate } from "./gating.ts";
import type { PathPower } from "./kinds/kind.ts";
import { usedNodes } from "./network-nodes.ts";
import { forwardNode } from "./node-kinds.ts";

/** What stands in a forward pass instead of the network's own weights and gates. */
export interface ForwardOptions<D extends FloatDType> {
  /** The tensor of a node's weight or bias; a constant of the graph unless told otherwise. */
  readonly parameter?: (position: number, kind: "weight" | "bias", own: Weights) => Tensor<D>;
  /** What a gate node gives, from its input and the pre-activation that decides: its own rule unless told otherwise. */
  readonly gate?: (position: number, z: Tensor<D>, q: Tensor<D>) => Tensor<D>;
  /** For nodes of a pass of powers (theory 4.6) what it makes of their factors; undefined for all others. */
  readonly power?: (position: number) => PathPower | undefined;
}

/**
 * The network as graph, all examples of a batch at once.
 * @param x `[batch, ...inputShape]`
 * @returns by position of the node, `[batch, ...shape]`, the nodes that the output depends on
 */
export const forwardNodes = <D extends FloatDType>(
  network: GatedNetwork,
  x: Tensor<D>,
  options: ForwardOptions<D> = {},
): ReadonlyMap<number, Tensor<D>> => {
  const { parameter, ...others } = optionsIn(options);
  return forwardTensors(network, x, {
    parameter: (position, kind, own) => parameter?.(position, kind, own) ?? constantLike(x, own),
    ...others,
  });
};

/** What stands for the weights and gates of a network of any weights. */
export interface TensorOptions<D extends FloatDType, W> extends Omit<ForwardOptions<D>, "parameter"> {
  readonly parameter: (position: number, kind: "weight" | "bias", own: W) => Tensor<D>;
  /** Gates that are known, by position of the gate node: what would decide them is not computed. */
  readonly knownGates?: ReadonlyMap<number, Tensor<D>>;
  /** What a gate node's value is multiplied by, by its name: dropout. */
  readonly factors?: Readonly<Record<string, Tensor<D>>>;
  /** What a scale node gives in place of its own, by its name: batch normalization by the batch. */
  readonly normalize?: Readonly<Record<string, (z: Tensor<D>) => Tensor<D>>>;
}

/** {@link forwardNodes} of a network whose weights are no arrays. */
export function forwardTensors<D extends FloatDType, W>(
  network: GatedNetwork<W>,
  x: Tensor<D>,
  options: TensorOptions<D, W>,
): ReadonlyMap<number, Tensor<D>> {
  const { parameter, gate, power, knownGates, factors, normalize } = optionsIn(options);
  const values = new Map<number, Tensor<D>>();
  const at = (position: number): Tensor<D> => {
    const value = values.get(position);
    if (value === undefined) throw new Error(`unreachable: node ${position} before its input`);
    return value;
  };
  const fixed = (numbers: Weights): Tensor<D> => constantLike(x, numbers);
  for (const position of usedNodes(network, new Set(knownGates?.keys()))) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    if (node.kind === "input") {
      values.set(position, x);
      continue;
    }
    const norm = normalize?.[node.name];
    if (norm !== undefined && node.kind === "scale") {
      values.set(position, norm(at(node.input)));
      continue;
    }
    const value = forwardNode<D, W, NodeKindName>(node, {
      at,
      fixed,
      parameter: (kind, weights) => parameter(position, kind, weights),
      power: power?.(position),
      gated(rule, z, decider) {
        const known = knownGates?.get(position);
        if (known !== undefined) return multiply(z, known);
        const q = decider();
        if (gate !== undefined) return gate(position, z, q);
        return z === q && rule.kind === "hard" ? relu(q) : passGate(z, gateOf(rule, q));
      },
    });
    const factor = factors?.[node.name];
    values.set(position, factor === undefined ? value : multiply(value, factor));
  }
  return values;
}

/** Weights as a constant of the dtype of `x`. */
const constantLike = <D extends FloatDType>(x: Tensor<D>, { shape, data }: Weights): Tensor<D> =>
  cast(x.dtype === "float64" ? constant(float64(shape, data)) : constant(float32(shape, data)), x.dtype);
