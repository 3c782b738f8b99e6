import { eachNumber } from "../graph/index.ts";
import { chosenUnits, decisionOf, type GatedNetwork, pathNodes, scalarGate } from "../network/index.ts";

/**
 * Which paths one example leaves open, by position. Gates that are no bits (soft, leaky) never shut quite: they count as open
 * where their pre-activation is positive.
 */
export interface OpenGates {
  /** 1 where a gate is open, else 0, by unit. */
  readonly open: ReadonlyMap<number, Uint8Array>;
  /** 1 where a path starts at a gate (a clipped unit is saturated), for gates at which one may. */
  readonly saturated: ReadonlyMap<number, Uint8Array>;
  /** By max-pool and unit, the unit of its input that passes. */
  readonly selected: ReadonlyMap<number, Int32Array>;
}

/**
 * The gates and selections that are open at given pre-activations.
 * @param decided the values of a deciding node, by unit
 */
export function openGates(network: GatedNetwork, decided: (position: number) => ArrayLike<number>): OpenGates {
  const open = new Map<number, Uint8Array>();
  const saturated = new Map<number, Uint8Array>();
  const selected = new Map<number, Int32Array>();
  for (const position of pathNodes(network)) {
    const node = network.nodes[position];
    const decision = node && decisionOf(node);
    if (node === undefined || decision === undefined) continue;
    const q = decided(decision.by);
    if (decision.kind === "choice") {
      selected.set(position, chosenUnits(node, network.nodes[decision.by]?.shape ?? [], q));
      continue;
    }
    const { gate, isBit, starts } = scalarGate(decision.rule);
    open.set(
      position,
      // bits are the same in every channel
      eachNumber(new Uint8Array(q.length), q, isBit ? (value) => gate(value, 0) : (value) => (value > 0 ? 1 : 0)),
    );
    if (starts.length === 0) continue;
    saturated.set(
      position,
      eachNumber(new Uint8Array(q.length), q, (value) => (starts.some(({ begins }) => begins(value)) ? 1 : 0)),
    );
  }
  return { open, saturated, selected };
}

/** Share of the gates open for the first example that are open for the second too. */
export function sharedOpenGates(first: OpenGates, second: OpenGates): number {
  let own = 0;
  let both = 0;
  for (const [position, gates] of first.open) {
    const others = second.open.get(position);
    for (let i = 0; i < gates.length; i++) {
      own += gates[i]!;
      both += gates[i]! & (others?.[i] ?? 0);
    }
  }
  return own === 0 ? 0 : both / own;
}
