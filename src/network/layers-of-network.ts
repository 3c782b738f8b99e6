/** Layers of a network that was read, where it is nothing but layers behind each other and residual sums of two branches. */
import type { Layer, LayeredArchitecture } from "./architecture.ts";
import type { GatedNetwork, GatedNode } from "./gated-network.ts";
import type { MapWindow } from "./map-window.ts";
import { usedNodes } from "./network-nodes.ts";
import { allInputs } from "./node-kinds.ts";
import { paddingOf } from "./placed-layers.ts";

/** Layers, and the positions of the weight layers in their order. */
export interface LayersOfNetwork {
  readonly architecture: LayeredArchitecture;
  readonly weighted: readonly number[];
}

/** Undefined for what layers cannot say. */
export function layersOfNetwork(network: GatedNetwork): LayersOfNetwork | undefined {
  const reader = new LayerReader(network);
  const read = reader.between(0, network.output);
  if (read === undefined || reader.taken !== reader.count || read.layers.length === 0) return undefined;
  const end = read.layers.at(-1);
  if (end === undefined || end.kind === "gate" || ("gated" in end && end.gated)) return undefined;
  const architecture = { inputShape: network.nodes[0]?.shape ?? [], layers: read.layers };
  return { architecture, weighted: read.weighted };
}

interface Read {
  readonly layers: readonly Layer[];
  readonly weighted: readonly number[];
}

class LayerReader {
  readonly count: number;
  /** Nodes that have become layers: all of them, each once, unless branches share nodes. */
  taken = 1;
  private readonly users = new Map<number, number>();
  private readonly dominators: ReadonlyMap<number, number>;

  constructor(private readonly network: GatedNetwork) {
    const used = usedNodes(network);
    this.count = used.length;
    for (const position of used) {
      for (const input of new Set(allInputs(this.at(position))))
        this.users.set(input, (this.users.get(input) ?? 0) + 1);
    }
    this.dominators = dominatorsOf(network, used);
  }

  private at(position: number): GatedNode {
    const node = this.network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    return node;
  }

  /** The layers behind `start` up to `end`. */
  between(start: number, end: number): Read | undefined {
    const layers: Layer[] = [];
    const weighted: (readonly number[])[] = [];
    let position = end;
    while (position !== start) {
      if (position < start) return undefined;
      const step = this.step(position);
      if (step === undefined) return undefined;
      layers.push(step.layer);
      weighted.push(step.weighted);
      this.taken += step.nodes;
      position = step.before;
    }
    return { layers: layers.reverse(), weighted: weighted.reverse().flat() };
  }

  private step(position: number) {
    const node = this.at(position);
    const { shape } = node;
    const done = (layer: Layer | undefined, before: number, nodes = 1, weighted: readonly number[] = []) =>
      layer === undefined ? undefined : { layer, before, nodes, weighted };
    switch (node.kind) {
      case "gate": {
        if (node.gatedBy !== node.input || node.rule.kind !== "hard") return undefined;
        const linear = this.weightLayer(node.input);
        const isAlone = this.users.get(node.input) === 1;
        if (linear === undefined || !isAlone) return done({ kind: "gate" }, node.input);
        return done({ ...linear.layer, gated: true }, linear.before, 2, [node.input]);
      }
      case "dense":
      case "convolution": {
        const linear = this.weightLayer(position);
        return linear && done({ ...linear.layer, gated: false }, linear.before, 1, [position]);
      }
      case "rearrange": {
        const input = this.at(node.input);
        if (node.from !== undefined || shape.length !== 1) return undefined;
        const isPooled = input.kind === "average-pool" && this.users.get(node.input) === 1;
        if (isPooled && isGlobal(input, this.at(input.input).shape)) {
          return done({ kind: "global-average-pool" }, input.input, 2);
        }
        return done({ kind: "flatten" }, node.input);
      }
      case "max-pool":
        if (node.selectedBy !== node.input) return undefined;
        return done(tiled("max-pool", node.window, this.at(node.input).shape), node.input);
      case "average-pool":
        return done(tiled("average-pool", node.window, this.at(node.input).shape), node.input);
      case "sum":
        return this.residual(position, node.inputs);
      default:
        return undefined;
    }
  }

  private residual(position: number, inputs: readonly number[]) {
    const before = this.dominators.get(position);
    if (inputs.length !== 2 || before === undefined) return undefined;
    const [first, second] = inputs.map((input) => ({ input, read: this.between(before, input) }));
    if (first?.read === undefined || second?.read === undefined) return undefined;
    const [body, shortcut] = first.read.layers.length === 0 ? [second.read, first.read] : [first.read, second.read];
    if (body.layers.length === 0) return undefined;
    const layer: Layer = { kind: "residual", body: body.layers, shortcut: shortcut.layers };
    return { layer, before, nodes: 1, weighted: [...body.weighted, ...shortcut.weighted] };
  }

  private weightLayer(position: number) {
    const node = this.at(position);
    if (node.kind === "dense") {
      const layer = { kind: "dense", units: node.shape[0] ?? 0, bias: node.bias !== undefined } as const;
      return { layer, before: node.input };
    }
    if (node.kind !== "convolution" || node.groups !== 1) return undefined;
    const { kernel, strides, dilations } = node.window;
    const isSquare = kernel[0] === kernel[1] && strides[0] === strides[1];
    const padding = paddingWord(node.window, this.at(node.input).shape);
    if (!isSquare || dilations.some((one) => one !== 1) || padding === undefined) return undefined;
    const sizes = { channels: node.shape[0] ?? 0, kernel: kernel[0], stride: strides[0] };
    const layer = { kind: "convolution", ...sizes, padding, bias: node.bias !== undefined } as const;
    return { layer, before: node.input };
  }
}

function paddingWord(window: MapWindow, [, height = 0, width = 0]: readonly number[]): "same" | "valid" | undefined {
  const words = ["valid", "same"] as const;
  return words.find((padding) => {
    const layer = { kind: "convolution", kernel: window.kernel[0], stride: window.strides[0], padding } as const;
    const sizes = { ...layer, channels: 1, bias: true, gated: true };
    const [top, bottom] = paddingOf(sizes, height);
    const [left, right] = paddingOf(sizes, width);
    return [top, left, bottom, right].join() === window.pads.join();
  });
}

const isGlobal = ({ window }: GatedNode<unknown, "average-pool">, [, ...map]: readonly number[]): boolean =>
  window.kernel.join() === map.join() && window.pads.every((pad) => pad === 0);

function tiled(
  kind: "max-pool" | "average-pool",
  { kernel, strides, pads }: MapWindow,
  [, ...map]: readonly number[],
): Layer | undefined {
  const [size] = kernel;
  const isTiled = [...kernel, ...strides].every((one) => one === size) && pads.every((pad) => pad === 0);
  return isTiled && map.every((length) => length % size === 0) ? { kind, size } : undefined;
}

/** The last node that all ways from the input to a node come through, by the node; of what it reads in any way. */
function dominatorsOf(network: GatedNetwork, used: readonly number[]): ReadonlyMap<number, number> {
  const dominators = new Map<number, number>();
  const depths = new Map([[0, 0]]);
  const depthOf = (position: number): number => depths.get(position) ?? 0;
  const meet = (a: number, b: number): number => {
    let [left, right] = [a, b];
    while (left !== right) {
      if (depthOf(left) >= depthOf(right)) left = dominators.get(left) ?? 0;
      else right = dominators.get(right) ?? 0;
    }
    return left;
  };
  for (const position of used) {
    const node = network.nodes[position];
    if (position === 0 || node === undefined) continue;
    const dominator = allInputs(node).reduce(meet);
    dominators.set(position, dominator);
    depths.set(position, depthOf(dominator) + 1);
  }
  return dominators;
}
