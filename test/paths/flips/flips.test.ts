/** Flips against brute force: gates of inputs all along the way, finite differences, inputs on a sphere. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float64, sizeOf } from "../../../src/graph/index.ts";
import { type GatedNetwork, gateOfNode, scalarGate } from "../../../src/network/index.ts";
import { activate, type Flip, flipsAlong, nearestFlips, openGates } from "../../../src/paths/index.ts";
import { randomStream } from "../../../src/random.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { type GatedNetworkCase, gatedNetworkChoices, gatedNetworkOf } from "../../support/gated-networks.ts";
import { propertyRuns } from "../../support/property-runs.ts";

/** Networks of which every gate in front of another one is one number between its flips. */
const drawn = gatedNetworkChoices()
  .filter(({ gates, body }) => gates !== "soft" || body === "shallow")
  .map((choices) => ({ ...choices, case: gatedNetworkOf(choices) }));

const exampleOf = ({ inputs }: GatedNetworkCase, i: number): Float64Array => {
  const size = sizeOf(inputs.shape.slice(1));
  return Float64Array.from(inputs.data.subarray(i * size, (i + 1) * size));
};

/** Every gate and selection of an input by `position:unit`, by the definitions. */
function decisionsOf(network: GatedNetwork, x: Float64Array): ReadonlyMap<string, number> {
  const { values } = activate(network, x);
  const { open, selected } = openGates(network, (position) => values.get(position) ?? []);
  const found = new Map<string, number>();
  for (const map of [open, selected])
    for (const [position, states] of map)
      for (const [unit, state] of states.entries()) found.set(`${position}:${unit}`, state);
  return found;
}

/** Two gates may hang on one value: their flips are told once, at the first of them. */
const toldOf = (flips: readonly Flip[]) => new Set(flips.map(({ position }) => position));

const at = (x: Float64Array, y: Float64Array, t: number): Float64Array =>
  x.map((value, i) => value + t * (y[i]! - value));

describe("flips on the way from one input to another", () => {
  it("are those that inputs all along it show, and no others", () => {
    let seen = 0;
    fc.assert(
      fc.property(drawn, ({ case: one }) => {
        const { network } = one;
        const [x, y] = [exampleOf(one, 0), exampleOf(one, 1)];
        const flips = [...flipsAlong(activate(network, x), x, y)].flatMap(({ flip }) =>
          flip === undefined ? [] : [flip],
        );
        seen += flips.length;
        expect(flips.map((flip) => flip.at)).toEqual(flips.map((flip) => flip.at).sort((a, b) => a - b));
        const places = [0, ...flips.map((flip) => flip.at), 1];
        const times = [
          ...places.slice(1).map((place, i) => (place + places[i]!) / 2),
          ...Array.from({ length: 60 }, (_, i) => (i + 0.5) / 60),
          1,
        ].filter((t) => t === 1 || places.every((place) => Math.abs(place - t) > 1e-9));
        const told = toldOf(flips);
        const before = decisionsOf(network, x);
        const states = new Map(before);
        let done = 0;
        for (const t of times.sort((a, b) => a - b)) {
          for (; done < flips.length && flips[done]!.at <= t; done++) {
            const { position, unit, from, to } = flips[done]!;
            expect(states.get(`${position}:${unit}`)).toBe(from);
            states.set(`${position}:${unit}`, to);
          }
          const here = decisionsOf(network, at(x, y, t));
          for (const [place, state] of here) {
            const isTold = told.has(Number(place.split(":")[0]));
            // rounding decides at the end itself
            if (isTold && t < 1) expect(states.get(place), `${place} at ${t}`).toBe(state);
            if (!isTold) expect(before.get(place), `${place} at ${t}, never told`).toBe(state);
          }
        }
      }),
      { numRuns: propertyRuns(80) },
    );
    expect(seen).toBeGreaterThan(100);
  });

  it("are none between an input and itself", () => {
    const one = gatedNetworkOf({ body: "residual", gates: "hard", bias: true, normalize: true, seed: 3 });
    const x = exampleOf(one, 0);
    expect([...flipsAlong(activate(one.network, x), x, x)]).toEqual([]);
  });

  it("come to the origin at its end, where no gate without a bias is on", () => {
    const one = gatedNetworkOf({ body: "residual-dense", gates: "hard", bias: false, normalize: false, seed: 5 });
    const x = exampleOf(one, 0);
    const { gates } = activate(one.network, x);
    const on = [...gates.values()].reduce((sum, values) => sum + values.filter((value) => value > 0).length, 0);
    const flips = [...flipsAlong(activate(one.network, x), x, new Float64Array(x.length))];
    expect(flips.map(({ at: place, flip }) => [place, flip?.to])).toEqual(Array.from({ length: on }, () => [1, 0]));
  });

  it("are not told where a soft gate decides further ones", () => {
    const one = gatedNetworkOf({ body: "residual-dense", gates: "soft", bias: true, normalize: false, seed: 5 });
    const x = exampleOf(one, 0);
    expect(errorOf(() => [...flipsAlong(activate(one.network, x), x, exampleOf(one, 1))])).toEqual({
      message: `gates of layer "gate-2", which are soft and decide further ones: expected gates that stay as they are between two flips`,
      hint: "ask a network of hard, leaky or clipped gates, or one whose soft gates decide nothing",
    });
  });
});

/** The end of a generator. */
function resultOf<T>(generator: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = generator.next();
    if (done === true) return value;
  }
}

describe("distance to the nearest flip", () => {
  it("of every gate is that of its pre-activation by its slope, by finite differences", () => {
    fc.assert(
      fc.property(drawn, ({ case: one }) => {
        const { network } = one;
        const x = exampleOf(one, 0);
        const active = activate(network, x);
        const layers = resultOf(nearestFlips(active));
        const least = Math.min(...layers.flatMap(({ distances }) => [...distances]));
        const h = Math.min(1e-4, least / 4);
        // next to a flip no difference is the slope
        if (h < 1e-6) return;
        for (const { position, distances, to } of layers) {
          const node = network.nodes[position];
          const gate = gateOfNode(node);
          if (to !== undefined || gate === undefined) continue;
          const moved = Array.from(x, (_, i) =>
            [h, -h].map((by) =>
              activate(
                network,
                x.map((value, j) => (i === j ? value + by : value)),
              ).values.get(gate.by),
            ),
          );
          const q = active.values.get(gate.by) ?? expect.fail();
          const expected = Array.from(q, (value, unit) => {
            const slope = Math.hypot(...moved.map(([up, down]) => (up![unit]! - down![unit]!) / (2 * h)));
            const to = (scalarGate(gate.rule).flipsAt ?? [{ q: 0 }]).map((place) => Math.abs(value - place.q));
            return slope < 1e-9 ? Number.POSITIVE_INFINITY : Math.min(...to) / slope;
          });
          expect(Array.from(distances, (far) => far === Number.POSITIVE_INFINITY)).toEqual(
            expected.map((far) => far === Number.POSITIVE_INFINITY),
          );
          const finite = (numbers: Iterable<number>) =>
            [...numbers].filter((number) => number < Number.POSITIVE_INFINITY);
          expectClose(finite(distances), finite(expected), { relative: 1e-5, absolute: 1e-9 });
        }
      }),
      { numRuns: propertyRuns(30) },
    );
  });

  it("is where the first gate or selection flips, and none before", () => {
    fc.assert(
      fc.property(drawn, ({ case: one, seed }) => {
        const { network } = one;
        const x = exampleOf(one, 0);
        const layers = resultOf(nearestFlips(activate(network, x)));
        const least = Math.min(...layers.flatMap(({ distances }) => [...distances]));
        if (least < 1e-6 || least === Number.POSITIVE_INFINITY) return;
        const before = decisionsOf(network, x);
        let nearest = Number.POSITIVE_INFINITY;
        // the first flip of the walks along many directions is no nearer, and the best of them comes close
        for (let i = 0; i < 40; i++) {
          const direction = randomStream(seed, "direction", i).normal(x.length);
          const length = Math.hypot(...direction);
          const to = x.map((value, j) => value + (direction[j]! / length) * 100 * least);
          const first = flipsAlong(activate(network, x), x, to).next().value;
          if (first) nearest = Math.min(nearest, first.at * 100 * least);
          const inside = x.map((value, j) => value + (direction[j]! / length) * least * 0.999);
          expect(decisionsOf(network, inside)).toEqual(before);
        }
        expect(nearest).toBeGreaterThanOrEqual(least * (1 - 1e-9));
      }),
      { numRuns: propertyRuns(15) },
    );
  });

  it("of selections is half of the way of a difference of two", () => {
    const network: GatedNetwork = {
      nodes: [
        { kind: "input", name: "x", shape: [1, 1, 2] },
        {
          ...{ kind: "max-pool", name: "pool", shape: [1, 1, 1], input: 0, selectedBy: 0 },
          window: { kernel: [1, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
        },
        { kind: "rearrange", name: "flat", shape: [1], input: 1, from: undefined },
        { kind: "dense", name: "y", shape: [1], input: 2, weight: float64([1, 1], [1]), bias: undefined },
      ],
      output: 3,
    };
    const [layer] = resultOf(nearestFlips(activate(network, [3, 1])));
    // (3, 1) to the line x₁ = x₂
    expect(layer).toMatchObject({ position: 1 });
    expectClose(layer?.distances ?? [], [Math.SQRT2], { relative: 1e-15 });
    expect(Array.from(layer?.to ?? [])).toEqual([1]);
    const flips = [...flipsAlong(activate(network, [3, 1]), [3, 1], [1, 2])];
    expect(flips).toEqual([
      { at: 2 / 3, flip: { at: 2 / 3, position: 1, kind: "selection", unit: 0, from: 0, to: 1 } },
    ]);
  });
});
