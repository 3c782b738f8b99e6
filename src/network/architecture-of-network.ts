/**
 * The architecture of a network that was read, and its weights in the places of it: what a model of any framework gives to a
 * training here. As layers where layers can say it, else as nodes.
 */
import { GatewiseError } from "../errors.ts";
import { float32, formatShape, sizeOf } from "../graph/index.ts";
import {
  type Architecture,
  type ArchitectureNode,
  type ArchitectureRule,
  isLayered,
  type LayeredArchitecture,
} from "./architecture.ts";
import type { GatedNetwork, GatedNode, Weights } from "./gated-network.ts";
import type { GateRule } from "./gating.ts";
import { layersOfNetwork } from "./layers-of-network.ts";
import { isWeightNode, usedNodes } from "./network-nodes.ts";
import { turned } from "./regime-skeleton.ts";
import { skeletonOf } from "./skeleton.ts";
import { layersOf, type ParameterPlace, type ParametersByLayer } from "./trial-parameters.ts";

/** A network as an architecture and its parameters. */
export interface NetworkParts {
  readonly architecture: Architecture;
  /** By the number of the weight layer in the architecture; float32, as everything that trains. */
  readonly parameters: ParametersByLayer;
}

/**
 * @throws GatewiseError (`unsupported-model`) for gates that another network makes softly, naming the node
 */
export function partsOfNetwork(network: GatedNetwork): NetworkParts {
  const layers = layersOfNetwork(network);
  const architecture = layers?.architecture ?? nodesOfNetwork(network);
  const weighted = layers?.weighted ?? usedNodes(network).filter((at) => isWeightNode(network.nodes[at]));
  const entries = weighted.flatMap((position, i) => parametersOf(network.nodes[position], i + 1));
  return { architecture, parameters: layersOf(entries) };
}

type Entry = readonly [Pick<ParameterPlace, "layer" | "kind">, ReturnType<typeof single>];

/** Two layers that share their weights in the file have each its own here. */
function parametersOf(node: GatedNode | undefined, layer: number): readonly Entry[] {
  if (!isWeightNode(node)) return [];
  const channels = node.shape[0] ?? 0;
  // a shift alone gets a scale of 1
  const weight = node.weight ?? float32([channels], new Float32Array(channels).fill(1));
  const { bias } = node;
  const entries: Entry[] = [[{ layer, kind: "weight" }, single(weight)]];
  return bias === undefined ? entries : [...entries, [{ layer, kind: "bias" }, single(bias)]];
}

const single = ({ shape, data }: Weights) =>
  float32(shape, data instanceof Float32Array ? data : Float32Array.from(data));

function nodesOfNetwork(network: GatedNetwork): Architecture {
  const used = usedNodes(network);
  const places = new Map(used.map((position, place) => [position, place]));
  const at = (position: number): number => {
    const place = places.get(position);
    if (place === undefined) throw new Error(`unreachable: no place of node ${position}`);
    return place;
  };
  const inputShape = network.nodes[0]?.shape ?? [];
  const nodes = used.slice(1).flatMap((position) => {
    const node = network.nodes[position];
    return node === undefined ? [] : [nodeOf(node, at, network.nodes)];
  });
  const architecture = { inputShape, nodes };
  for (const [place, { shape, name }] of skeletonOf(architecture).nodes.entries()) {
    const own = network.nodes[used[place] ?? 0]?.shape ?? [];
    if (own.join() !== shape.join()) throw new Error(`unreachable: ${name} of ${formatShape(shape)}, read as ${own}`);
  }
  return architecture;
}

function nodeOf(
  node: GatedNode<unknown>,
  at: (position: number) => number,
  nodes: readonly GatedNode<unknown>[],
): ArchitectureNode {
  const { name, kind: own } = node;
  switch (node.kind) {
    case "input":
      throw new Error("unreachable: a second input");
    case "normalize": {
      const { kind, input, factor, shift } = node;
      return { kind, name, input: at(input), factor: fewest(factor, node.shape), shift: fewest(shift, node.shape) };
    }
    case "dense":
      return { kind: node.kind, name, input: at(node.input), units: node.shape[0] ?? 0, bias: node.bias !== undefined };
    case "convolution": {
      const { kind, input, window, groups, bias } = node;
      return { kind, name, input: at(input), channels: node.shape[0] ?? 0, window, groups, bias: bias !== undefined };
    }
    case "scale":
      return { kind: node.kind, name, input: at(node.input), bias: node.bias !== undefined };
    case "gate": {
      const { kind, input, gatedBy, rule } = node;
      return { kind, name, input: at(input), gatedBy: at(gatedBy), rule: ruleOf(rule, name) };
    }
    case "max-pool":
      return { kind: node.kind, name, input: at(node.input), selectedBy: at(node.selectedBy), window: node.window };
    case "average-pool": {
      const { kind, input, window, countPadding } = node;
      return { kind, name, input: at(input), window, countPadding };
    }
    case "sum":
      return { kind: node.kind, name, inputs: node.inputs.map(at) };
    case "concat":
      return { kind: node.kind, name, inputs: node.inputs.map(at), axis: node.axis };
    case "rearrange": {
      const { kind, input, from, shape } = node;
      const isInOrder = from === undefined || isIdentity(from, sizeOf(nodes[input]?.shape ?? []));
      return { kind, name, input: at(input), shape, ...(isInOrder ? {} : { from: [...from] }) };
    }
    // a kind enters the form of architectures where one is trained with it
    default:
      throw new GatewiseError({
        code: "unsupported-model",
        received: `node ${JSON.stringify(name)} (${own})`,
        expected: "kinds of nodes that architectures tell",
        next: "take a network of such nodes",
      });
  }
}

const isIdentity = (from: Int32Array, inputs: number): boolean =>
  from.length === inputs && from.every((place, i) => place === i);

function ruleOf(rule: GateRule, name: string): ArchitectureRule {
  switch (rule.kind) {
    case "hard":
      return rule;
    case "clipped":
      return { kind: rule.kind, ceiling: rule.ceiling };
    case "leaky":
      return { kind: rule.kind, slopes: [...rule.slopes.data] };
    default:
      throw new GatewiseError({
        code: "unsupported-model",
        received: `gate ${JSON.stringify(name)} (${rule.kind})`,
        expected: "ReLU, leaky or clipped gates, whose regimes are told by theory 5",
        next: "take a network of such gates",
      });
  }
}

/** One number if all are the same, one a channel if those are, else all. */
function fewest({ data }: Weights, shape: readonly number[]): readonly number[] {
  const channels = shape[0] ?? 1;
  for (const count of new Set([1, channels])) {
    const each = data.length / count;
    if (data.every((value, i) => value === data[Math.floor(i / each) * each])) {
      return Array.from({ length: count }, (_, i) => data[i * each] ?? 0);
    }
  }
  return [...data];
}

/**
 * The architecture for examples of a shape: the same where it reads them as they are, but for axes of length 1; else behind a
 * rearrangement. Maps `[c, h, w]` are turned where it reads `[h, w, c]`.
 * @throws GatewiseError if it reads another number of elements
 */
export function readingExamples(architecture: Architecture, shape: readonly number[], name: string): Architecture {
  const read = architecture.inputShape;
  const withoutOnes = (sizes: readonly number[]): string => sizes.filter((size) => size !== 1).join();
  if (withoutOnes(read) === withoutOnes(shape)) return architecture;
  if (sizeOf(read) !== sizeOf(shape)) {
    throw new GatewiseError({
      received: `${name}, which reads ${formatShape(read)}`,
      expected: `an input of ${sizeOf(shape)} numbers, as the examples of ${formatShape(shape)} have`,
      next: "choose another data set, or another network",
    });
  }
  const from = turned(shape, read);
  if (isLayered(architecture) && from === undefined) {
    const [first] = architecture.layers;
    if (first?.kind === "flatten") return { ...architecture, inputShape: shape };
    if (first?.kind === "dense") return { inputShape: shape, layers: [{ kind: "flatten" }, ...architecture.layers] };
  }
  const nodes = isLayered(architecture) ? nodesOfLayers(architecture) : architecture.nodes;
  const first: ArchitectureNode = {
    kind: "rearrange",
    name: "examples",
    input: 0,
    shape: read,
    ...(from === undefined ? {} : { from: [...from] }),
  };
  return { inputShape: shape, nodes: [first, ...nodes.map(moved)] };
}

/** Layers as nodes; their weight layers keep their numbers. */
function nodesOfLayers(architecture: LayeredArchitecture): readonly ArchitectureNode[] {
  const { nodes } = skeletonOf(architecture);
  return nodes.slice(1).map((node) => nodeOf(node, (position) => position, nodes));
}

const moved = (node: ArchitectureNode): ArchitectureNode => {
  switch (node.kind) {
    case "sum":
    case "concat":
      return { ...node, inputs: node.inputs.map((place) => place + 1) };
    case "gate":
      return { ...node, input: node.input + 1, gatedBy: node.gatedBy + 1 };
    case "max-pool":
      return { ...node, input: node.input + 1, selectedBy: node.selectedBy + 1 };
    default:
      return { ...node, input: node.input + 1 };
  }
};
