/**
 * An architecture in a regime, without its numbers: the feature networks that make its gates, then the value network behind
 * them (theory 5.1). Each slot says which network's parameter belongs there.
 */
import { GatewiseError } from "../errors.ts";
import { type DenseArray, float32, formatShape, sizeOf } from "../graph/index.ts";
import type { Architecture } from "./architecture.ts";
import { foldedArchitecture, hasBatchNorm } from "./batch-normalization.ts";
import { allDecided, decidingNodes, featurePart } from "./feature-part.ts";
import { type FeatureNetwork, type GatePlan, gatePlan } from "./gate-plan.ts";
import type { GatedNetwork, GatedNode, NodeOperation } from "./gated-network.ts";
import type { GateRule } from "./gating.ts";
import type { Decided, FeaturePart } from "./made-gates.ts";
import { pathNodes, usedNodes } from "./network-nodes.ts";
import { placedNode } from "./node-kinds.ts";
import { type ParameterSpec, withStatistics } from "./parameter-spec.ts";
import { hasOwnGates, type Regime } from "./regimes.ts";
import { type Skeleton, skeletonOf, slotsOf, withWeights } from "./skeleton.ts";
import type { TrialNetwork } from "./trial-parameters.ts";

/** A parameter of a trial: of which of its networks. */
export interface TrialSlot extends ParameterSpec {
  readonly network: TrialNetwork;
}

type Slotted = GatedNode<TrialSlot>;

/** The whole of it. Slots of the value network come last, those of feature networks in the order of the regime's choices. */
export function regimeSkeleton(architecture: Architecture, regime: Regime): GatedNetwork<TrialSlot> {
  const skeleton = skeletonOf(architecture);
  const slotted = <N extends GatedNode<ParameterSpec>>(node: N, network: TrialNetwork): Slotted =>
    withWeights<ParameterSpec, TrialSlot>(node, (slot) => ({ ...slot, network }));
  const folded = hasBatchNorm(architecture) ? skeletonOf(foldedArchitecture(architecture)) : skeleton;
  const plan = gatePlan(skeleton, regime);
  if (hasOwnGates(regime)) {
    return { nodes: skeleton.nodes.map((node) => slotted(node, "value")), output: skeleton.output };
  }
  const nodes: Slotted[] = [{ kind: "input", name: "input", shape: skeleton.nodes[0]?.shape ?? [] }];
  const append = (name: string, shape: readonly number[], operation: NodeOperation<TrialSlot>): number =>
    nodes.push({ name, shape, ...operation }) - 1;
  const made = new Map<string, MadeFeatures>();
  for (const network of plan.networks) {
    // a network that stays as it is normalizes by numbers that stay: they are part of its weights
    const part = partOf(network.trains ? skeleton : folded, network, plan, regime);
    const places: number[] = [inputOf(network, part, nodes, append)];
    const at = (position: number): number => existing(places, position);
    for (const node of part.nodes.slice(1)) {
      const placed = slotted(placedNode(node, { input: at, decider: at }), network.name);
      places.push(nodes.push({ ...placed, name: `${network.name}.${node.name}` }) - 1);
    }
    made.set(network.name, { part, at });
  }
  const start =
    regime.valueInput === "ones" ? append("ones", architecture.inputShape, ones(architecture.inputShape)) : 0;
  const output = appendValue({ skeleton, plan, regime, made, start, nodes, append, slotted });
  return { nodes, output };
}

interface MadeFeatures {
  readonly part: FeaturePart;
  readonly at: (position: number) => number;
}

type Append = (name: string, shape: readonly number[], operation: NodeOperation<TrialSlot>) => number;

/** The part of a source's network that makes the gates it decides. */
function partOf(skeleton: Skeleton, network: FeatureNetwork, plan: GatePlan, regime: Regime): FeaturePart {
  const own = typeof network.from === "string" ? undefined : network.from.architecture;
  const source = own === undefined ? skeleton : skeletonOf(network.trains ? own : foldedArchitecture(own));
  const decided = decidedBy(network, plan, regime);
  if (own !== undefined) checkDecided(decided, source, network);
  return featurePart(source, network.features, decided);
}

const numbersWhere = (deciders: GatePlan["gates"], network: FeatureNetwork): readonly number[] =>
  deciders.flatMap((one, i) => (one === network ? [i] : []));

function decidedBy(network: FeatureNetwork, { gates, maxima }: GatePlan, { gateOrder }: Regime): Decided {
  const own = numbersWhere(gates, network).map((gate) => (gateOrder?.[gate] ?? gate + 1) - 1);
  return { gates: new Set(own), maxima: new Set(numbersWhere(maxima, network)) };
}

function checkDecided({ gates, maxima }: Decided, source: Skeleton, { from }: FeatureNetwork): void {
  const there = allDecided(source);
  for (const [what, wanted, have] of [
    ["gate layer", gates, there.gates],
    ["max-pool", maxima, there.maxima],
  ] as const) {
    const missing = [...wanted].find((number) => !have.has(number));
    if (missing === undefined) continue;
    throw new GatewiseError({
      received: `${sourceWords(from)}, which has ${have.size} ${what}${have.size === 1 ? "" : "s"}`,
      expected: `a ${what} ${missing + 1}, for that of the value network`,
      next: "take other layers from it, or another source",
    });
  }
}

export const sourceWords = (from: FeatureNetwork["from"]): string =>
  typeof from === "string" ? `gates from "${from}"` : `gates of the network ${from.network.slice(0, 19)}…`;

/** The example as a source reads it: the same elements in its own shape; maps `[c, h, w]` turned where it reads `[h, w, c]`. */
function inputOf({ name, from }: FeatureNetwork, part: FeaturePart, nodes: readonly Slotted[], append: Append): number {
  const [given, read] = [nodes[0]?.shape ?? [], part.nodes[0]?.shape ?? []];
  if (given.join() === read.join()) return 0;
  if (sizeOf(given) !== sizeOf(read)) {
    throw new GatewiseError({
      received: `${sourceWords(from)}, which reads ${formatShape(read)}`,
      expected: `examples of ${formatShape(given)}, as the value network reads them`,
      next: "take a source of the same examples",
    });
  }
  return append(`${name}.input`, read, { kind: "rearrange", input: 0, from: turned(given, read) });
}

/** Places of `[h, w, c]` in `[c, h, w]`; undefined where the elements stay in their order. */
export function turned(from: readonly number[], to: readonly number[]): Int32Array | undefined {
  const [channels = 1, height = 1, width = 1] = from;
  const isTurned = from.length === 3 && [height, width, channels].join() === to.join() && channels > 1;
  if (!isTurned) return undefined;
  const positions = height * width;
  return Int32Array.from({ length: channels * positions }, (_, i) => {
    const channel = i % channels;
    return channel * positions + (i - channel) / channels;
  });
}

interface ValueParts {
  readonly skeleton: Skeleton;
  readonly plan: GatePlan;
  readonly regime: Regime;
  readonly made: ReadonlyMap<string, MadeFeatures>;
  /** Position of what the value network reads. */
  readonly start: number;
  readonly nodes: Slotted[];
  readonly append: Append;
  readonly slotted: (node: GatedNode<ParameterSpec>, network: TrialNetwork) => Slotted;
}

/** The value network, its gates and maxima decided as the plan says; returns the position of its output. */
function appendValue({ skeleton, plan, regime, made, start, nodes, append, slotted }: ValueParts): number {
  const deciding = decidingNodes(skeleton);
  const places = new Map([[0, start]]);
  const at = (position: number): number => {
    const place = places.get(position);
    if (place === undefined) throw new Error(`unreachable: no place of node ${position}`);
    return place;
  };
  // what decides gates of the value network itself stays, whether paths come through it or not
  const isMixed = plan.gates.some((one) => one === undefined);
  for (const position of isMixed ? usedNodes(skeleton) : pathNodes(skeleton)) {
    const node = skeleton.nodes[position];
    if (node === undefined || node.kind === "input") continue;
    const gate = node.kind === "gate" ? deciding.gates.indexOf(node) : -1;
    const maximum = node.kind === "max-pool" ? deciding.maxima.indexOf(node) : -1;
    const source = plan.gates[gate] ?? plan.maxima[maximum];
    const features = source && made.get(source.name);
    let placed: Slotted;
    if (source === undefined || features === undefined) {
      placed = slotted(placedNode(node, { input: at, decider: at }), "value");
    } else if (node.kind === "gate") {
      const number = (regime.gateOrder?.[gate] ?? gate + 1) - 1;
      const decision = features.part.preActivations.get(number);
      if (decision === undefined) throw new Error(`unreachable: no gate ${number} of ${source.name}`);
      const rule = source.gating.kind === "hard" ? decision.rule : source.gating;
      const from = features.at(decision.position);
      placed = { ...node, input: at(node.input), ...widened(node, nodes, from, rule, source, gate, append) };
    } else if (node.kind === "max-pool") {
      const selectedBy = features.part.maxima.get(maximum);
      if (selectedBy === undefined) throw new Error(`unreachable: no maximum ${maximum} of ${source.name}`);
      const from = features.at(selectedBy);
      const selector = widenedMaps(skeleton.nodes[node.input]?.shape ?? [], nodes, from, source, node.name, append);
      placed = { ...node, input: at(node.input), selectedBy: selector };
    } else throw new Error(`unreachable: a ${node.kind} that is decided`);
    places.set(position, nodes.push(placed) - 1);
  }
  return at(skeleton.output);
}

/** Gates of a wider layer: those of the source again and again, channel by channel (theory 5.9). */
function widened(
  node: GatedNode<ParameterSpec, "gate">,
  nodes: readonly Slotted[],
  from: number,
  rule: GateRule,
  source: FeatureNetwork,
  gate: number,
  append: Append,
): { readonly gatedBy: number; readonly rule: GateRule } {
  const gatedBy = widenedMaps(node.shape, nodes, from, source, `gate layer ${gate + 1}`, append);
  if (rule.kind !== "leaky" || rule.slopes.data.length === 1) return { gatedBy, rule };
  const channels = node.shape[0] ?? 1;
  const { data } = rule.slopes;
  const slopes: DenseArray<"float32"> = float32(
    [channels],
    Float32Array.from({ length: channels }, (_, i) => data[i % data.length]!),
  );
  return { gatedBy, rule: { ...rule, slopes } };
}

/** What decides for maps `[c, …]`, from maps of the same positions whose channels divide those. */
function widenedMaps(
  wanted: readonly number[],
  nodes: readonly Slotted[],
  from: number,
  source: FeatureNetwork,
  what: string,
  append: Append,
): number {
  const shape = nodes[from]?.shape ?? [];
  if (shape.join() === wanted.join()) return from;
  const [channels = 1, ...map] = wanted;
  const [given = 1, ...givenMap] = shape;
  if (map.join() !== givenMap.join() || channels % given !== 0) {
    throw new GatewiseError({
      received: `${sourceWords(source.from)} of ${formatShape(shape)} for ${what} of ${formatShape(wanted)}`,
      expected: "as many units or channels as the value network has there, or a number that divides them",
      next: "give the value network a width that is a multiple of the source's",
    });
  }
  const size = sizeOf(shape);
  const places = Int32Array.from({ length: sizeOf(wanted) }, (_, i) => i % size);
  return append(`${source.name}.${nodes.length}.widened`, wanted, { kind: "rearrange", input: from, from: places });
}

function existing(positions: readonly number[], index: number): number {
  const position = positions[index];
  if (position === undefined) throw new Error(`unreachable: no place of node ${index}`);
  return position;
}

/** The constant-1 input of the duality papers (theory 5.7): a normalization by 0 and 1, behind which paths start. */
const ones = (shape: readonly number[]): NodeOperation<never> => ({
  kind: "normalize",
  input: 0,
  factor: float32(shape, new Float32Array(sizeOf(shape))),
  shift: float32(shape, new Float32Array(sizeOf(shape)).fill(1)),
});

/** All slots, the value network's first, then those of each feature network in order. */
export function regimeSlots(architecture: Architecture, regime: Regime): readonly TrialSlot[] {
  const slots = slotsOf(regimeSkeleton(architecture, regime).nodes).flatMap(withStatistics);
  return [...slots.filter(({ network }) => network === "value"), ...slots.filter(({ network }) => network !== "value")];
}
