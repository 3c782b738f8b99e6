/**
 * Batch normalization (Ioffe and Szegedy, ICML 2015) of a weight layer's sums `q`, a channel or unit each:
 * `γ·(q − mean) / √(variance + ε) + β`. While a network trains, mean and variance are those of the batch, and running ones
 * follow them. Afterwards the running ones stay: what is left is a factor and a shift of each channel, which become part of
 * the layer's weight and bias. So whatever looks at a trained network (evaluation, gates, paths, kernels, export) sees an
 * ordinary one, and a feature network that does not train is an ordinary one from the start.
 */
import { GatewiseError } from "../errors.ts";
import { type DenseArray, eachNumber, float32 } from "../graph/index.ts";
import { type Architecture, isLayered, isWeightLayer, type Layer, type LayeredArchitecture } from "./architecture.ts";
import type { LayerParameters, ParametersByLayer, TrialNetwork, TrialParameters } from "./trial-parameters.ts";

/** ε in the root, as PyTorch has it. */
export const BATCH_NORM_EPSILON = 1e-5;

/** A batch normalization of a network that trains. */
export interface BatchNorm {
  /** Of its node: `convolution1.norm`. */
  readonly name: string;
  readonly network: TrialNetwork;
  /** Number of the weight layer. */
  readonly layer: number;
  /** Of what it normalizes, for one example. */
  readonly shape: readonly number[];
}

const someLayer = (layers: readonly Layer[], is: (layer: Layer) => boolean): boolean =>
  layers.some((layer) =>
    layer.kind === "residual" ? someLayer(layer.body, is) || someLayer(layer.shortcut, is) : is(layer),
  );

/** Whether a layer of an architecture normalizes by its batch. */
export const hasBatchNorm = (architecture: Architecture): architecture is LayeredArchitecture =>
  isLayered(architecture) &&
  someLayer(architecture.layers, (layer) => isWeightLayer(layer) && layer.batchNorm === true);

/** @throws GatewiseError for an architecture whose normalizations are not part of its weights yet */
export function checkFolded(architecture: Architecture): void {
  if (!hasBatchNorm(architecture)) return;
  throw new GatewiseError({
    received: "an architecture with batch normalization, whose running statistics are beside its weights",
    expected: "a network of weights and biases",
    next: "fold it first: foldBatchNorm(architecture, parameters)",
  });
}

/** The architecture once its normalizations are part of its weights: each layer that had one has a bias. */
export const foldedArchitecture = (architecture: Architecture): Architecture =>
  hasBatchNorm(architecture) ? { ...architecture, layers: architecture.layers.map(foldedLayer) } : architecture;

function foldedLayer(layer: Layer): Layer {
  if (layer.kind === "residual") {
    return { ...layer, body: layer.body.map(foldedLayer), shortcut: layer.shortcut.map(foldedLayer) };
  }
  if (!isWeightLayer(layer) || layer.batchNorm === undefined) return layer;
  const { batchNorm, ...plain } = layer;
  return batchNorm ? { ...plain, bias: true } : plain;
}

/**
 * A trained network without its batch normalizations: `weight·γ/√(variance + ε)` and `β − mean·γ/√(variance + ε)`,
 * computed in float64 and rounded once.
 */
export const foldBatchNorm = (
  architecture: Architecture,
  parameters: TrialParameters,
): { readonly architecture: Architecture; readonly parameters: TrialParameters } => ({
  architecture: foldedArchitecture(architecture),
  parameters: foldedParameters(parameters),
});

/** The same of the parameters alone; those without normalizations are given back as they are. */
export const foldedParameters = (parameters: TrialParameters): TrialParameters => ({
  ...parameters,
  ...Object.fromEntries(
    Object.entries(parameters).map(([network, layers]: readonly [string, ParametersByLayer]) => [
      network,
      foldedLayers(layers),
    ]),
  ),
});

/** The same of one network. */
export const foldedLayers = (layers: ParametersByLayer): ParametersByLayer =>
  Object.fromEntries(
    Object.entries(layers).map(([layer, own]: readonly [string, LayerParameters]) => [layer, folded(own)]),
  );

function folded(layer: LayerParameters): LayerParameters {
  const { weight, scale, shift, mean, variance } = layer;
  if (scale === undefined || shift === undefined || mean === undefined || variance === undefined) return layer;
  const factors = Float64Array.from(
    scale.data,
    (gamma, i) => gamma / Math.sqrt(variance.data[i]! + BATCH_NORM_EPSILON),
  );
  const shifts = eachNumber(
    new Float32Array(factors.length),
    factors,
    (factor, i) => shift.data[i]! - mean.data[i]! * factor,
  );
  return { weight: scaledOutputs(weight, factors), bias: float32(shift.shape, shifts) };
}

/** Dense `[in, out]`, convolution `[out, in, …]`. */
function scaledOutputs({ shape, data }: DenseArray<"float32">, factors: Float64Array): DenseArray<"float32"> {
  const outputs = factors.length;
  const each = data.length / outputs;
  const isDense = shape.length === 2;
  const scaled = eachNumber(
    new Float32Array(data.length),
    data,
    (value, i) => value * factors[isDense ? i % outputs : Math.floor(i / each)]!,
  );
  return float32(shape, scaled);
}
