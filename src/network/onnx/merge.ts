/** What a layer takes in of the constants behind it. */
import type { GatedNode, WeightNode, Weights } from "../gated-network.ts";
import { isWeightNode } from "../gated-network.ts";
import type { NodeReader } from "./node-reader.ts";
import { type ExampleValue, exampleShape } from "./value.ts";
import { weightsOf } from "./weights.ts";

/** The layer that gives `value`, unless something else reads it too. */
function ownLayer({ builder }: NodeReader, value: ExampleValue): WeightNode | undefined {
  const node: GatedNode = builder.at(value.position);
  return isWeightNode(node) && !builder.isShared(value.position) ? node : undefined;
}

/** `x · factor + shift` for each channel: in the layer before, or a node of its own. */
export function mergedScale(
  reader: NodeReader,
  x: ExampleValue,
  factors: Float64Array,
  shifts: Float64Array,
  dtype: Weights["dtype"],
): ExampleValue {
  const { builder, node } = reader;
  const layer = ownLayer(reader, x);
  const shape = exampleShape(x);
  const channels = factors.length;
  if (layer === undefined || layer.kind === "scale") {
    const [weight, bias] = [weightsOf(dtype, [channels], factors), weightsOf(dtype, [channels], shifts)];
    return builder.sameBatch(x, builder.append(node, shape, { kind: "scale", input: x.position, weight, bias }), shape);
  }
  const { weight, bias } = layer;
  builder.limits.constants(node, weight.data.length);
  // dense weights have their units last, convolutions their channels first
  const perChannel = weight.data.length / channels;
  const channelOf = (i: number): number => (layer.kind === "dense" ? i % channels : Math.floor(i / perChannel));
  const folded = {
    weight: weightsOf(
      weight.dtype,
      weight.shape,
      Float64Array.from(weight.data, (one, i) => one * (factors[channelOf(i)] ?? 0)),
    ),
    bias: weightsOf(
      weight.dtype,
      [channels],
      shifts.map((shift, c) => (bias?.data[c] ?? 0) * (factors[c] ?? 0) + shift),
    ),
  };
  const { name } = layer;
  const position =
    layer.kind === "dense"
      ? builder.append(node, shape, { ...layer, ...folded }, name)
      : builder.append(node, shape, { ...layer, ...folded }, name);
  return builder.sameBatch(x, position, shape);
}

/** `x + bias` for each channel: in a layer before that has no bias yet, or a node of its own. */
export function mergedBias(reader: NodeReader, x: ExampleValue, bias: Weights): ExampleValue {
  const { builder, node } = reader;
  const layer = ownLayer(reader, x);
  const shape = exampleShape(x);
  const position =
    layer === undefined || layer.bias !== undefined
      ? builder.append(node, shape, { kind: "scale", input: x.position, weight: undefined, bias })
      : builder.append(node, shape, { ...layer, bias }, layer.name);
  return builder.sameBatch(x, position, shape);
}
