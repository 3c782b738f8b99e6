/** Closing units against networks from which they are cut, and the search for the fewest that decide (theory 7). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float64, sizeOf } from "../../../src/graph/index.ts";
import { decisionOf, type GatedNetwork, type GatedNode, inputShapeOf } from "../../../src/network/index.ts";
import {
  activate,
  activationOrder,
  activeUnits,
  type ChosenUnit,
  type ClosingPlan,
  closingPlan,
  decisionIn,
  flowOrder,
  layerOf,
  nothingClosed,
  pathFlow,
  type RemovalOrder,
  randomOrder,
  removal,
  sufficientSet,
} from "../../../src/paths/index.ts";
import { close, closeOthers, unitFlow } from "../../../src/paths/removal/closing.ts";
import { randomStream } from "../../../src/random.ts";
import { expectClose } from "../../support/expect-close.ts";
import { gatedNetworkCase } from "../../support/gated-networks.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const LIMITS = { numRuns: propertyRuns(60), seed: 17 };
/** Roundings of a few hundred sums that cancel. */
const CLOSE = { relative: 1e-11, absolute: 1e-11 };

interface Case {
  readonly network: GatedNetwork;
  readonly plan: ClosingPlan;
  readonly input: Float64Array;
}

const cases: fc.Arbitrary<Case> = gatedNetworkCase().map(({ network, inputs }) => ({
  network,
  plan: closingPlan(network),
  input: inputs.data.slice(0, sizeOf(inputShapeOf(network))),
}));

/** The network with units cut out by nodes behind their gates; whatever read a gate reads the node behind it. */
function cut({ network, plan }: Case, units: readonly number[]): GatedNetwork {
  const closed = new Set(units);
  const nodes: GatedNode[] = [];
  const moved = new Map<number, number>();
  const at = (position: number): number => moved.get(position) ?? position;
  for (const [position, node] of network.nodes.entries()) {
    const layer = plan.layers.find((one) => one.position === position);
    nodes.push(renumbered(node, at));
    moved.set(position, nodes.length - 1);
    if (layer === undefined) continue;
    const from = Int32Array.from({ length: sizeOf(node.shape) }, (_, i) => (closed.has(layer.first + i) ? -1 : i));
    nodes.push({ kind: "rearrange", name: `${node.name} cut`, shape: node.shape, input: nodes.length - 1, from });
    moved.set(position, nodes.length - 1);
  }
  return { nodes, output: at(network.output) };
}

function renumbered(node: GatedNode, at: (position: number) => number): GatedNode {
  switch (node.kind) {
    case "input":
      return node;
    case "sum":
    case "concat":
      return { ...node, inputs: node.inputs.map(at) };
    case "gate":
      return { ...node, input: at(node.input), gatedBy: at(node.gatedBy) };
    case "max-pool":
      return { ...node, input: at(node.input), selectedBy: at(node.selectedBy) };
    default:
      return { ...node, input: at(node.input) };
  }
}

const numbersOf = (chosen: readonly ChosenUnit[]): readonly number[] => chosen.map(({ unit }) => unit);

function end<T>(passes: Generator<number, T>): { readonly value: T; readonly passes: number } {
  for (let count = 0; ; count++) {
    const next = passes.next();
    if (next.done === true) return { value: next.value, passes: count };
  }
}

describe("closing units", () => {
  it("gives what the network gives from which they are cut, one by one or all but some", () =>
    fc.assert(
      fc.property(cases, fc.nat(), (one, seed) => {
        const start = nothingClosed(one.plan, one.input);
        const order = Array.from(randomStream(seed, "units").permutation(one.plan.units));
        const half = order.slice(0, Math.ceil(order.length / 2));
        let state = start;
        for (const unit of half) state = close(state, [unit]);
        const wanted = activate(cut(one, half), one.input).logits;
        expectClose(state.logits, wanted, CLOSE);
        expect(close(start, half).logits).toEqual(state.logits);
        expect(closeOthers(start, order.slice(half.length)).logits).toEqual(state.logits);
        // nothing of the start was touched
        expect(start.logits).toEqual(activate(one.network, one.input).logits);
      }),
      LIMITS,
    ));

  it("flow is that of the network as it is then", () =>
    fc.assert(
      fc.property(cases, fc.nat(), (one, seed) => {
        const start = nothingClosed(one.plan, one.input);
        const target = { output: 1, against: 0 };
        const flowOf = (network: GatedNetwork): number[] =>
          pathFlow(activate(network, one.input), target)
            .layers.filter(({ layer }) => one.plan.layers.some((own) => own.layer === layer))
            .flatMap(({ flow }) => Array.from(flow));
        expectClose(unitFlow(start, 1, 0), flowOf(one.network), CLOSE);
        const [unit = 0] = randomStream(seed, "unit").permutation(one.plan.units);
        const closed = flowOf(cut(one, [unit]));
        closed[unit] = 0;
        expectClose(unitFlow(close(start, [unit]), 1, 0), closed, CLOSE);
      }),
      LIMITS,
    ));

  it("units are numbered layer by layer", () => {
    const { plan } = fc.sample(cases, { numRuns: 1, seed: 3 })[0] ?? expect.fail("no case");
    for (let unit = 0; unit < plan.units; unit++) {
      const { first = 0, shape = [] } = plan.layers[layerOf(plan, unit)] ?? {};
      expect(unit - first).toBeGreaterThanOrEqual(0);
      expect(unit - first).toBeLessThan(sizeOf(shape));
    }
  });
});

/** The same search, each step on a network of its own. */
function slowRemoval(one: Case): { readonly removed: readonly number[]; readonly becomes: number | null } {
  const first = activate(one.network, one.input);
  const { decision } = decisionIn(first);
  const left = one.plan.layers.flatMap(({ position, first: from }) =>
    Array.from(first.gates.get(position) ?? [], (gate, i) =>
      gate !== 0 || (first.starts.get(position)?.[i] ?? 0) !== 0 ? from + i : -1,
    ).filter((unit) => unit >= 0),
  );
  const removed: number[] = [];
  while (removed.length < left.length) {
    const active = activate(cut(one, removed), one.input);
    const rest = Array.from(active.logits.keys()).filter((k) => k !== decision);
    const against = rest.reduce((best, k) => (active.logits[k]! > active.logits[best]! ? k : best), rest[0] ?? 0);
    const flows = pathFlow(active, { output: decision, against }).layers;
    const flowOf = (unit: number): number => {
      const { layer = "", first: from = 0 } = one.plan.layers[layerOf(one.plan, unit)] ?? {};
      return flows.find((own) => own.layer === layer)?.flow[unit - from] ?? 0;
    };
    const open = left.filter((unit) => !removed.includes(unit));
    removed.push(open.reduce((best, unit) => (flowOf(unit) > flowOf(best) ? unit : best)));
    const { decision: now } = decisionIn(activate(cut(one, removed), one.input));
    if (now !== decision) return { removed, becomes: now };
  }
  return { removed, becomes: null };
}

describe("the fewest units whose removal changes the decision", () => {
  it("are found as by closing one after the other in networks that are made anew", () =>
    fc.assert(
      fc.property(cases, (one) => {
        const start = nothingClosed(one.plan, one.input);
        const { value } = end(removal(start, flowOrder(start)));
        expect({ removed: numbersOf(value.removed), becomes: value.becomes }).toEqual(slowRemoval(one));
      }),
      LIMITS,
    ));

  it("by activation: the largest values behind gates first; by chance: the order that was drawn", () =>
    fc.assert(
      fc.property(cases, (one) => {
        const start = nothingClosed(one.plan, one.input);
        const { values } = activate(one.network, one.input);
        const size = (unit: number): number => {
          const { position = 0, first = 0 } = one.plan.layers[layerOf(one.plan, unit)] ?? {};
          return Math.abs(values.get(position)?.[unit - first] ?? 0);
        };
        const active = activeUnits(start);
        const rising = [...active].sort((a, b) => size(b) - size(a) || a - b);
        expect(numbersOf(activationOrder(start)(start, active.length))).toEqual(rising);
        const backwards = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => count - 1 - i);
        expect(numbersOf(randomOrder(start, backwards)(start, active.length))).toEqual([...active].reverse());
      }),
      LIMITS,
    ));

  it("of many units: an eighth of the closed ones at a time, and the fewest of the last by halving", () => {
    const units = 5000;
    const one = wide(units);
    const start = nothingClosed(one.plan, one.input);
    const inOrder = (): RemovalOrder => randomOrder(start, (count) => Int32Array.from({ length: count }, (_, i) => i));
    // every unit adds 1 to output 0, which is 3,999.5 ahead without the others
    const { value, passes } = end(removal(start, inOrder()));
    expect(value).toMatchObject({ becomes: 1 });
    expect(value.removed.length).toBe(4000);
    expect(passes).toBeLessThan(100);
  });
});

/** One hidden layer of units that each add 1 to output 0; output 1 stays as it is. */
function wide(units: number): Case {
  const network: GatedNetwork = {
    nodes: [
      { kind: "input", name: "x", shape: [1] },
      { kind: "dense", name: "hidden", shape: [units], input: 0, weight: ones([1, units]), bias: undefined },
      { kind: "gate", name: "gate", shape: [units], input: 1, gatedBy: 1, rule: { kind: "hard" } },
      {
        kind: "dense",
        name: "out",
        shape: [2],
        input: 2,
        weight: float64(
          [units, 2],
          Float64Array.from({ length: 2 * units }, (_, i) => (i % 2 === 0 ? 1 : 0)),
        ),
        bias: float64([2], [0, units - 3999.5]),
      },
    ],
    output: 3,
  };
  expect(decisionOf(network.nodes[2] ?? expect.fail("no gate"))).toBeDefined();
  return { network, plan: closingPlan(network), input: Float64Array.of(1) };
}

const ones = (shape: readonly number[]) => float64(shape, new Float64Array(sizeOf(shape)).fill(1));

describe("the fewest units that keep a decision alone", () => {
  it.each([0, 0.5, 1])("keep %d of the margin, and none of them can be closed", (share) =>
    fc.assert(
      fc.property(cases, (one) => {
        const start = nothingClosed(one.plan, one.input);
        const { decision, margin } = decisionIn(start);
        const { value } = end(sufficientSet(start, share));
        const keptBy = (units: readonly number[]): number => {
          const { logits } = activate(
            cut(
              one,
              Array.from({ length: one.plan.units }, (_, i) => i).filter((unit) => !units.includes(unit)),
            ),
            one.input,
          );
          const others = logits.filter((_, k) => k !== decision);
          return logits[decision]! - others.reduce((most, logit) => Math.max(most, logit));
        };
        const units = numbersOf(value.units);
        expect(value.isMinimal).toBe(true);
        expect(value.margin).toBe(margin);
        expectClose(value.keptMargin, keptBy(units), CLOSE);
        expect(value.keptMargin).toBeGreaterThanOrEqual(share * margin);
        for (const unit of units)
          expect(keptBy(units.filter((other) => other !== unit))).toBeLessThan(share * margin + 1e-9);
      }),
      { ...LIMITS, numRuns: propertyRuns(20) },
    ),
  );
});
