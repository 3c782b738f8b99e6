/** Kinds of nodes that add up elements or put them in another place. */
import {
  add,
  concat,
  constant,
  type FloatDType,
  float32,
  gather,
  int32,
  multiply,
  reshape,
  sizeOf,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import type { GatedNode } from "../gated-network.ts";
import { FIXED, type ForwardTools, LINEAR, type NodeKind, UNIT } from "./kind.ts";

export const sumKind: NodeKind<"sum"> = {
  ...LINEAR,
  inputs: ({ inputs }) => inputs,
  placed: (node, { input }) => ({ ...node, inputs: node.inputs.map(input) }),
  weights: "ones",
  pattern: () => UNIT,
  edges({ inputs }, _, unit, visit) {
    for (let which = 0; which < inputs.length; which++) visit(which, unit, 1, FIXED);
  },
  forward: ({ inputs }, { at }) => inputs.map(at).reduce((sum, term) => add(sum, term)),
};

export const concatKind: NodeKind<"concat"> = {
  ...LINEAR,
  inputs: ({ inputs }) => inputs,
  placed: (node, { input }) => ({ ...node, inputs: node.inputs.map(input) }),
  weights: "ones",
  pattern: () => ({ kind: "edges", most: 1 }),
  edges({ axis, shape }, shapes, unit, visit) {
    const own = sizeFrom(shape, axis);
    let offset = unit % own;
    for (let which = 0; which < shapes.length; which++) {
      const block = sizeFrom(shapes[which] ?? [], axis);
      if (offset < block) {
        visit(which, Math.floor(unit / own) * block + offset, 1, FIXED);
        return;
      }
      offset -= block;
    }
  },
  forward: ({ inputs, axis }, { at }) => inputs.map(at).reduce((joined, next) => concat([joined, next], axis + 1)),
};

/** Elements of the axes from `axis` on. */
function sizeFrom(shape: readonly number[], axis: number): number {
  let size = 1;
  for (let i = axis; i < shape.length; i++) size *= shape[i]!;
  return size;
}

export const rearrangeKind: NodeKind<"rearrange"> = {
  ...LINEAR,
  inputs: ({ input }) => [input],
  placed: (node, { input }) => ({ ...node, input: input(node.input) }),
  weights: "ones",
  pattern: () => ({ kind: "edges", most: 1 }),
  edges({ from }, _, unit, visit) {
    const source = from === undefined ? unit : from[unit]!;
    if (source >= 0) visit(0, source, 1, FIXED);
  },
  forward: (node, { at, fixed }) => rearranged(at(node.input), node, fixed),
};

function rearranged<D extends FloatDType>(
  z: Tensor<D>,
  { shape, from }: GatedNode<unknown, "rearrange">,
  fixed: ForwardTools<D, unknown>["fixed"],
): Tensor<D> {
  const [batch = 1, ...sizes] = z.shape;
  if (from === undefined) return reshape(z, [batch, ...shape]);
  const flat = reshape(z, [batch, sizeOf(sizes.map(Number))]);
  const places = Int32Array.from(from, (index) => Math.max(index, 0));
  const picked = transpose(gather(transpose(flat), constant(int32([places.length], places))));
  const zeros = from.some((index) => index < 0);
  const mask = float32(
    [1, from.length],
    Float32Array.from(from, (index) => (index < 0 ? 0 : 1)),
  );
  const kept = zeros ? multiply(picked, fixed(mask)) : picked;
  return reshape(kept, [batch, ...shape]);
}
