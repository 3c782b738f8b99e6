import { type Architecture, type PlacedLayer, paddingOf, placeLayers } from "./architecture.ts";
import type { GatedNetwork, GatedNode, NodeOperation, Weights } from "./gated-network.ts";
import type { GateRule } from "./gating.ts";
import type { NetworkPair, Regime } from "./regimes.ts";

type NamedWeights = Readonly<Record<string, Weights>>;

/**
 * A network trained here as the graph that its paths are read from (theory 2 and 5).
 * @param parameters by name (`1.weight`), of the network that predicts and of the one that makes its gates
 */
export function gatedNetwork(
  architecture: Architecture,
  regime: Regime,
  parameters: NetworkPair<NamedWeights>,
): GatedNetwork {
  const placed = placeLayers(architecture);
  const nodes: GatedNode[] = [{ kind: "input", name: "input", shape: architecture.inputShape }];
  const append = (name: string, shape: readonly number[], operation: NodeOperation): number =>
    nodes.push({ name, shape, ...operation }) - 1;
  if (regime.kind === "own-gates") {
    const output = appendLayers(placed, parameters.value, "", append, (q) => ({ gatedBy: q, rule: { kind: "hard" } }));
    return { nodes, output };
  }
  if (parameters.feature === undefined) throw new Error("unreachable: two networks and no feature parameters");
  const preActivations: number[] = [];
  const lastGated = placed.findLastIndex(({ layer }) => "gated" in layer && layer.gated);
  appendLayers(placed.slice(0, lastGated + 1), parameters.feature, "feature.", append, (q) => {
    preActivations.push(q);
    return { gatedBy: q, rule: { kind: "hard" } };
  });
  const output = appendLayers(placed, parameters.value, "", append, (_, index) => {
    const gatedBy = preActivations[index];
    if (gatedBy === undefined) throw new Error(`unreachable: no gate for gated layer ${index}`);
    return { gatedBy, rule: regime.gating };
  });
  return { nodes, output };
}

/**
 * Appends one network and returns the position of its last node.
 * @param gateFor from the position of a pre-activation and the gated layer's number from 0
 */
function appendLayers(
  placed: readonly PlacedLayer[],
  parameters: NamedWeights,
  prefix: string,
  append: (name: string, shape: readonly number[], operation: NodeOperation) => number,
  gateFor: (q: number, index: number) => { readonly gatedBy: number; readonly rule: GateRule },
): number {
  let position = 0;
  let gates = 0;
  placed.forEach((layer, index) => {
    const { outputShape: shape } = layer;
    const name = `${prefix}${layer.layer.kind}${layer.weightLayer ?? `-${index}`}`;
    position = appendLinear(layer, parameters, name, position, append);
    if ("gated" in layer.layer && layer.layer.gated) {
      position = append(`${name}.gate`, shape, { kind: "gate", input: position, ...gateFor(position, gates) });
      gates += 1;
    }
  });
  return position;
}

function appendLinear(
  { layer, weightLayer, inputShape, outputShape }: PlacedLayer,
  parameters: NamedWeights,
  name: string,
  input: number,
  append: (name: string, shape: readonly number[], operation: NodeOperation) => number,
): number {
  const parameter = (kind: string): Weights => {
    const found = parameters[`${weightLayer}.${kind}`];
    if (found === undefined) throw new Error(`unreachable: no parameter ${weightLayer}.${kind}`);
    return found;
  };
  switch (layer.kind) {
    case "flatten":
      return append(name, outputShape, { kind: "rearrange", input, from: undefined });
    case "dense": {
      const bias = layer.bias ? parameter("bias") : undefined;
      return append(name, outputShape, { kind: "dense", input, weight: parameter("weight"), bias });
    }
    case "convolution": {
      const [, height = 0, width = 0] = inputShape;
      const [top, bottom] = paddingOf(layer, height);
      const [left, right] = paddingOf(layer, width);
      return append(name, outputShape, {
        kind: "convolution",
        input,
        weight: parameter("weight"),
        bias: layer.bias ? parameter("bias") : undefined,
        window: {
          kernel: [layer.kernel, layer.kernel],
          strides: [layer.stride, layer.stride],
          pads: [top, left, bottom, right],
          dilations: [1, 1],
        },
        groups: 1,
      });
    }
    case "average-pool":
      return append(name, outputShape, averagePool(input, [layer.size, layer.size]));
    case "global-average-pool": {
      const [channels = 0, height = 0, width = 0] = inputShape;
      const pooled = append(name, [channels, 1, 1], averagePool(input, [height, width]));
      return append(`${name}.flatten`, outputShape, { kind: "rearrange", input: pooled, from: undefined });
    }
  }
}

const averagePool = (input: number, kernel: readonly [number, number]): NodeOperation => ({
  kind: "average-pool",
  input,
  window: { kernel, strides: kernel, pads: [0, 0, 0, 0], dilations: [1, 1] },
  countPadding: true,
});
