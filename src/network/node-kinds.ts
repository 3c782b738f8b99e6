/**
 * The kinds of nodes: what each is to a path, once for all walks. A kind is a member of `NodeFields`, a declaration in `kinds/` and
 * its row here; `docs/extend.md` says what else may be wanted for speed.
 */
import type { FloatDType, Tensor } from "../graph/index.ts";
import type { GatedNode, NodeKindName, Weights } from "./gated-network.ts";
import { concatKind, rearrangeKind, sumKind } from "./kinds/arrangements.ts";
import { gateKind } from "./kinds/gate.ts";
import type { Decision, EdgePattern, ForwardTools, NodeKind, Places, Starts, VisitInputEdge } from "./kinds/kind.ts";
import { averagePoolKind, maxPoolKind } from "./kinds/pools.ts";
import { inputKind, normalizeKind } from "./kinds/starts.ts";
import { convolutionKind, denseKind, scaleKind } from "./kinds/weights.ts";

type NodeKinds = { readonly [K in NodeKindName]: NodeKind<K> };

const NODE_KINDS: NodeKinds = {
  input: inputKind,
  normalize: normalizeKind,
  dense: denseKind,
  convolution: convolutionKind,
  scale: scaleKind,
  gate: gateKind,
  "max-pool": maxPoolKind,
  "average-pool": averagePoolKind,
  sum: sumKind,
  concat: concatKind,
  rearrange: rearrangeKind,
};

/** Nodes whose values a node's paths come through. */
export const pathInputs = <K extends NodeKindName>(node: GatedNode<unknown, K>): readonly number[] =>
  NODE_KINDS[node.kind].inputs(node);

/** Nodes that a node reads, those that only decide its gates included. */
export function allInputs(node: GatedNode<unknown>): readonly number[] {
  const decision = decisionOf(node);
  return decision === undefined ? pathInputs(node) : [...pathInputs(node), decision.by];
}

/** The node with its inputs at other places. */
export const placedNode = <W, K extends NodeKindName>(node: GatedNode<W, K>, places: Places): GatedNode<W, K> =>
  NODE_KINDS[node.kind].placed(node, places);

/** What an example decides of a node's edges; undefined where nothing. */
export const decisionOf = <K extends NodeKindName>(node: GatedNode<unknown, K>): Decision | undefined =>
  NODE_KINDS[node.kind].decision(node);

/** The gate that an example decides of each of a node's units; undefined where it decides nothing, or makes a choice. */
export function gateOfNode(
  node: GatedNode<unknown> | undefined,
): Extract<Decision, { readonly kind: "gate" }> | undefined {
  const decision = node && decisionOf(node);
  return decision?.kind === "gate" ? decision : undefined;
}

/** Where paths start at a node, whatever is decided; those of a gate's rule: `scalarGate`. */
export const startsAt = <K extends NodeKindName>(node: GatedNode<Weights, K>): Starts | undefined =>
  NODE_KINDS[node.kind].starts(node);

/** Whether a node's edges weigh 1, a number that is fixed by shapes, or what may train. */
export const edgeWeights = ({ kind }: GatedNode<unknown>): NodeKind<NodeKindName>["weights"] =>
  NODE_KINDS[kind].weights;

/** Which regular pattern a node's edges have, for walks that know a faster way for it. */
export const edgePattern = <K extends NodeKindName>(node: GatedNode<Weights, K>): EdgePattern =>
  NODE_KINDS[node.kind].pattern(node);

/**
 * Calls `visit` for every edge into a unit, as if nothing were decided, in the order of the units they come from.
 * @param shapes of the node's inputs
 */
export const visitEdges = <K extends NodeKindName>(
  node: GatedNode<Weights, K>,
  shapes: readonly (readonly number[])[],
  unit: number,
  visit: VisitInputEdge,
): void => NODE_KINDS[node.kind].edges(node, shapes, unit, visit);

/** What a node gives for all examples of a batch, `[batch, ...shape]`. */
export const forwardNode = <D extends FloatDType, W, K extends NodeKindName>(
  node: GatedNode<W, K>,
  tools: ForwardTools<D, W>,
): Tensor<D> => NODE_KINDS[node.kind].forward(node, tools);

/**
 * The unit of the input that a choice passes, by unit: where `q` is greatest, the first at a tie.
 * @param shape of the input
 */
export function chosenUnits(node: GatedNode, shape: readonly number[], q: ArrayLike<number>): Int32Array {
  const chosen = new Int32Array(node.shape.reduce((size, length) => size * length, 1));
  let best = -1;
  const compare = (_which: number, from: number): void => {
    if (best < 0 || q[from]! > q[best]!) best = from;
  };
  for (let unit = 0; unit < chosen.length; unit++) {
    best = -1;
    visitEdges(node, [shape], unit, compare);
    chosen[unit] = best;
  }
  return chosen;
}
