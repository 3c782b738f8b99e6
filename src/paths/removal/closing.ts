/**
 * Units closed one after the other, all other gates decided anew: what an example's network gives then, and what flows through the
 * units that are left (theory 7). Only what lies behind a closed unit is evaluated again.
 */
import { sizeOf } from "../../graph/index.ts";
import { allInputs, type GatedNetwork, gatePositions, pathInputs, usedNodes } from "../../network/index.ts";
import { checkSize } from "../active-network.ts";
import { type Evaluated, evaluateNode, newEvaluation, plainAt } from "../evaluation.ts";
import { ITSELF } from "../factors.ts";
import { targetGraph, targetNetwork } from "../flow/functional.ts";
import { through } from "../flow/passes.ts";
import { beyondFloat64 } from "../path-pass.ts";
import { reversePass } from "../reverse-pass.ts";

/** A layer of units that can be closed: a gate of the network's paths. */
export interface ClosableLayer {
  /** Name of the gate's node. */
  readonly layer: string;
  readonly position: number;
  /** Of one example. */
  readonly shape: readonly number[];
  /** Number of its first unit among the units of all layers. */
  readonly first: number;
}

/** What is asked again and again of one network, found once. */
export interface ClosingPlan {
  readonly network: GatedNetwork;
  readonly layers: readonly ClosableLayer[];
  /** Units of all layers. */
  readonly units: number;
  /** What a pass through it is told to take: two operations a weight that is used, about 4e8 of them a second. */
  readonly seconds: number;
  /** Nodes in their order. */
  readonly used: readonly number[];
  /** Nodes whose values depend on a layer's units, the layer's own first. */
  readonly behind: readonly ReadonlySet<number>[];
  /** Nodes that come behind a gate, and gates: through others no unit's flow has to be followed. */
  readonly gated: ReadonlySet<number>;
  /** Layers by position. */
  readonly layerAt: ReadonlyMap<number, number>;
  /** Networks with one output less another as their only one, by both, as they were asked for. */
  readonly targets: Map<string, GatedNetwork>;
}

export function closingPlan(network: GatedNetwork): ClosingPlan {
  const used = usedNodes(network);
  let units = 0;
  const layers = gatePositions(network).map((position): ClosableLayer => {
    const { name = "", shape = [] } = network.nodes[position] ?? {};
    const first = units;
    units += sizeOf(shape);
    return { layer: name, position, shape, first };
  });
  const behind = layers.map(({ position }) => dependents(network, used, new Set([position]), allInputs));
  const gated = dependents(network, used, new Set(layers.map(({ position }) => position)), pathInputs);
  const layerAt = new Map(layers.map(({ position }, layer) => [position, layer]));
  return {
    network,
    layers,
    units,
    seconds: secondsOf(network, used),
    used,
    behind,
    gated,
    layerAt,
    targets: new Map(),
  };
}

function secondsOf({ nodes }: GatedNetwork, used: readonly number[]): number {
  let products = 0;
  for (const position of used) {
    const node = nodes[position];
    const size = sizeOf(node?.shape ?? []);
    if (node?.kind === "dense") products += node.weight.data.length;
    else if (node?.kind === "convolution") products += (size / (node.shape[0] ?? 1)) * node.weight.data.length;
    else products += size;
  }
  return products / 4e8;
}

function dependents(
  { nodes }: GatedNetwork,
  used: readonly number[],
  from: Set<number>,
  inputsOf: typeof allInputs,
): ReadonlySet<number> {
  for (const position of used) {
    const node = nodes[position];
    if (node !== undefined && inputsOf(node).some((input) => from.has(input))) from.add(position);
  }
  return from;
}

/** An example's network with some units closed. Immutable: closing more makes another. */
export interface Closed {
  readonly plan: ClosingPlan;
  readonly input: ArrayLike<number>;
  readonly evaluated: Evaluated;
  /** By layer, 1 of each unit that is closed. */
  readonly closed: readonly (Uint8Array | undefined)[];
  readonly logits: Float64Array;
}

/**
 * The example with nothing closed.
 * @param input the elements of one example, `[...inputShape]` in C order
 * @throws GatewiseError if it has another number of elements, or a logit leaves float64
 */
export function nothingClosed(plan: ClosingPlan, input: ArrayLike<number>): Closed {
  checkSize(plan.network, input);
  const evaluated = newEvaluation();
  for (const position of plan.used) evaluateNode(plan.network, position, input, evaluated);
  return { plan, input, evaluated, closed: plan.layers.map(() => undefined), logits: logitsIn(plan, evaluated) };
}

/** The same example with more units closed, numbered over all layers. */
export function close(before: Closed, units: readonly number[]): Closed {
  const { plan } = before;
  const closed = [...before.closed];
  const changed = new Set<number>();
  for (const unit of units) {
    const layer = layerOf(plan, unit);
    const { first = 0, shape = [] } = plan.layers[layer] ?? {};
    const own = changed.has(layer) ? closed[layer] : Uint8Array.from(closed[layer] ?? new Uint8Array(sizeOf(shape)));
    if (own !== undefined) own[unit - first] = 1;
    closed[layer] = own;
    changed.add(layer);
  }
  return evaluatedAnew(before, closed, changed);
}

/** The same example with all units closed but these, numbered over all layers. */
export function closeOthers(before: Closed, units: readonly number[]): Closed {
  const closed = before.plan.layers.map(({ shape }) => new Uint8Array(sizeOf(shape)).fill(1));
  for (const unit of units) {
    const layer = layerOf(before.plan, unit);
    closed[layer]![unit - before.plan.layers[layer]!.first] = 0;
  }
  return evaluatedAnew(before, closed, new Set(closed.keys()));
}

function evaluatedAnew(before: Closed, closed: Closed["closed"], changed: ReadonlySet<number>): Closed {
  const { plan, input } = before;
  const evaluated = newEvaluation(before.evaluated);
  const affected = [...changed].map((layer) => plan.behind[layer]);
  for (const position of plan.used) {
    if (!affected.some((behind) => behind?.has(position))) continue;
    evaluateNode(plan.network, position, input, evaluated, closed[plan.layerAt.get(position) ?? -1]);
  }
  return { plan, input, evaluated, closed, logits: logitsIn(plan, evaluated) };
}

/** The layer that a unit belongs to. */
export function layerOf({ layers }: ClosingPlan, unit: number): number {
  let [low, high] = [0, layers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((layers[middle]?.first ?? 0) <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}

function logitsIn({ network }: ClosingPlan, evaluated: Evaluated): Float64Array {
  const logits = plainAt(evaluated, network.output);
  if (!logits.every(Number.isFinite)) throw beyondFloat64("a logit of this example");
  return logits;
}

/** Units that are there: those whose gate is not 0, or that are saturated. */
export function activeUnits({ plan, evaluated }: Closed): readonly number[] {
  return plan.layers.flatMap(({ position, first }) => {
    const [gates, starts] = [evaluated.gates.get(position), evaluated.starts.get(position)];
    const units: number[] = [];
    gates?.forEach((gate, unit) => {
      if (gate !== 0 || (starts?.[unit] ?? 0) !== 0) units.push(first + unit);
    });
    return units;
  });
}

/** What each unit gives behind its gate, numbered over all layers. */
export function unitValues({ plan, evaluated }: Closed): Float64Array {
  const values = new Float64Array(plan.units);
  for (const { position, first } of plan.layers) values.set(plainAt(evaluated, position), first);
  return values;
}

/** What flows through each unit to one output less another, numbered over all layers; 0 through closed ones. */
export function unitFlow({ plan, evaluated }: Closed, output: number, against: number): Float64Array {
  const key = `${output}-${against}`;
  const target = plan.targets.get(key) ?? targetNetwork(plan.network, { output, against });
  plan.targets.set(key, target);
  const graph = targetGraph({ network: plan.network, ...evaluated }, target);
  const gradients = reversePass(graph, ITSELF, undefined, (position) => plan.gated.has(position));
  const flow = new Float64Array(plan.units);
  for (const { position, first, shape } of plan.layers) {
    flow.set(through(position, evaluated.totals, gradients, sizeOf(shape)), first);
  }
  return flow;
}

/** The largest logit and the largest of the others, the first at a tie, and how far they are apart. */
export function decisionIn({ logits }: Pick<Closed, "logits">): {
  readonly decision: number;
  readonly runnerUp: number;
  readonly margin: number;
} {
  let [decision, runnerUp] = [0, 1];
  if (logits[1]! > logits[0]!) [decision, runnerUp] = [1, 0];
  for (let k = 2; k < logits.length; k++) {
    if (logits[k]! > logits[decision]!) [runnerUp, decision] = [decision, k];
    else if (logits[k]! > logits[runnerUp]!) runnerUp = k;
  }
  return { decision, runnerUp, margin: logits[decision]! - logits[runnerUp]! };
}
