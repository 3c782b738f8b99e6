/** What decides the gates and selections of a network, each once: in a deep gated network two gates may hang on one value. */
import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import {
  allInputs,
  decisionOf,
  type GatedNetwork,
  gateOfNode,
  pathNodes,
  scalarGate,
  type Threshold,
  usedNodes,
  visitEdges,
  ZERO,
} from "../../network/index.ts";

interface Decided {
  /** The node whose values decide. */
  readonly by: number;
  /** The nodes that are decided by it. */
  readonly positions: readonly number[];
  /** The first of them that paths come through: the layer that a flip belongs to; undefined where none is. */
  readonly told: number | undefined;
}

/** Gates of one pre-activation a unit. */
export interface GateDecider extends Decided {
  readonly kind: "gate";
  /** Where they jump, rising. */
  readonly flipsAt: readonly Threshold[];
  /** They move with every `q`: what flips is the bit that they are near. */
  readonly isSoft: boolean;
}

/** Selections of one element of each window. */
export interface ChoiceDecider extends Decided {
  readonly kind: "choice";
  /** Units of `by` that the selection of unit `i` may pass: those from `from[i]` to `from[i + 1]`, rising. */
  readonly candidates: Int32Array;
  readonly from: Int32Array;
}

export type Decider = GateDecider | ChoiceDecider;

/** In the order in which an example decides. */
export function decidersOf(network: GatedNetwork): readonly Decider[] {
  const onPaths = new Set(pathNodes(network));
  const found: Decider[] = [];
  for (const position of usedNodes(network)) {
    const one = deciderOf(network, position);
    if (one === undefined) continue;
    const at = found.findIndex((other) => isSame(other, one));
    const [same] = at < 0 ? [] : found.splice(at, 1);
    const positions = [...(same?.positions ?? []), position];
    const told = same?.told ?? (onPaths.has(position) ? position : undefined);
    found.push({ ...(same ?? one), positions, told });
  }
  return found.sort((a, b) => a.by - b.by);
}

/** A layer whose units flip: gates or a max-pool that paths come through. */
export interface FlippingLayer {
  readonly position: number;
  readonly kind: "gate" | "selection";
  readonly units: number;
  /** Its gates move with every input: told is the bit that they are near. */
  readonly isSoft: boolean;
}

/** The layers that flips are told of, in the order of the network. */
export const flippingLayers = (network: GatedNetwork): readonly FlippingLayer[] =>
  decidersOf(network)
    .flatMap((decider) => {
      if (decider.told === undefined) return [];
      const units = sizeOf(network.nodes[decider.told]?.shape ?? []);
      return [{ position: decider.told, kind: kindOf(decider), units, isSoft: isSoft(decider) }];
    })
    .sort((a, b) => a.position - b.position);

/** What a flip is of. */
export const kindOf = ({ kind }: Decider): "gate" | "selection" => (kind === "gate" ? "gate" : "selection");

const isSoft = (decider: Decider): boolean => decider.kind === "gate" && decider.isSoft;

function deciderOf(network: GatedNetwork, position: number): Decider | undefined {
  const node = network.nodes[position];
  const decision = node && decisionOf(node);
  if (node === undefined || decision === undefined) return undefined;
  const place = { by: decision.by, positions: [], told: undefined };
  if (decision.kind === "gate") {
    const { flipsAt } = scalarGate(decision.rule);
    return { ...place, kind: "gate", flipsAt: flipsAt ?? [ZERO], isSoft: flipsAt === undefined };
  }
  const shapes = [network.nodes[decision.by]?.shape ?? []];
  const from = new Int32Array(sizeOf(node.shape) + 1);
  const candidates: number[] = [];
  for (let unit = 0; unit + 1 < from.length; unit++) {
    visitEdges(node, shapes, unit, (_, candidate) => void candidates.push(candidate));
    from[unit + 1] = candidates.length;
  }
  return { ...place, kind: "choice", candidates: Int32Array.from(candidates), from };
}

function isSame(a: Decider, b: Decider): boolean {
  if (a.by !== b.by) return false;
  if (a.kind === "gate") return b.kind === "gate" && namesOf(a) === namesOf(b) && a.isSoft === b.isSoft;
  return b.kind === "choice" && isEqual(a.from, b.from) && isEqual(a.candidates, b.candidates);
}

const namesOf = ({ flipsAt }: GateDecider): string => flipsAt.map(({ q, reached }) => `${q} ${reached}`).join();

const isEqual = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((one, i) => one === b[i]);

/**
 * The nodes that the deciding values depend on, themselves included, ascending.
 * @throws GatewiseError if a gate in front of another one moves with every input: then no value behind it is linear anywhere
 */
export function decidingPart(network: GatedNetwork, deciders: readonly Decider[]): readonly number[] {
  const reached = new Set(deciders.map(({ by }) => by));
  for (let position = network.nodes.length - 1; position >= 0; position--) {
    const node = network.nodes[position];
    if (node === undefined || !reached.has(position)) continue;
    for (const input of allInputs(node)) reached.add(input);
  }
  const part = [...reached].sort((a, b) => a - b);
  const soft = part.find((position) => {
    const gate = gateOfNode(network.nodes[position]);
    return gate !== undefined && scalarGate(gate.rule).flipsAt === undefined;
  });
  if (soft === undefined) return part;
  const node = network.nodes[soft];
  throw new GatewiseError({
    received: `gates of layer "${node?.name}", which are ${gateOfNode(node)?.rule.kind} and decide further ones`,
    expected: "gates that stay as they are between two flips",
    next: "ask a network of hard, leaky or clipped gates, or one whose soft gates decide nothing",
  });
}
