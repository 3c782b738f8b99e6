/** Kinds of nodes at which the paths of an example start. */
import { add, multiply } from "../../graph/index.ts";
import type { NodeKind } from "./kind.ts";

const NOTHING = new Float64Array();

/** The example as it is given. */
export const inputKind: NodeKind<"input"> = {
  inputs: () => [],
  placed: (node) => node,
  decision: () => undefined,
  starts: () => ({ kind: "example", values: ([example = NOTHING]) => example }),
  weights: "ones",
  pattern: () => ({ kind: "none" }),
  edges() {},
  forward() {
    throw new Error("unreachable: the input is given");
  },
};

/** Its normalization. */
export const normalizeKind: NodeKind<"normalize"> = {
  inputs: ({ input }) => [input],
  placed: (node, { input }) => ({ ...node, input: input(node.input) }),
  decision: () => undefined,
  starts: ({ factor, shift }) => ({
    kind: "example",
    // of what comes in: the example's elements may come in another order, or in part
    values: ([given = NOTHING]) => given.map((x, i) => x * factor.data[i]! + shift.data[i]!),
  }),
  weights: "ones",
  pattern: () => ({ kind: "none" }),
  edges() {},
  forward: ({ input, factor, shift }, { at, fixed }) => add(multiply(at(input), fixed(factor)), fixed(shift)),
};
