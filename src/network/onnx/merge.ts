/** What a layer takes in of the constants behind it. */
import { float64, sizeOf } from "../../graph/index.ts";
import type { GatedNode, WeightNode } from "../gated-network.ts";
import { isWeightNode } from "../network-nodes.ts";
import type { NodeReader } from "./node-reader.ts";
import {
  type Origin,
  originOfMapped,
  originOfPicked,
  originOfSum,
  originWhenAsked,
  type Sourced,
  sourced,
} from "./origin.ts";
import { type ExampleValue, exampleShape } from "./value.ts";

/** The layer that gives `value`, unless something else reads it too. */
function ownLayer({ builder }: NodeReader, value: ExampleValue): WeightNode<Sourced> | undefined {
  const node: GatedNode<Sourced> = builder.at(value.position);
  return isWeightNode(node) && !builder.isShared(value.position) ? node : undefined;
}

/** `x · factor + shift` for each channel: in the layer before, or a node of its own. In float64. */
export function mergedScale(reader: NodeReader, x: ExampleValue, factors: Sourced, shifts: Sourced): ExampleValue {
  const { builder, node } = reader;
  const layer = ownLayer(reader, x);
  const shape = exampleShape(x);
  if (layer === undefined || (layer.kind !== "dense" && layer.kind !== "convolution")) {
    const operation = { kind: "scale", input: x.position, weight: factors, bias: shifts } as const;
    return builder.sameBatch(x, builder.append(node, shape, operation), shape);
  }
  const { weight, bias } = layer;
  builder.limits.constants(node, weight.data.length);
  // dense weights have their units last, convolutions their channels first
  const channels = factors.data.length;
  const perChannel = sizeOf(weight.shape) / channels;
  const channelOf = (i: number): number => (layer.kind === "dense" ? i % channels : Math.floor(i / perChannel));
  const folded = {
    weight: timesPicked(weight, factors, channelOf),
    bias: bias === undefined ? shifts : plus(timesPicked(bias, factors, undefined), shifts),
  };
  const { name } = layer;
  const position =
    layer.kind === "dense"
      ? builder.append(node, shape, { ...layer, ...folded }, name)
      : builder.append(node, shape, { ...layer, ...folded }, name);
  return builder.sameBatch(x, position, shape);
}

/** Each number times that of another array from its place there: the rule of products for what they come from. */
function timesPicked(weights: Sourced, by: Sourced, placeOf: ((i: number) => number) | undefined): Sourced {
  const { shape, data, origin } = weights;
  const products = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) products[i] = data[i]! * by.data[placeOf?.(i) ?? i]!;
  const make = (): Origin => {
    const [factors, from] = [new Float64Array(data.length), new Int32Array(data.length)];
    for (let i = 0; i < data.length; i++) {
      from[i] = placeOf?.(i) ?? i;
      factors[i] = by.data[from[i]!]!;
    }
    const other = placeOf === undefined ? by.origin : originOfPicked(by.origin, from);
    return originOfSum([originOfMapped(origin, factors), originOfMapped(other, Float64Array.from(data))]);
  };
  return sourced(float64(shape, products), originWhenAsked([...origin, ...by.origin], data.length, make));
}

const plus = (a: Sourced, b: Sourced): Sourced =>
  sourced(
    float64(
      a.shape,
      Float64Array.from(a.data, (one, i) => one + b.data[i]!),
    ),
    originOfSum([a.origin, b.origin]),
  );

/** `x + bias` for each channel: in a layer before that has no bias yet, or a node of its own. */
export function mergedBias(reader: NodeReader, x: ExampleValue, bias: Sourced): ExampleValue {
  const { builder, node } = reader;
  const layer = ownLayer(reader, x);
  const shape = exampleShape(x);
  const position =
    layer === undefined || layer.bias !== undefined
      ? builder.append(node, shape, { kind: "scale", input: x.position, weight: undefined, bias })
      : builder.append(node, shape, { ...layer, bias }, layer.name);
  return builder.sameBatch(x, position, shape);
}
