/** Architectures of nodes as JSON. Whether the nodes fit each other is asked when they are placed. */
import { z } from "zod";
import type { ArchitectureNode, ArchitectureNodeKind } from "./architecture.ts";

/** Sizes that no network of this kind has are refused before anything is made of them. */
const MOST = 2 ** 20;
const Size = z.int().min(1).max(MOST);
const Place = z.int().min(0).max(MOST);
const Numbers = z.array(z.number()).min(1).readonly();
const pair = z.tuple([Size, Size]).readonly();
const Pad = z.int().min(0).max(MOST);
const Window = z.strictObject({
  kernel: pair,
  strides: pair,
  pads: z.tuple([Pad, Pad, Pad, Pad]).readonly(),
  dilations: pair,
});
const Rule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("hard") }),
  z.strictObject({ kind: z.literal("leaky"), slopes: Numbers }),
  z.strictObject({ kind: z.literal("clipped"), ceiling: z.number().positive() }),
]);
const name = z.string().min(1);

const KINDS = {
  normalize: z.strictObject({ kind: z.literal("normalize"), name, input: Place, factor: Numbers, shift: Numbers }),
  dense: z.strictObject({ kind: z.literal("dense"), name, input: Place, units: Size, bias: z.boolean() }),
  convolution: z.strictObject({
    kind: z.literal("convolution"),
    name,
    input: Place,
    channels: Size,
    window: Window,
    groups: Size,
    bias: z.boolean(),
  }),
  scale: z.strictObject({ kind: z.literal("scale"), name, input: Place, bias: z.boolean() }),
  gate: z.strictObject({ kind: z.literal("gate"), name, input: Place, gatedBy: Place, rule: Rule }),
  "max-pool": z.strictObject({ kind: z.literal("max-pool"), name, input: Place, selectedBy: Place, window: Window }),
  "average-pool": z.strictObject({
    kind: z.literal("average-pool"),
    name,
    input: Place,
    window: Window,
    countPadding: z.boolean(),
  }),
  sum: z.strictObject({ kind: z.literal("sum"), name, inputs: z.array(Place).min(2).readonly() }),
  concat: z.strictObject({
    kind: z.literal("concat"),
    name,
    inputs: z.array(Place).min(1).readonly(),
    axis: z.int().min(0).max(2),
  }),
  rearrange: z.strictObject({
    kind: z.literal("rearrange"),
    name,
    input: Place,
    shape: z.array(Size).min(1).max(4).readonly(),
    from: z.array(z.int().min(-1)).readonly().optional(),
  }),
} as const satisfies { readonly [K in ArchitectureNodeKind]: z.ZodType<ArchitectureNode<K>> };

/** A node of an architecture. */
export const NodeStructure: z.ZodType<ArchitectureNode> = z.discriminatedUnion("kind", [
  KINDS.normalize,
  KINDS.dense,
  KINDS.convolution,
  KINDS.scale,
  KINDS.gate,
  KINDS["max-pool"],
  KINDS["average-pool"],
  KINDS.sum,
  KINDS.concat,
  KINDS.rearrange,
]);
