import { float32, type Shape, sizeOf } from "../graph/index.ts";
import { type Architecture, isGated } from "./architecture.ts";
import type { GatedNetwork, GatedNode, NodeOperation, Weights } from "./gated-network.ts";
import type { GateRule } from "./gating.ts";
import type { MapWindow } from "./map-window.ts";
import { gateLayers, shallowLayers } from "./parameter-specs.ts";
import { type PlacedLayer, paddingOf, placeLayers } from "./placed-layers.ts";
import type { Regime } from "./regimes.ts";
import type { ParametersByLayer, TrialParameters } from "./trial-parameters.ts";
import { checkParameters, trialParameterSpecs } from "./trial-specs.ts";

type TwoNetworks = Extract<Regime, { readonly kind: "two-networks" }>;

/**
 * A network trained here as the graph that it is run by and that its paths are read from (theory 2.6 and 5.1).
 * @param parameters arrays, or tensors of a graph that is to be trained
 * @throws GatewiseError if the parameters are not those of the architecture in the regime
 */
export function gatedNetwork<W extends { readonly shape: Shape } = Weights>(
  architecture: Architecture,
  regime: Regime,
  parameters: TrialParameters<W>,
): GatedNetwork<W> {
  checkParameters(parameters, trialParameterSpecs(architecture, regime));
  const placed = placeLayers(architecture);
  const nodes: GatedNode<W>[] = [{ kind: "input", name: "input", shape: architecture.inputShape }];
  const append = (name: string, shape: readonly number[], operation: NodeOperation<W>): number =>
    nodes.push({ name, shape, ...operation }) - 1;
  if (regime.kind === "own-gates") {
    const own: Deciders = { gate: (q) => ({ gatedBy: q, rule: HARD }), maximum: (input) => input };
    return { nodes, output: new Builder(append, parameters.value, "", own).layers(placed, 0) };
  }
  const features = featureNodes(architecture, placed, regime, parameters.feature ?? {}, append);
  const start =
    regime.valueInput === "ones" ? append("ones", architecture.inputShape, ones(architecture.inputShape)) : 0;
  const given: Deciders = {
    gate: (_, index) => ({
      gatedBy: existing(
        features.preActivations,
        regime.gateOrder === undefined ? index : (regime.gateOrder[index] ?? 0) - 1,
      ),
      rule: regime.gating,
    }),
    maximum: (_, index) => existing(features.maxima, index),
  };
  return { nodes, output: new Builder(append, parameters.value, "", given).layers(placed, start) };
}

const HARD: GateRule = { kind: "hard" };

function existing(positions: readonly number[], index: number): number {
  const position = positions[index];
  if (position === undefined) throw new Error(`unreachable: no gate for gated layer ${index}`);
  return position;
}

/** The constant-1 input of the duality papers (theory 5.7): a normalization by 0 and 1, behind which paths start. */
const ones = (shape: readonly number[]): NodeOperation<never> => ({
  kind: "normalize",
  input: 0,
  factor: float32(shape, new Float32Array(sizeOf(shape))),
  shift: float32(shape, new Float32Array(sizeOf(shape)).fill(1)),
});

/** Positions of what a feature network decides by, in the order of its layers. */
interface FeatureNodes {
  readonly preActivations: readonly number[];
  readonly maxima: readonly number[];
}

function featureNodes<W>(
  architecture: Architecture,
  placed: readonly PlacedLayer[],
  { features }: TwoNetworks,
  parameters: ParametersByLayer<W>,
  append: Append<W>,
): FeatureNodes {
  const preActivations: number[] = [];
  const maxima: number[] = [];
  const own: Deciders = {
    gate(q) {
      preActivations.push(q);
      return features === "relu" ? { gatedBy: q, rule: HARD } : undefined;
    },
    maximum(input) {
      maxima.push(input);
      return input;
    },
  };
  const builder = new Builder(append, parameters, "feature.", own);
  if (features === "shallow") {
    for (const { placed: layer, between } of shallowLayers(architecture)) {
      builder.layers([layer], builder.layers(between, 0, `${layer.weightLayer}.`));
    }
  } else {
    builder.gates(placed, 0);
  }
  return { preActivations, maxima };
}

type Append<W> = (name: string, shape: readonly number[], operation: NodeOperation<W>) => number;

/** What decides the gates of a network, from a position and the gate's or maximum's number from 0. */
interface Deciders {
  /** Undefined: the value passes as it is, in a deep linear feature network. */
  readonly gate: (q: number, index: number) => { readonly gatedBy: number; readonly rule: GateRule } | undefined;
  readonly maximum: (input: number, index: number) => number;
}

/** Appends the layers of one network, each behind the position of its input. */
class Builder<W> {
  private gateCount = 0;
  private maximumCount = 0;

  constructor(
    private readonly append: Append<W>,
    private readonly parameters: ParametersByLayer<W>,
    private readonly prefix: string,
    private readonly decide: Deciders,
  ) {}

  /**
   * All layers; returns the position of the last node.
   * @param path of the branch, in the names of its nodes
   */
  layers(placed: readonly PlacedLayer[], input: number, path = ""): number {
    return placed.reduce((position, one, index) => this.layer(one, position, path, index), input);
  }

  /** The layers that gates depend on. */
  gates(placed: readonly PlacedLayer[], input: number, path = ""): void {
    const used = gateLayers(placed);
    const last = used.at(-1);
    if (last?.branches === undefined) {
      this.layers(used, input, path);
      return;
    }
    const [body, shortcut] = last.branches;
    const name = `${path}residual-${used.length - 1}`;
    const before = this.layers(used.slice(0, -1), input, path);
    this.gates(body, before, `${name}.body.`);
    this.gates(shortcut, before, `${name}.shortcut.`);
  }

  private layer(placed: PlacedLayer, input: number, path: string, index: number): number {
    const { layer, weightLayer, outputShape, branches } = placed;
    const called = `${path}${layer.kind}${weightLayer ?? `-${index}`}`;
    const name = `${this.prefix}${called}`;
    if (branches !== undefined) {
      const [body, shortcut] = branches;
      const inputs = [this.layers(body, input, `${called}.body.`), this.layers(shortcut, input, `${called}.shortcut.`)];
      return this.append(name, outputShape, { kind: "sum", inputs });
    }
    const position = this.linear(placed, name, input);
    return isGated(layer) ? this.gate(layer.kind === "gate" ? name : `${name}.gate`, outputShape, position) : position;
  }

  private gate(name: string, shape: readonly number[], q: number): number {
    const decided = this.decide.gate(q, this.gateCount);
    this.gateCount += 1;
    return decided === undefined ? q : this.append(name, shape, { kind: "gate", input: q, ...decided });
  }

  private linear({ layer, weightLayer, inputShape, outputShape }: PlacedLayer, name: string, input: number): number {
    const [channels = 0, height = 0, width = 0] = inputShape;
    switch (layer.kind) {
      case "gate":
      case "residual":
        return input;
      case "flatten":
        return this.append(name, outputShape, { kind: "rearrange", input, from: undefined });
      case "dense":
        return this.append(name, outputShape, { kind: "dense", input, ...this.weights(weightLayer, layer.bias) });
      case "convolution": {
        const [top, bottom] = paddingOf(layer, height);
        const [left, right] = paddingOf(layer, width);
        const window: MapWindow = {
          kernel: [layer.kernel, layer.kernel],
          strides: [layer.stride, layer.stride],
          pads: [top, left, bottom, right],
          dilations: [1, 1],
        };
        const weights = this.weights(weightLayer, layer.bias);
        return this.append(name, outputShape, { kind: "convolution", input, ...weights, window, groups: 1 });
      }
      case "max-pool": {
        const selectedBy = this.decide.maximum(input, this.maximumCount);
        this.maximumCount += 1;
        const window = tiles(layer.size, layer.size);
        return this.append(name, outputShape, { kind: "max-pool", input, selectedBy, window });
      }
      case "average-pool":
        return this.append(name, outputShape, averagePool(input, tiles(layer.size, layer.size)));
      case "global-average-pool": {
        const pooled = this.append(name, [channels, 1, 1], averagePool(input, tiles(height, width)));
        return this.append(`${name}.flatten`, outputShape, { kind: "rearrange", input: pooled, from: undefined });
      }
    }
  }

  private weights(
    weightLayer: number | undefined,
    bias: boolean,
  ): { readonly weight: W; readonly bias: W | undefined } {
    const own = this.parameters[weightLayer ?? 0];
    if (own === undefined) throw new Error(`unreachable: no parameters of layer ${weightLayer}`);
    return { weight: own.weight, bias: bias ? own.bias : undefined };
  }
}

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
