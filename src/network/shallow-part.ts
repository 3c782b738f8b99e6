/** The feature network of DLGN-SF (theory 5.6): every gate layer as if it came first. */
import { GatewiseError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import type { GatedNode } from "./gated-network.ts";
import type { FeaturePart } from "./made-gates.ts";
import type { MapWindow } from "./map-window.ts";
import { pathNodes } from "./network-nodes.ts";
import { mapSize } from "./node-shapes.ts";
import { convolutionSlots, denseSlots, type ParameterSpec } from "./parameter-spec.ts";
import type { Skeleton } from "./skeleton.ts";

type Node = GatedNode<ParameterSpec>;
/** Layers without weights that gate layers keep before them. */
type Between = GatedNode<ParameterSpec, "rearrange" | "average-pool" | "normalize">;
type Layer = GatedNode<ParameterSpec, "dense" | "convolution">;

/**
 * @param wanted numbers of the gates, from 0
 * @throws GatewiseError for a gate that no weight layer of the input's resolution makes
 */
export function shallowPart(skeleton: Skeleton, wanted: ReadonlySet<number>): FeaturePart {
  const { nodes } = skeleton;
  const [input] = nodes;
  if (input === undefined) throw new Error("unreachable: a network without an input");
  const made: Node[] = [input];
  const between: { readonly node: Between; readonly inputShape: readonly number[] }[] = [];
  const preActivations = new Map<number, { readonly position: number; readonly rule: { readonly kind: "hard" } }>();
  let gates = 0;
  for (const position of pathNodes(skeleton)) {
    const node = nodes[position];
    if (node === undefined || node.kind === "input" || node.kind === "dense" || node.kind === "convolution") continue;
    if (node.kind === "rearrange" || node.kind === "average-pool" || node.kind === "normalize") {
      between.push({ node, inputShape: nodes[node.input]?.shape ?? [] });
      continue;
    }
    const layer = node.kind === "gate" && node.gatedBy === node.input ? nodes[node.input] : undefined;
    if (layer?.kind !== "dense" && layer?.kind !== "convolution") throw misfit(node, "");
    if (wanted.has(gates))
      preActivations.set(gates, { position: append(made, between, layer), rule: { kind: "hard" } });
    gates += 1;
  }
  return { nodes: made, preActivations, maxima: new Map() };
}

/** The layer, behind what stands between the input and it; returns its position. */
function append(
  made: Node[],
  between: readonly { readonly node: Between; readonly inputShape: readonly number[] }[],
  layer: Layer,
): number {
  const number = layer.weight.layer;
  let input = 0;
  let shape = made[0]?.shape ?? [];
  for (const { node, inputShape } of between) {
    const placed = placedOn(node, inputShape, shape);
    if (placed === undefined) throw misfit(layer, `, behind ${node.name} on [${shape.join(", ")}]`);
    input = made.push({ ...placed, name: `${number}.${node.name}`, input }) - 1;
    shape = placed.shape;
  }
  const placed = layerOn(layer, shape);
  if (placed !== undefined) return made.push({ ...placed, input }) - 1;
  throw misfit(layer, `, which cannot read [${shape.join(", ")}] and give [${layer.shape.join(", ")}]`);
}

/** The node on an input of another shape; undefined where it cannot be. */
function placedOn(node: Between, was: readonly number[], shape: readonly number[]): Between | undefined {
  if (node.kind === "average-pool") {
    const isGlobal = node.window.kernel.join() === was.slice(1).join();
    const [channels = 0, height = 0, width = 0] = shape;
    const window: MapWindow = isGlobal ? { ...node.window, kernel: [height, width] } : node.window;
    const sizes = [mapSize(height, window, 0), mapSize(width, window, 1)];
    return sizes.some((size) => size < 1) ? undefined : { ...node, window, shape: [channels, ...sizes] };
  }
  if (node.kind === "rearrange" && node.from === undefined && node.shape.length === 1) {
    return { ...node, shape: [sizeOf(shape)] };
  }
  return was.join() === shape.join() ? node : undefined;
}

function layerOn(layer: Layer, shape: readonly number[]): Layer | undefined {
  const number = layer.weight.layer;
  const bias = layer.bias !== undefined;
  const [inputs = 0, height = 0, width = 0] = shape;
  const [outputs = 0, ...map] = layer.shape;
  if (layer.kind === "dense") {
    return shape.length === 1 ? { ...layer, ...denseSlots(number, inputs, outputs, bias) } : undefined;
  }
  const { window, groups } = layer;
  const sizes = [mapSize(height, window, 0), mapSize(width, window, 1)];
  if (shape.length !== 3 || inputs % groups !== 0 || sizes.join() !== map.join()) return undefined;
  return { ...layer, ...convolutionSlots(number, [inputs / groups, outputs], window.kernel, bias) };
}

/** As the user knows it: a normalization is a field of its layer. */
const wordsOf = ({ name, kind }: Node): string =>
  kind === "scale" && name.endsWith(".norm")
    ? `the batch normalization of layer ${name.slice(0, -".norm".length)}`
    : `node ${name} (${kind})`;

const misfit = (node: Node, received: string): GatewiseError =>
  new GatewiseError({
    received: `regime "dlgn-sf" and ${wordsOf(node)}${received}`,
    expected:
      "gates behind weight layers that could read the input themselves: dense, or convolutions of one resolution",
    next: 'change the architecture, or choose regime "dlgn"',
  });
