import { isGated, isWeightLayer, type LayeredArchitecture, type WeightLayer } from "./architecture.ts";
import type { GatedNetwork, GatedNode, NodeOperation } from "./gated-network.ts";
import type { MapWindow } from "./map-window.ts";
import { convolutionSlots, denseSlots, normSlots, type ParameterSpec } from "./parameter-spec.ts";
import { type PlacedLayer, paddingOf, placeLayers } from "./placed-layers.ts";

/** The nodes of layers; branches of residual sums have the sum's name before their own. */
export function layersSkeleton(architecture: LayeredArchitecture): GatedNetwork<ParameterSpec> {
  const builder = new Builder(architecture.inputShape);
  const output = builder.layers(placeLayers(architecture), 0);
  return { nodes: builder.nodes, output };
}

/** Appends layers, each behind the position of its input. */
class Builder {
  readonly nodes: GatedNode<ParameterSpec>[];

  constructor(inputShape: readonly number[]) {
    this.nodes = [{ kind: "input", name: "input", shape: inputShape }];
  }

  /**
   * All layers; returns the position of the last node.
   * @param path of the branch, in the names of its nodes
   */
  layers(placed: readonly PlacedLayer[], input: number, path = ""): number {
    return placed.reduce((position, one, index) => this.layer(one, position, path, index), input);
  }

  private layer(placed: PlacedLayer, input: number, path: string, index: number): number {
    const { layer, weightLayer, outputShape, branches } = placed;
    const name = `${path}${layer.kind}${weightLayer ?? `-${index}`}`;
    if (branches !== undefined) {
      const [body, shortcut] = branches;
      const inputs = [this.layers(body, input, `${name}.body.`), this.layers(shortcut, input, `${name}.shortcut.`)];
      return this.append(name, outputShape, { kind: "sum", inputs });
    }
    const sums = this.linear(placed, name, input);
    const q = isWeightLayer(layer) && layer.batchNorm ? this.normalized(placed, name, sums) : sums;
    if (!isGated(layer)) return q;
    const gate = { kind: "gate", input: q, gatedBy: q, rule: { kind: "hard" } } as const;
    return this.append(layer.kind === "gate" ? name : `${name}.gate`, outputShape, gate);
  }

  private normalized({ weightLayer = 0, outputShape }: PlacedLayer, name: string, input: number): number {
    const slots = normSlots(weightLayer, outputShape[0] ?? 0);
    return this.append(`${name}.norm`, outputShape, { kind: "scale", input, ...slots });
  }

  private append(name: string, shape: readonly number[], operation: NodeOperation<ParameterSpec>): number {
    return this.nodes.push({ name, shape, ...operation }) - 1;
  }

  private linear(
    { layer, weightLayer = 0, inputShape, outputShape }: PlacedLayer,
    name: string,
    input: number,
  ): number {
    const [channels = 0, height = 0, width = 0] = inputShape;
    switch (layer.kind) {
      case "gate":
      case "residual":
        return input;
      case "flatten":
        return this.append(name, outputShape, { kind: "rearrange", input, from: undefined });
      case "dense": {
        const slots = denseSlots(weightLayer, channels, layer.units, hasBias(layer));
        return this.append(name, outputShape, { kind: "dense", input, ...slots });
      }
      case "convolution": {
        const [top, bottom] = paddingOf(layer, height);
        const [left, right] = paddingOf(layer, width);
        const window: MapWindow = {
          kernel: [layer.kernel, layer.kernel],
          strides: [layer.stride, layer.stride],
          pads: [top, left, bottom, right],
          dilations: [1, 1],
        };
        const slots = convolutionSlots(weightLayer, [channels, layer.channels], window.kernel, hasBias(layer));
        return this.append(name, outputShape, { kind: "convolution", input, ...slots, window, groups: 1 });
      }
      case "max-pool": {
        const window = tiles(layer.size, layer.size);
        return this.append(name, outputShape, { kind: "max-pool", input, selectedBy: input, window });
      }
      case "average-pool":
        return this.append(name, outputShape, averagePool(input, tiles(layer.size, layer.size)));
      case "global-average-pool": {
        const pooled = this.append(name, [channels, 1, 1], averagePool(input, tiles(height, width)));
        return this.append(`${name}.flatten`, outputShape, { kind: "rearrange", input: pooled, from: undefined });
      }
    }
  }
}

/** Of its own: the shift of a batch normalization stands for one. */
const hasBias = ({ bias, batchNorm }: WeightLayer): boolean => bias && batchNorm !== true;

/** Windows side by side. */
const tiles = (height: number, width: number): MapWindow => ({
  kernel: [height, width],
  strides: [height, width],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
});

const averagePool = (input: number, window: MapWindow): NodeOperation<never> => ({
  kind: "average-pool",
  input,
  window,
  countPadding: true,
});
