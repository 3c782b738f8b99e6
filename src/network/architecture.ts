import { GatewiseError } from "../errors.ts";

/** Whether a layer's outputs pass a gate. The last layer of a network has none (theory 1). */
export interface WeightLayer {
  readonly bias: boolean;
  readonly gated: boolean;
}

/** One layer of an architecture. Maps are `[channels, height, width]`. */
export type Layer =
  | ({ readonly kind: "dense"; readonly units: number } & WeightLayer)
  | ({
      readonly kind: "convolution";
      readonly channels: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: "same" | "valid";
    } & WeightLayer)
  | { readonly kind: "average-pool"; readonly size: number }
  | { readonly kind: "global-average-pool" }
  | { readonly kind: "flatten" };

/** A network's shape as data: survives JSON and `postMessage`. */
export interface Architecture {
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  readonly layers: readonly Layer[];
}

export interface FullyConnectedOptions {
  readonly inputShape: readonly number[];
  /** Weight layers, `d` of theory 1: `depth − 1` gated hidden layers and one output layer. */
  readonly depth: number;
  /** Units of every hidden layer. */
  readonly width: number;
  readonly outputs: number;
  readonly bias?: boolean;
}

/**
 * The fully connected network of theory 6: flatten, `depth − 1` gated layers of `width`, an output layer.
 * @throws GatewiseError for a depth or width that is no whole number of at least 1
 */
export function fullyConnected({
  inputShape,
  depth,
  width,
  outputs,
  bias = true,
}: FullyConnectedOptions): Architecture {
  for (const [name, value] of Object.entries({ depth, width, outputs })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new GatewiseError({
        received: `${name} ${value}`,
        expected: "a whole number of at least 1",
        next: `give another ${name}`,
      });
    }
  }
  const hidden: Layer = { kind: "dense", units: width, bias, gated: true };
  return {
    inputShape,
    layers: [
      { kind: "flatten" },
      ...Array.from({ length: depth - 1 }, () => hidden),
      { kind: "dense", units: outputs, bias, gated: false },
    ],
  };
}

/** A parameter of a network: its name within the network, its shape and the fans of its layer. */
export interface ParameterSpec {
  /** `1.weight`, `1.bias`, …: weight layers are counted from 1, as in theory 1. */
  readonly name: string;
  readonly layer: number;
  readonly kind: "weight" | "bias";
  /** Dense `[in, out]`, convolution `[out, in, kernel, kernel]`, bias `[out]`. */
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/** A layer with the shapes of one example before and after it. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** Number of the weight layer, from 1; undefined for layers without weights. */
  readonly weightLayer: number | undefined;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
}

const isWeightLayer = (layer: Layer): layer is Extract<Layer, WeightLayer> =>
  layer.kind === "dense" || layer.kind === "convolution";

/**
 * Walks an architecture and tells each layer's place and shapes.
 * @throws GatewiseError if a layer does not fit what comes before it, naming the layer
 */
export function placeLayers({ inputShape, layers }: Architecture): readonly PlacedLayer[] {
  let shape = inputShape;
  let weightLayers = 0;
  return layers.map((layer, position) => {
    const outputShape = shapeAfter(layer, shape, position);
    if (isWeightLayer(layer)) weightLayers += 1;
    const placed = {
      layer,
      weightLayer: isWeightLayer(layer) ? weightLayers : undefined,
      inputShape: shape,
      outputShape,
    };
    shape = outputShape;
    return placed;
  });
}

function shapeAfter(layer: Layer, shape: readonly number[], position: number): readonly number[] {
  const misfit = (expected: string): GatewiseError =>
    new GatewiseError({
      received: `layer ${position} (${layer.kind}) on [${shape.join(", ")}]`,
      expected,
      next: "put a flatten or a pooling layer before it, or change the input shape",
    });
  const [channels = 0, height = 0, width = 0] = shape;
  switch (layer.kind) {
    case "flatten":
      return [shape.reduce((product, size) => product * size, 1)];
    case "dense":
      if (shape.length !== 1) throw misfit("a vector [inputs]");
      return [layer.units];
    case "convolution": {
      if (shape.length !== 3) throw misfit("maps [channels, height, width]");
      const [top, bottom] = paddingOf(layer, height);
      const [left, right] = paddingOf(layer, width);
      if (height + top + bottom < layer.kernel || width + left + right < layer.kernel) {
        throw misfit(`maps of at least ${layer.kernel}×${layer.kernel}, the size of its kernel`);
      }
      const along = (size: number, zeros: number): number =>
        Math.floor((size + zeros - layer.kernel) / layer.stride) + 1;
      return [layer.channels, along(height, top + bottom), along(width, left + right)];
    }
    case "average-pool":
      if (shape.length !== 3 || height % layer.size !== 0 || width % layer.size !== 0) {
        throw misfit(`maps [channels, height, width] that windows of ${layer.size} tile`);
      }
      return [channels, height / layer.size, width / layer.size];
    case "global-average-pool":
      if (shape.length !== 3) throw misfit("maps [channels, height, width]");
      return [channels];
  }
}

/** Zeros before and after one axis: Keras's "same" puts the odd one behind. */
export function paddingOf(layer: Extract<Layer, { kind: "convolution" }>, size: number): readonly [number, number] {
  if (layer.padding === "valid") return [0, 0];
  const total = Math.max((Math.ceil(size / layer.stride) - 1) * layer.stride + layer.kernel - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** All parameters of a network of this architecture, layer by layer, weight before bias. */
export function parameterSpecs(architecture: Architecture): readonly ParameterSpec[] {
  return placeLayers(architecture).flatMap(({ layer, weightLayer, inputShape }): readonly ParameterSpec[] => {
    if (weightLayer === undefined || !isWeightLayer(layer)) return [];
    const inputs = inputShape[0] ?? 0;
    const [out, taps] = layer.kind === "dense" ? [layer.units, 1] : [layer.channels, layer.kernel ** 2];
    const shape = layer.kind === "dense" ? [inputs, out] : [out, inputs, layer.kernel, layer.kernel];
    const fans = { layer: weightLayer, fanIn: inputs * taps, fanOut: out * taps };
    const weight: ParameterSpec = { name: `${weightLayer}.weight`, kind: "weight", shape, ...fans };
    return layer.bias ? [weight, { name: `${weightLayer}.bias`, kind: "bias", shape: [out], ...fans }] : [weight];
  });
}

/** Gated layers with the shape of one example's gates. */
export const gatedLayers = (
  architecture: Architecture,
): readonly { readonly layer: number; readonly shape: readonly number[] }[] =>
  placeLayers(architecture).flatMap(({ layer, weightLayer, outputShape }) =>
    weightLayer !== undefined && isWeightLayer(layer) && layer.gated
      ? [{ layer: weightLayer, shape: outputShape }]
      : [],
  );

/** Parameters that decide the gates: all layers up to the last gated one; the layers behind it are not used (theory 5). */
export function featureParameterSpecs(architecture: Architecture): readonly ParameterSpec[] {
  const last = gatedLayers(architecture).at(-1)?.layer ?? 0;
  return parameterSpecs(architecture).filter(({ layer }) => layer <= last);
}

/** Number of outputs of the network. */
export function outputsOf(architecture: Architecture): number {
  const [outputs, ...rest] = placeLayers(architecture).at(-1)?.outputShape ?? [];
  if (outputs === undefined || rest.length > 0) {
    throw new GatewiseError({
      received: "an architecture that ends in maps or is empty",
      expected: "a last layer that gives a vector",
      next: "end it with a dense layer",
    });
  }
  return outputs;
}
