/** Every kind of node against its row of `node-kinds.reference.ts`: what it gives, its edges, and what it says of them. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { input, sizeOf } from "../../src/graph/index.ts";
import {
  decisionOf,
  edgePattern,
  edgeWeights,
  forwardNodes,
  type GatedNetwork,
  type GatedNode,
  inputShapeOf,
  pathInputs,
  placedNode,
  startsAt,
  usedNodes,
  visitEdges,
} from "../../src/network/index.ts";
import { mapEdges } from "../../src/paths/edge-maps.ts";
import { visitEdgesInto } from "../../src/paths/edges-into.ts";
import { SQUARE } from "../../src/paths/factors.ts";
import { activate } from "../../src/paths/index.ts";
import { expectClose } from "../support/expect-close.ts";
import { BODY_NAMES, gatedNetworkChoices, gatedNetworkOf } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { runGraph } from "../support/run-graph.ts";
import { KIND_NAMES, type Unit, unitOf } from "./node-kinds.reference.ts";

interface KindCase {
  readonly network: GatedNetwork;
  readonly position: number;
  readonly node: GatedNode;
  readonly shapes: readonly (readonly number[])[];
  readonly units: readonly Unit[];
  /** What nodes give by the engine, in float64. */
  readonly values: (position: number) => Float64Array;
}

/** All nodes of a network and one of its examples, by what the engine gives for them. */
async function casesOf(choices: Parameters<typeof gatedNetworkOf>[0]): Promise<readonly KindCase[]> {
  const { network, inputs } = gatedNetworkOf(choices);
  const x = input("x", "float64", [1, ...inputShapeOf(network)]);
  const example = inputs.data.slice(0, sizeOf(inputShapeOf(network)));
  const tensors = [...forwardNodes(network, x)].filter(([position]) => position > 0);
  const made = await runGraph(Object.fromEntries(tensors.map(([position, tensor]) => [`n${position}`, tensor])), {
    x: { dtype: "float64", shape: [1, ...inputShapeOf(network)], data: example },
  });
  const values = (position: number): Float64Array =>
    position === 0 ? example : Float64Array.from(made[`n${position}`]?.data ?? [], Number);
  const shapeAt = (position: number): readonly number[] => network.nodes[position]?.shape ?? [];
  return usedNodes(network).map((position) => {
    const node = network.nodes[position] ?? expect.fail("no node");
    const tools = {
      example: (unit: number) => example[unit] ?? 0,
      shape: shapeAt,
      value: (at: number, unit: number) => values(at)[unit] ?? 0,
    };
    const units = Array.from({ length: sizeOf(node.shape) }, (_, unit) => unitOf(node, unit, tools));
    return { network, position, node, shapes: pathInputs(node).map(shapeAt), units, values };
  });
}

/** Drawn and computed once for all laws. */
const cases: KindCase[] = [];
beforeAll(async () => {
  for (const choices of fc.sample(gatedNetworkChoices(), { numRuns: propertyRuns(40), seed: 11 })) {
    cases.push(...(await casesOf(choices)));
  }
});

function law(check: (one: KindCase) => void): void {
  for (const one of cases) check(one);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
/** Sums of some tens of numbers near 1. */
const CLOSE = { relative: 1e-12, absolute: 1e-13 };

describe("every kind of node", () => {
  it("stands in a network of the tests", () => {
    const nodes = BODY_NAMES.flatMap(
      (body) => gatedNetworkOf({ body, gates: "hard", bias: true, normalize: true, seed: 1 }).network.nodes,
    );
    expect(new Set(nodes.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES));
  });

  it("gives the sum over its edges, times their gates, and what starts there", () =>
    law(({ position, units, values }) => {
      const wanted = units.map(({ edges, starts }) =>
        sum([
          ...starts.map(({ value }) => value),
          ...edges.map(({ node, unit, weight, gate }) => (values(node)[unit] ?? 0) * weight * gate),
        ]),
      );
      expectClose([...values(position)], wanted, CLOSE);
    }));

  it("has the edges of its row", () =>
    law(({ node, shapes, units }) => {
      const sources = pathInputs(node);
      for (const [unit, { edges }] of units.entries()) {
        const found: number[][] = [];
        visitEdges(node, shapes, unit, (which, from, weight, place) =>
          found.push([sources[which] ?? -1, from, weight, place]),
        );
        expect(found).toEqual(edges.map((edge) => [edge.node, edge.unit, edge.weight, edge.place]));
      }
    }));

  it("has those edges behind the gates of an example, and no others", () =>
    law(({ network, position, units, values }) => {
      const active = activate(network, values(0));
      for (const [unit, { edges }] of units.entries()) {
        const [found, weights]: [number[][], number[]] = [[], []];
        visitEdgesInto(active, position, unit, (source, from, weight) => {
          found.push([source, from]);
          weights.push(weight);
        });
        const open = edges.filter(({ gate }) => gate !== 0);
        expect(found).toEqual(open.map((edge) => [edge.node, edge.unit]));
        expectClose(
          weights,
          open.map(({ weight, gate }) => weight * gate),
          CLOSE,
        );
      }
    }));

  it.each(["sum", "maximum"] as const)("maps vectors by the %s over its edges", (combine) =>
    law(({ network, position, node, units, values }) => {
      const active = activate(network, values(0));
      const magnitudes = (at: number): Float64Array => values(at).map(Math.abs);
      const inputs = pathInputs(node).map((at) => ({ data: magnitudes(at), shape: network.nodes[at]?.shape ?? [] }));
      const decided = { gates: active.gates.get(position), selected: active.selected.get(position) };
      const wanted = units.map(({ edges }) => {
        const terms = edges.map((edge) => (magnitudes(edge.node)[edge.unit] ?? 0) * (edge.weight * edge.gate) ** 2);
        return combine === "sum" ? sum(terms) : terms.reduce((most, term) => Math.max(most, term), 0);
      });
      expectClose([...mapEdges(node, inputs, decided, SQUARE, combine)], wanted, CLOSE);
    }),
  );

  it("tells where paths start", () =>
    law(({ node, units }) => {
      const isGate = decisionOf(node)?.kind === "gate";
      if (!isGate) expect(units.every(({ starts }) => starts.length > 0)).toBe(startsAt(node) !== undefined);
    }));

  it("has the pattern and the weights that it says", () =>
    law(({ node, shapes, units }) => {
      const pattern = edgePattern(node);
      const sources = pathInputs(node);
      const decision = decisionOf(node);
      for (const [unit, { edges }] of units.entries()) {
        if (edgeWeights(node) === "ones") expect(edges.every(({ weight }) => weight === 1)).toBe(true);
        if (decision === undefined) expect(edges.every(({ gate }) => gate === 1)).toBe(true);
        if (decision?.kind === "choice") expect(sum(edges.map(({ gate }) => gate))).toBe(1);
        switch (pattern.kind) {
          case "none":
            expect(edges).toEqual([]);
            break;
          case "every":
            expect(edges.map((edge) => edge.unit)).toEqual(
              Array.from({ length: sizeOf(shapes[0] ?? []) }, (_, i) => i),
            );
            break;
          case "unit":
            expect(edges.map((edge) => [edge.node, edge.unit])).toEqual(sources.map((source) => [source, unit]));
            // one weight for a channel, wherever it is
            if (edgeWeights(node) === "parameters") {
              const channel = Math.floor(unit / sizeOf(node.shape.slice(1)));
              expect(edges.every(({ place }) => place === channel || place === -1)).toBe(true);
            }
            break;
          case "window": {
            const weight = 1 / pattern.divisor(edges.length);
            expect(edges.every((edge) => edge.weight === weight)).toBe(true);
            const [before, after] = [sizeOf((shapes[0] ?? []).slice(1)), sizeOf(node.shape.slice(1))];
            const channel = Math.floor(unit / after);
            expect(edges.every((edge) => Math.floor(edge.unit / before) === channel)).toBe(true);
            break;
          }
          case "convolution":
            expect(edges.length).toBeLessThanOrEqual(sizeOf(pattern.weight.shape.slice(1)));
            break;
          case "edges":
            expect(edges.length).toBeLessThanOrEqual(pattern.most);
            break;
        }
      }
    }));

  it("stands in another place with its inputs and what decides it", () =>
    law(({ node }) => {
      const moved = placedNode(node, { input: (position) => position + 7, decider: (position) => position + 70 });
      expect(pathInputs(moved)).toEqual(pathInputs(node).map((position) => position + 7));
      const by = decisionOf(node)?.by;
      expect(decisionOf(moved)?.by).toBe(by === undefined ? undefined : by + 70);
    }));
});
