import { GatewiseError } from "../errors.ts";
import { type Architecture, isGated, isWeightLayer, type Layer } from "./architecture.ts";
import { flatLayers, type PlacedLayer, placeLayers } from "./placed-layers.ts";

/** A parameter of a network: its layer, its shape and the fans of that. */
export interface ParameterSpec {
  /** Weight layers are counted from 1, as in theory 1.2. */
  readonly layer: number;
  readonly kind: "weight" | "bias";
  /** Dense `[in, out]`, convolution `[out, in, kernel, kernel]`, bias `[out]`. */
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/** What a feature network is (theory 5.1, 5.5, 5.6): a ReLU network, a deep linear one, or gates that all read the input. */
export type FeatureKind = "relu" | "linear" | "shallow";

/** All parameters of a network of this architecture, layer by layer, weight before bias. */
export const parameterSpecs = (architecture: Architecture): readonly ParameterSpec[] =>
  flatLayers(placeLayers(architecture)).flatMap((placed) => specsOf(placed, placed.inputShape));

function specsOf({ layer, weightLayer }: PlacedLayer, inputShape: readonly number[]): readonly ParameterSpec[] {
  if (weightLayer === undefined || !isWeightLayer(layer)) return [];
  const inputs = inputShape[0] ?? 0;
  const [out, taps] = layer.kind === "dense" ? [layer.units, 1] : [layer.channels, layer.kernel ** 2];
  const shape = layer.kind === "dense" ? [inputs, out] : [out, inputs, layer.kernel, layer.kernel];
  const fans = { layer: weightLayer, fanIn: inputs * taps, fanOut: out * taps };
  const weight: ParameterSpec = { kind: "weight", shape, ...fans };
  return layer.bias ? [weight, { kind: "bias", shape: [out], ...fans }] : [weight];
}

/** Gates with the shape of one example's, called by the number of weight layers up to them: layer `l` of theory 1.2. */
export const gatedLayers = (
  architecture: Architecture,
): readonly { readonly layer: number; readonly shape: readonly number[] }[] =>
  flatLayers(placeLayers(architecture))
    .filter(({ layer }) => isGated(layer))
    .map(({ weightLayersBefore, outputShape }) => ({ layer: weightLayersBefore, shape: outputShape }));

/**
 * Parameters that decide the gates: the layers that the last gate depends on; those behind it are not used (theory 5.1).
 * @throws GatewiseError if the gates cannot read the input directly, for shallow features
 */
export function featureParameterSpecs(
  architecture: Architecture,
  features: FeatureKind = "relu",
): readonly ParameterSpec[] {
  if (features === "shallow")
    return shallowLayers(architecture).flatMap(({ placed, inputShape }) => specsOf(placed, inputShape));
  return weightLayersOfGates(placeLayers(architecture)).flatMap((placed) => specsOf(placed, placed.inputShape));
}

/** Whether a layer decides which paths are active: a gate, a maximum, or a sum of branches that hold some. */
const holdsGate = ({ layer, branches }: PlacedLayer): boolean =>
  isGated(layer) || layer.kind === "max-pool" || (branches ?? []).some((branch) => branch.some(holdsGate));

/** The layers of a branch that its gates depend on. Inside the last, if it is a sum, each branch ends with its own. */
export const gateLayers = (placed: readonly PlacedLayer[]): readonly PlacedLayer[] =>
  placed.slice(0, placed.findLastIndex(holdsGate) + 1);

/** All weight layers that gates depend on. */
function weightLayersOfGates(placed: readonly PlacedLayer[]): readonly PlacedLayer[] {
  const used = gateLayers(placed);
  return used.flatMap((one, i) => {
    if (one.branches === undefined) return [one];
    return one.branches.flatMap((branch) => (i === used.length - 1 ? weightLayersOfGates(branch) : flatLayers(branch)));
  });
}

/** A gated weight layer that reads the input itself, behind nothing but flattening and average pooling. */
export interface ShallowLayer {
  readonly placed: PlacedLayer;
  /** The layers without weights between the input and it. */
  readonly between: readonly PlacedLayer[];
  /** Shape of the input behind them. */
  readonly inputShape: readonly number[];
}

/**
 * The gated layers of DLGN-SF (theory 5.6), each as if it came first.
 * @throws GatewiseError for a gate that no weight layer of the input's resolution makes
 */
export function shallowLayers(architecture: Architecture): readonly ShallowLayer[] {
  const between: Layer[] = [];
  return placeLayers(architecture).flatMap((placed, position): readonly ShallowLayer[] => {
    const { layer, outputShape } = placed;
    const misfit = (received: string): GatewiseError =>
      new GatewiseError({
        received: `regime "dlgn-sf" and layer ${position} (${layer.kind})${received}`,
        expected:
          "gates behind weight layers that could read the input themselves: dense, or convolutions of one resolution",
        next: 'change the architecture, or choose regime "dlgn"',
      });
    if (!isWeightLayer(layer)) {
      if (layer.kind === "gate" || layer.kind === "residual" || layer.kind === "max-pool") throw misfit("");
      between.push(layer);
      return [];
    }
    if (!layer.gated) return [];
    const alone = placeLayers({ inputShape: architecture.inputShape, layers: [...between, layer] });
    const own = alone.at(-1);
    if (own === undefined || own.outputShape.join() !== outputShape.join()) {
      throw misfit(
        `, which gives [${own?.outputShape.join(", ")}] of the input instead of [${outputShape.join(", ")}]`,
      );
    }
    return [{ placed, between: alone.slice(0, -1), inputShape: own.inputShape }];
  });
}
