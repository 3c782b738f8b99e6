/** The laws of theory 7 against all paths one by one, in random networks with every kind of node and gate. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { sizeOf } from "../../../src/graph/index.ts";
import { decisionOf, inputShapeOf, pathNodes, weightLayers } from "../../../src/network/index.ts";
import { activate, largestEdges, pathFlow, referenceSplit, weightFlow } from "../../../src/paths/index.ts";
import { pathPass, SIGNED_SUM } from "../../../src/paths/path-pass.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import {
  type BodyName,
  type GatedNetworkChoices,
  gatedNetworkChoices,
  gatedNetworkOf,
} from "../../support/gated-networks.ts";
import { propertyRuns, propertyTimeout } from "../../support/property-runs.ts";
import {
  atFirstDiffering,
  contribution,
  type FlowPath,
  flowPaths,
  sharedContribution,
  withOneRow,
} from "./flow.reference.ts";

interface Drawn {
  readonly choices: GatedNetworkChoices;
  readonly output: number;
  readonly against: boolean;
}

const drawn = (only: Partial<GatedNetworkChoices> = {}): fc.Arbitrary<Drawn> =>
  fc.record({ choices: gatedNetworkChoices(only), output: fc.nat(1), against: fc.boolean() });

function flowCase({ choices, output, against: wanted }: Drawn) {
  const { network, inputs } = gatedNetworkOf(choices);
  const size = sizeOf(inputShapeOf(network));
  const against = wanted ? 1 - output : null;
  const [x, reference] = [inputs.data.slice(0, size), inputs.data.slice(size, 2 * size)];
  const active = activate(network, x);
  const flow = pathFlow(active, { output, against });
  const one = withOneRow(network, output, against);
  return { body: choices.body, network, one, size, reference, active, flow, all: flowPaths(one, x, reference) };
}
type FlowCase = ReturnType<typeof flowCase>;

/** Drawn and enumerated once for all laws. */
const cases: FlowCase[] = [];
beforeAll(() => {
  const bodies = [{}, { body: "residual" }, { body: "residual-dense" }, { body: "concat" }] as const;
  const runs = bodies.map((only, i) => fc.sample(drawn(only), { numRuns: propertyRuns(i === 0 ? 20 : 3), seed: 17 }));
  cases.push(...runs.flat().map(flowCase));
}, propertyTimeout(30_000));

const law = (check: (one: FlowCase) => void, only?: BodyName): void => {
  for (const one of cases) if (only === undefined || one.body === only) check(one);
};

const sumOver = (all: readonly FlowPath[], of: (path: FlowPath) => number): number =>
  all.reduce((sum, path) => sum + of(path), 0);
const massOf = (all: readonly FlowPath[], which: 0 | 1 = 0): number =>
  sumOver(all, (path) => Math.abs(contribution(path, which)));
/** A few thousand roundings of terms that cancel. */
const close = (all: readonly FlowPath[]) => ({ relative: 1e-11, absolute: 1e-13 * (massOf(all) + massOf(all, 1)) });

/** Sums over the paths through each unit of a node; the chosen output is unit 0 of it. */
function throughUnits(all: readonly FlowPath[], node: number, units: number, of: (path: FlowPath) => number): number[] {
  const sums = new Array<number>(units).fill(0);
  for (const path of all) {
    for (const [at, unit] of path.steps) if (at === node) sums[unit] = (sums[unit] ?? 0) + of(path);
  }
  return sums;
}

/** By element of the input, behind its normalization. */
function byInput({ network, size, all }: FlowCase, of: (path: FlowPath) => number): number[] {
  const sums = new Array<number>(size).fill(0);
  for (const path of all) {
    const [node = 0, unit = 0] = path.steps[0] ?? [];
    const kind = network.nodes[node]?.kind;
    if (kind === "input" || kind === "normalize") sums[unit] = (sums[unit] ?? 0) + of(path);
  }
  return sums;
}

describe("flow against the enumeration of all paths (theory 7)", () => {
  it("its value and mass are those of all paths", () =>
    law(({ flow, all }) =>
      expectClose([flow.value, flow.mass], [sumOver(all, (p) => contribution(p)), massOf(all)], close(all)),
    ));

  it("through a unit flows the sum of the paths through it", () =>
    law(({ network, flow, all }) => {
      const decided = pathNodes(network).filter((at) => decisionOf(network.nodes[at] ?? expect.fail("no node")));
      expect(flow.layers.map(({ position }) => position)).toEqual(decided);
      for (const { position, flow: signed, mass, shape, layer } of flow.layers) {
        expect({ layer, shape }).toEqual({
          layer: network.nodes[position]?.name,
          shape: network.nodes[position]?.shape,
        });
        const wanted = (of: (path: FlowPath) => number): number[] => throughUnits(all, position, sizeOf(shape), of);
        expectClose(
          signed,
          wanted((p) => contribution(p)),
          close(all),
        );
        expectClose(
          mass,
          wanted((p) => Math.abs(contribution(p))),
          close(all),
        );
      }
    }));

  it("through an element of the input flow the paths that start there", () =>
    law((one) => {
      expectClose(
        one.flow.inputFlow,
        byInput(one, (p) => contribution(p)),
        close(one.all),
      );
      expectClose(
        one.flow.inputMass,
        byInput(one, (p) => Math.abs(contribution(p))),
        close(one.all),
      );
    }));

  it("starts sum up to the value, inputs and layer by layer", () =>
    law(({ network, flow, all }) => {
      const layers = weightLayers(network);
      const wanted = new Array<number>(layers.size).fill(0);
      let inputs = 0;
      for (const path of all) {
        const [node = 0] = path.steps[0] ?? [];
        const kind = network.nodes[node]?.kind;
        if (kind === "input" || kind === "normalize") inputs += contribution(path);
        // a ceiling is booked on the layer before its gate
        const layer = layers.get(node) ?? [...layers].reduce((last, [at, l]) => (at < node ? l : last), 0);
        if (kind !== "input" && kind !== "normalize") wanted[layer - 1] = (wanted[layer - 1] ?? 0) + contribution(path);
      }
      const { start } = flow;
      expectClose([start.inputs, ...start.biases], [inputs, ...wanted], close(all));
      expectClose(start.inputs + start.biases.reduce((a, b) => a + b, 0), flow.value, close(all));
    }));

  it("every cut conserves flow and mass", () =>
    law(({ flow }) => {
      expect(flow.conservationError).toBeLessThan(1e-13);
    }));

  it("closing a unit takes away what flows through it", () =>
    law(({ flow, all }) => {
      const { graph } = flow.passes;
      for (const { position, flow: signed } of flow.layers) {
        const gates = graph.gates.get(position);
        if (gates === undefined) continue;
        for (const [unit, through] of signed.entries()) {
          const without = (values: Float64Array | undefined) => values?.map((one, i) => (i === unit ? 0 : one));
          const closed = {
            ...graph,
            gates: new Map([...graph.gates, [position, without(gates) ?? gates]]),
            starts: new Map([
              ...graph.starts,
              [position, without(graph.starts.get(position)) ?? new Float64Array(gates.length)],
            ]),
          };
          const end = pathPass(closed, SIGNED_SUM).get(graph.network.output) ?? expect.fail("no output");
          expectClose((end.totals[0] ?? 0) * 2 ** end.exponent, flow.value - through, close(all));
        }
      }
    }));

  it("edges and weights carry the paths over them", () =>
    law(({ network, flow, all }) => {
      const wanted = new Map<string, number>();
      const add = (key: string, value: number): void => void wanted.set(key, (wanted.get(key) ?? 0) + value);
      const weighs = weightLayers(network);
      for (const path of all) {
        for (const [i, [to, unit]] of path.steps.entries()) {
          const before = path.steps[i - 1];
          if (before === undefined || !weighs.has(to)) continue;
          add(`${network.nodes[before[0]]?.name}/${before[1]} ${network.nodes[to]?.name}/${unit}`, contribution(path));
        }
      }
      const flat = (unit: number | readonly number[], name: string): number => {
        const [, rows = 1, columns = 1] = network.nodes.find((node) => node.name === name)?.shape ?? [];
        return typeof unit === "number" ? unit : ((unit[0] ?? 0) * rows + (unit[1] ?? 0)) * columns + (unit[2] ?? 0);
      };
      const found = largestEdges(flow.passes, 100_000);
      const keys = found.map(
        ({ from, fromUnit, to, toUnit }) => `${from}/${flat(fromUnit, from)} ${to}/${flat(toUnit, to)}`,
      );
      expectClose(
        found.map((edge) => edge.flow),
        keys.map((key) => wanted.get(key) ?? 0),
        close(all),
      );
      // those left out are 0
      for (const key of keys) wanted.delete(key);
      expectClose([...wanted.values()], new Array<number>(wanted.size).fill(0), close(all));
      const sizes = found.map((edge) => Math.abs(edge.flow));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      const top = largestEdges(flow.passes, 3).map((edge) => Math.abs(edge.flow));
      expect(top).toEqual(sizes.slice(0, 3));
      const layers = [...weightLayers(flow.passes.graph.network).keys()];
      const overWeights = layers.map((at) => weightFlow(flow.passes, at).bias.reduce((a, b) => a + b, 0));
      const clipped = flow.layers.some(({ position }) => flow.passes.graph.starts.has(position));
      if (!clipped) expectClose(overWeights, flow.start.biases, close(all));
    }));

  it.each(["residual", "residual-dense"] as const)("%s: paths by the branches that they come through", (body) =>
    law(({ network, flow, all }) => {
      const wanted: number[] = [];
      for (const path of all) {
        const branches = path.steps.filter(([to], i) => {
          const node = network.nodes[to];
          // the tests' bodies name the skip last
          return node?.kind === "sum" && path.steps[i - 1]?.[0] !== node.inputs.at(-1);
        }).length;
        while (wanted.length <= branches) wanted.push(0);
        wanted[branches] = (wanted[branches] ?? 0) + contribution(path);
      }
      expectClose(flow.residualProfile ?? [], wanted, close(all));
    }, body),
  );

  it("has no residual profile without residual sums", () =>
    law(({ flow }) => {
      expect(flow.residualProfile).toBeNull();
    }, "concat"));
});

describe("an input and a reference against the enumeration of all paths (theory 7)", () => {
  const splitLaw = (check: (one: FlowCase & { readonly split: ReturnType<typeof referenceSplit> }) => void): void =>
    law((one) => check({ ...one, split: referenceSplit(one.flow, activate(one.network, one.reference)) }));

  it("kept, gained and lost are sums of paths, and the difference", () =>
    splitLaw(({ flow, split, all }) => {
      const { value, kept, gained, lost } = split;
      expectClose(
        [value, kept, gained, lost],
        [
          sumOver(all, (p) => contribution(p, 1)),
          sumOver(all, (p) => sharedContribution(p, 0) - sharedContribution(p, 1)),
          sumOver(all, (p) => contribution(p, 0) - sharedContribution(p, 0)),
          sumOver(all, (p) => contribution(p, 1) - sharedContribution(p, 1)),
        ],
        close(all),
      );
      expectClose(kept + gained - lost, flow.value - value, close(all));
    }));

  it("the share of mass kept is that of the paths that both leave open", () =>
    splitLaw(({ split, all }) => {
      const mass = massOf(all);
      const wanted = mass === 0 ? 1 : sumOver(all, (p) => Math.abs(sharedContribution(p))) / mass;
      expectClose(split.keptMassShare, wanted, { relative: 1e-11, absolute: 1e-13 });
    }));

  it("by element of the input", () =>
    splitLaw(({ split, ...one }) => {
      expectClose(
        split.keptByInput,
        byInput(one, (p) => sharedContribution(p, 0) - sharedContribution(p, 1)),
        close(one.all),
      );
      expectClose(
        split.gainedByInput,
        byInput(one, (p) => contribution(p, 0) - sharedContribution(p, 0)),
        close(one.all),
      );
      expectClose(
        split.lostByInput,
        byInput(one, (p) => contribution(p, 1) - sharedContribution(p, 1)),
        close(one.all),
      );
    }));

  it("by the first gate that differs", () =>
    splitLaw(({ network, split, all }) => {
      const wanted = new Map<string, readonly [number, number]>();
      for (const path of all) {
        for (const [place, { node, unit }] of path.gates.entries()) {
          const key = `${network.nodes[node]?.name}/${unit}`;
          const [gained, lost] = wanted.get(key) ?? [0, 0];
          wanted.set(key, [gained + atFirstDiffering(path, place, 0), lost + atFirstDiffering(path, place, 1)]);
        }
      }
      const keys = split.gates.map(({ layer, unit }) => `${layer}/${unit}`);
      const listed = split.gates.map(({ gained, lost }) => [gained, lost]);
      expectClose(
        listed,
        keys.map((key) => wanted.get(key) ?? []),
        close(all),
      );
      // those left out are 0
      for (const key of keys) wanted.delete(key);
      expectClose(
        [...wanted.values()].flat(),
        [...wanted.values()].flatMap(() => [0, 0]),
        close(all),
      );
      const sizes = split.gates.map(({ gained, lost }) => Math.abs(gained) + Math.abs(lost));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      const sum = (of: (gate: (typeof split.gates)[number]) => number): number =>
        split.gates.reduce((a, b) => a + of(b), 0);
      expectClose([sum(({ gained }) => gained), sum(({ lost }) => lost)], [split.gained, split.lost], close(all));
    }));
});

describe("what there is none of", () => {
  const { network, inputs } = gatedNetworkOf({
    body: "residual-dense",
    gates: "hard",
    bias: true,
    normalize: false,
    seed: 1,
  });
  const active = activate(network, inputs.data.slice(0, 3));

  it.each([
    { target: { output: 2, against: null }, message: "output 2: expected 0 to 1" },
    { target: { output: 0, against: 5 }, message: "output 5: expected 0 to 1" },
    { target: { output: 1, against: 1 }, message: "output 1 against itself: expected two outputs" },
  ])("$message", ({ target, message }) => expect(errorOf(() => pathFlow(active, target)).message).toBe(message));
});
