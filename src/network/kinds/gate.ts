import { FIXED, type NodeKind, UNIT } from "./kind.ts";

/** What a gate lets through; its rules: `gating.ts`. */
export const gateKind: NodeKind<"gate"> = {
  inputs: ({ input }) => [input],
  placed: (node, { input, decider }) => ({ ...node, input: input(node.input), gatedBy: decider(node.gatedBy) }),
  decision: ({ gatedBy, rule }) => ({ kind: "gate", by: gatedBy, rule }),
  // those of its rule
  starts: () => undefined,
  weights: "ones",
  pattern: () => UNIT,
  edges: (_node, _shapes, unit, visit) => visit(0, unit, 1, FIXED),
  forward: ({ input, gatedBy, rule }, { at, gated }) => gated(rule, at(input), () => at(gatedBy)),
};
