/** Regions of the plane against networks whose lines are known, and against gates of inputs all over the section. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float64, sizeOf } from "../../../src/graph/index.ts";
import type { GatedNetwork, GatedNode } from "../../../src/network/index.ts";
import { activate, openGates, type PlaneRegions, type PlaneSection, planeRegions } from "../../../src/paths/index.ts";
import { randomStream } from "../../../src/random.ts";
import { errorOf } from "../../support/error-of.ts";
import { gatedNetworkChoices, gatedNetworkOf } from "../../support/gated-networks.ts";

const regionsOf = (network: GatedNetwork, section: PlaneSection): PlaneRegions => {
  const cells = planeRegions(network, section);
  for (;;) {
    const next = cells.next();
    if (next.done === true) return next.value;
  }
};

const cornersOf = ({ corners, from }: PlaneRegions, region: number): readonly (readonly [number, number])[] =>
  Array.from({ length: from[region + 1]! - from[region]! }, (_, i) => {
    const at = 2 * (from[region]! + i);
    return [corners[at]!, corners[at + 1]!];
  });

/** Twice the signed area left of each edge, as seen from a point; all of one sign within. */
const areas = (corners: readonly (readonly [number, number])[], s: number, t: number): readonly number[] =>
  corners.map(([s1, t1], i) => {
    const [s2, t2] = corners[(i + 1) % corners.length] ?? [0, 0];
    return (s1 - s) * (t2 - t) - (s2 - s) * (t1 - t);
  });

const areaOf = (found: PlaneRegions, region: number): number =>
  areas(cornersOf(found, region), 0, 0).reduce((sum, one) => sum + one, 0) / 2;

const gatesOf = ({ gates, from }: PlaneRegions, region: number): string => {
  const units = gates.length / (from.length - 1);
  return gates.slice(region * units, (region + 1) * units).join("");
};

const regionAt = (found: PlaneRegions, s: number, t: number, slack = 0): number =>
  Array.from({ length: found.from.length - 1 }, (_, i) => i).findIndex((region) =>
    areas(cornersOf(found, region), s, t).every((one) => one >= -slack),
  );

/** Two inputs, layers of dense weights `[in, out]` and biases, ReLU between them. */
function reluNetwork(...layers: readonly (readonly [readonly number[], readonly number[]])[]): GatedNetwork {
  const nodes: GatedNode[] = [{ kind: "input", name: "input", shape: [2] }];
  let width = 2;
  for (const [i, [weight, bias]] of layers.entries()) {
    const units = bias.length;
    const at = nodes.length;
    nodes.push({
      ...{ kind: "dense", name: `dense-${i + 1}`, shape: [units], input: at - 1 },
      ...{ weight: float64([width, units], weight), bias: float64([units], bias) },
    });
    if (i + 1 < layers.length)
      nodes.push({
        kind: "gate",
        name: `gate-${i + 1}`,
        shape: [units],
        input: at,
        gatedBy: at,
        rule: { kind: "hard" },
      });
    width = units;
  }
  return { nodes, output: nodes.length - 1 };
}

const SQUARE: PlaneSection = {
  origin: Float64Array.of(-1, -1),
  across: Float64Array.of(2, 0),
  up: Float64Array.of(0, 2),
};

describe("regions of a plane", () => {
  it("of two lines are four, with their areas; a second layer bends where it crosses the first", () => {
    // x > 0.5, y > 0; then max(x − 0.5, 0) + max(y, 0) > 0.25: a line only where a gate is open
    const network = reluNetwork(
      [
        [1, 0, 0, 1],
        [-0.5, 0],
      ],
      [[1, 1], [-0.25]],
      [[1], [0]],
    );
    const found = regionsOf(network, SQUARE);
    const byGates = new Map(Array.from({ length: 7 }, (_, i) => [gatesOf(found, i), 4 * areaOf(found, i)]));
    expect(found.from.length - 1).toBe(7);
    const expected = {
      "000": 1.5,
      "100": 0.25,
      "101": 0.25,
      "010": 0.375,
      "011": 1.125,
      "110": 1 / 32,
      "111": 0.5 - 1 / 32,
    };
    expect(byGates.size).toBe(7);
    for (const [gates, area] of Object.entries(expected)) expect(byGates.get(gates), gates).toBeCloseTo(area, 12);
    const bent = found.lines.filter(({ layer }) => layer === 1).map(({ ends }) => ends.map((one) => 2 * one - 1));
    // in the data's units: along y = 0.25, down the diagonal, along x = 0.75
    for (const [x1, y1, x2, y2] of [
      [-1, 0.25, 0.5, 0.25],
      [0.5, 0.25, 0.75, 0],
      [0.75, 0, 0.75, -1],
    ] as const) {
      const isSame = (ends: readonly number[]): boolean =>
        [
          [x1, y1, x2, y2],
          [x2, y2, x1, y1],
        ].some((way) => way.every((one, i) => Math.abs(one - (ends[i] ?? 9)) < 1e-12));
      expect(bent.filter(isSame)).toHaveLength(1);
    }
    expect(bent).toHaveLength(3);
  });

  it("of lines that all pass one point are as many as sectors", () => {
    const angles = Array.from({ length: 9 }, (_, i) => 0.1 + (Math.PI * i) / 9);
    const weight = [...angles.map(Math.cos), ...angles.map(Math.sin)];
    const found = regionsOf(reluNetwork([weight, angles.map(() => 0)], [angles.map(() => 1), [0]]), SQUARE);
    expect(found.from.length - 1).toBe(18);
  });

  it("hold everywhere what the gates of inputs are there, and fill the section", () => {
    let seen = 0;
    const drawn = gatedNetworkChoices().filter(({ gates, body }) => gates !== "soft" || body === "shallow");
    fc.assert(
      fc.property(drawn, (choices) => {
        const { network, inputs } = gatedNetworkOf(choices);
        const size = sizeOf(inputs.shape.slice(1));
        const example = (i: number): Float64Array => Float64Array.from(inputs.data.subarray(i * size, (i + 1) * size));
        const [origin, second, third] = [example(0), example(1), example(2)];
        const from = (x: Float64Array): Float64Array => x.map((value, i) => value - origin[i]!);
        const section = { origin, across: from(second), up: from(third) };
        if (network.nodes.some(({ kind }) => kind === "max-pool")) {
          expect(errorOf(() => regionsOf(network, section)).message).toMatch(/^maxima of layer .*: expected a network/);
          return;
        }
        const found = regionsOf(network, section);
        const count = found.from.length - 1;
        seen += count;
        const areas = Array.from({ length: count }, (_, i) => areaOf(found, i));
        expect(areas.every((area) => area > 0)).toBe(true);
        expect(areas.reduce((sum, area) => sum + area, 0)).toBeCloseTo(1, 9);
        const places = randomStream(choices.seed, "places").uniform(40, 0, 1);
        for (let i = 0; i < places.length; i += 2) {
          const [s, t] = [places[i]!, places[i + 1]!];
          // no line within 1e-9
          const region = regionAt(found, s, t, -1e-9);
          if (region < 0) continue;
          const { values } = activate(
            network,
            origin.map((x, j) => x + s * section.across[j]! + t * section.up[j]!),
          );
          const { open } = openGates(network, (position) => values.get(position) ?? []);
          const gates = found.layers.map(({ position }) => (open.get(position) ?? new Uint8Array()).join("")).join("");
          expect(gatesOf(found, region)).toBe(gates);
        }
      }),
      { numRuns: 40 },
    );
    expect(seen).toBeGreaterThan(200);
  });
});
