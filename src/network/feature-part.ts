/** The part of a network that makes gates: the nodes that its gates and maxima depend on, and nothing behind them. */
import type { FeatureKind } from "./gate-source.ts";
import type { GatedNode } from "./gated-network.ts";
import type { Decided, FeaturePart } from "./made-gates.ts";
import { pathNodes } from "./network-nodes.ts";
import { allInputs, pathInputs, placedNode } from "./node-kinds.ts";
import type { ParameterSpec } from "./parameter-spec.ts";
import { shallowPart } from "./shallow-part.ts";
import type { Skeleton } from "./skeleton.ts";

/** Gates and maxima of a network's paths, in order. */
export const decidingNodes = (skeleton: Skeleton) => {
  const nodes = pathNodes(skeleton).flatMap((position) => {
    const node = skeleton.nodes[position];
    return node === undefined ? [] : [node];
  });
  return {
    gates: nodes.filter((node) => node.kind === "gate"),
    maxima: nodes.filter((node) => node.kind === "max-pool"),
  };
};

/** All gates and maxima of a network. */
export function allDecided(skeleton: Skeleton): Decided {
  const { gates, maxima } = decidingNodes(skeleton);
  return { gates: new Set(gates.keys()), maxima: new Set(maxima.keys()) };
}

/**
 * @throws GatewiseError if the gates cannot read the input directly, for shallow features
 */
export function featurePart(skeleton: Skeleton, features: FeatureKind, decided: Decided): FeaturePart {
  if (features === "shallow") return shallowPart(skeleton, decided.gates);
  const deciding = decidingNodes(skeleton);
  const gates = deciding.gates.flatMap((node, i) => (decided.gates.has(i) ? [[i, node] as const] : []));
  const maxima = deciding.maxima.flatMap((node, i) => (decided.maxima.has(i) ? [[i, node] as const] : []));
  const isLinear = features === "linear";
  const reached = new Set([
    ...gates.map(([, { gatedBy }]) => gatedBy),
    ...maxima.map(([, { selectedBy }]) => selectedBy),
  ]);
  for (let position = skeleton.nodes.length - 1; position >= 0; position--) {
    const node = skeleton.nodes[position];
    if (node === undefined || !reached.has(position)) continue;
    for (const input of isLinear ? pathInputs(node) : allInputs(node)) reached.add(input);
  }
  const nodes: GatedNode<ParameterSpec>[] = [];
  const places = new Map<number, number>();
  const at = (position: number): number => {
    const place = places.get(position);
    if (place === undefined) throw new Error(`unreachable: no place of node ${position}`);
    return place;
  };
  reached.add(0);
  for (const position of [...reached].sort((a, b) => a - b)) {
    const node = skeleton.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    // in a deep linear feature network the value passes as it is
    if (isLinear && node.kind === "gate") places.set(position, at(node.input));
    else places.set(position, nodes.push(placedNode(node, { input: at, decider: at })) - 1);
  }
  return {
    nodes,
    preActivations: new Map(gates.map(([i, { gatedBy, rule }]) => [i, { position: at(gatedBy), rule }])),
    maxima: new Map(maxima.map(([i, { selectedBy }]) => [i, at(selectedBy)])),
  };
}
