import { GatewiseError } from "../errors.ts";
import { type Architecture, isLayered, isWeightLayer, type Layer } from "./architecture.ts";

/** A layer with the shapes of one example before and after it. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** Number of the weight layer, from 1; undefined for layers without weights. */
  readonly weightLayer: number | undefined;
  /** Weight layers up to here, this one included: what the gate behind it is called by. */
  readonly weightLayersBefore: number;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** The layers of a residual sum's two branches. */
  readonly branches: readonly [body: readonly PlacedLayer[], shortcut: readonly PlacedLayer[]] | undefined;
}

/**
 * Walks an architecture and tells each layer's place and shapes. Weight layers are numbered in the order of the
 * layers, a residual sum's body before its shortcut.
 * @throws GatewiseError if a layer does not fit what comes before it, naming the layer, and for an architecture of nodes
 */
export function placeLayers(architecture: Architecture): readonly PlacedLayer[] {
  if (isLayered(architecture)) return placeBranch(architecture.layers, architecture.inputShape, 0, "layer ", 0);
  throw new GatewiseError({
    received: `an architecture of ${architecture.nodes.length} nodes`,
    expected: "one of layers",
    next: "ask skeletonOf for its nodes",
  });
}

/** Residual sums within each other, which are walked into: no network in use has more than a few. */
const MOST_NESTED = 32;

function placeBranch(
  layers: readonly Layer[],
  inputShape: readonly number[],
  weightLayersBefore: number,
  prefix: string,
  nested: number,
): readonly PlacedLayer[] {
  if (nested > MOST_NESTED) {
    throw new GatewiseError({
      received: `residual sums of more than ${MOST_NESTED} within each other`,
      expected: `at most ${MOST_NESTED}`,
      next: "put them one behind the other",
    });
  }
  let shape = inputShape;
  let count = weightLayersBefore;
  return layers.map((layer, position) => {
    const place = `${prefix}${position}`;
    const placed = placeLayer(layer, shape, count, place, nested);
    count = placed.weightLayersBefore;
    shape = placed.outputShape;
    return placed;
  });
}

function placeLayer(
  layer: Layer,
  inputShape: readonly number[],
  before: number,
  place: string,
  nested: number,
): PlacedLayer {
  if (layer.kind === "residual") {
    const branches = placeBranches(layer, inputShape, before, place, nested + 1);
    const [body, shortcut] = branches;
    return {
      layer,
      weightLayer: undefined,
      weightLayersBefore: [...body, ...shortcut].at(-1)?.weightLayersBefore ?? before,
      inputShape,
      outputShape: body.at(-1)?.outputShape ?? inputShape,
      branches,
    };
  }
  const count = before + (isWeightLayer(layer) ? 1 : 0);
  return {
    layer,
    weightLayer: isWeightLayer(layer) ? count : undefined,
    weightLayersBefore: count,
    inputShape,
    outputShape: shapeAfter(layer, inputShape, place),
    branches: undefined,
  };
}

function placeBranches(
  { body, shortcut }: Extract<Layer, { kind: "residual" }>,
  shape: readonly number[],
  weightLayersBefore: number,
  place: string,
  nested: number,
): readonly [readonly PlacedLayer[], readonly PlacedLayer[]] {
  const first = placeBranch(body, shape, weightLayersBefore, `${place}.body.`, nested);
  const between = first.at(-1)?.weightLayersBefore ?? weightLayersBefore;
  const second = placeBranch(shortcut, shape, between, `${place}.shortcut.`, nested);
  const [left, right] = [first.at(-1)?.outputShape ?? shape, second.at(-1)?.outputShape ?? shape];
  if (body.length === 0 || left.join() !== right.join()) {
    throw new GatewiseError({
      received: `${place} (residual) with a body that gives [${left.join(", ")}] and a shortcut that gives [${right.join(", ")}]`,
      expected: "a body of at least one layer, and two branches of one shape",
      next: "change the strides or channels of one, or put a 1×1 convolution on the shortcut",
    });
  }
  return [first, second];
}

function shapeAfter(
  layer: Exclude<Layer, { kind: "residual" }>,
  shape: readonly number[],
  place: string,
): readonly number[] {
  const misfit = (expected: string): GatewiseError =>
    new GatewiseError({
      received: `${place} (${layer.kind}) on [${shape.join(", ")}]`,
      expected,
      next: "put a flatten or a pooling layer before it, or change the input shape",
    });
  const [channels = 0, height = 0, width = 0] = shape;
  switch (layer.kind) {
    case "flatten":
      return [shape.reduce((product, size) => product * size, 1)];
    case "gate":
      return shape;
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
    case "max-pool":
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

/** Every layer that is no residual sum, in the order of {@link placeLayers}, those of branches in their place. */
export const flatLayers = (placed: readonly PlacedLayer[]): readonly PlacedLayer[] =>
  placed.flatMap((one) => (one.branches === undefined ? [one] : one.branches.flatMap(flatLayers)));
