import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { type GatedNetwork, weightLayers } from "../../src/network/index.ts";
import { bundleBounds } from "../../src/paths/bundle-options.ts";
import { activate, type Bundle, largestBundles } from "../../src/paths/index.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkChoices, gatedNetworkOf } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { enumerateBundles } from "./bundles.reference.ts";

const law = (
  check: (drawn: {
    readonly network: GatedNetwork;
    readonly input: Float64Array;
    readonly output: number;
    readonly all: ReturnType<typeof enumerateBundles>;
  }) => void,
  numRuns = 60,
): void =>
  fc.assert(
    fc.property(
      fc.record({ choices: gatedNetworkChoices(), example: fc.nat(2), output: fc.nat(1) }),
      ({ choices, example, output }) => {
        const { network, inputs } = gatedNetworkOf(choices);
        const size = sizeOf(inputs.shape.slice(1));
        const input = inputs.data.slice(example * size, (example + 1) * size);
        check({ network, input, output, all: enumerateBundles(network, input, output) });
      },
    ),
    { numRuns: propertyRuns(numRuns), seed: 11 },
  );

/** As the reference names it. */
function keyOf(network: GatedNetwork, { weights, start }: Bundle): string {
  const positionOf = (layer: number): number => [...weightLayers(network)].find(([, one]) => one === layer)?.[0] ?? -1;
  const words = weights.map(
    ({ layer, from, to, offset }) =>
      `${positionOf(layer)}:${from}>${to}${offset === null ? "" : `(${offset[0]},${offset[1]})`}`,
  );
  switch (start.kind) {
    case "input":
      return ["input", ...words].join(" ");
    case "bias":
      return [`bias ${positionOf(start.layer)}:${start.channel}`, ...words].join(" ");
    case "saturation":
      return [`saturation behind ${start.layer}`, ...words].join(" ");
  }
}

describe("the largest bundles", () => {
  // without a start from the largest paths and without dives, what is found depends on the bounds alone
  it.each([
    { k: 1, options: { seedPaths: 0, dives: 0 } },
    { k: 3, options: { seedPaths: 0, dives: 0 } },
    { k: 60, options: {} },
  ])("the $k best are those of the enumeration", ({ k, options }) =>
    law(({ network, input, output, all }) => {
      const mass = all.reduce((sum, { contribution }) => sum + Math.abs(contribution), 0);
      const close = { relative: 1e-11, absolute: 1e-14 * mass };
      const { bundles, exact, othersAtMost } = largestBundles(activate(network, input), output, k, options);
      expect(exact).toBe(true);
      const wanted = all
        .map(({ contribution }) => Math.abs(contribution))
        .sort((a, b) => b - a)
        .filter((size) => size > 1e-13 * mass);
      const found = bundles.filter(({ contribution }) => Math.abs(contribution) > 1e-13 * mass);
      expectClose(
        found.map(({ contribution }) => Math.abs(contribution)),
        wanted.slice(0, k),
        close,
      );
      expectClose(othersAtMost, wanted.length < k ? 0 : (wanted[k - 1] ?? 0), { ...close, absolute: 1e-12 * mass });
      // each is a bundle of the network, with its paths, and none comes twice
      const known = new Map(all.map((bundle) => [bundle.key, bundle]));
      const seen = bundles.map((bundle) => keyOf(network, bundle));
      expect(new Set(seen).size).toBe(bundles.length);
      for (const [i, { contribution, paths, positions }] of bundles.entries()) {
        const same = known.get(seen[i] ?? "");
        expectClose(contribution, same?.contribution ?? Number.NaN, close);
        expect({ paths, positions }).toEqual({ paths: same?.paths, positions: same?.positions });
      }
    }),
  );

  it("saturated units of two gates behind one weight layer start one bundle, theirs added up", () => {
    const one = (value: number) => float64([1], [value]);
    const clipped = { kind: "clipped", ceiling: 1 } as const;
    // the pre-activation is 3: both gates are saturated
    const network: GatedNetwork = {
      nodes: [
        { kind: "input", name: "x", shape: [1] },
        { kind: "dense", name: "q", shape: [1], input: 0, weight: float64([1, 1], [3]), bias: undefined },
        { kind: "gate", name: "first", shape: [1], input: 1, gatedBy: 1, rule: clipped },
        { kind: "gate", name: "second", shape: [1], input: 1, gatedBy: 1, rule: { ...clipped, ceiling: 2 } },
        { kind: "sum", name: "sum", shape: [1], inputs: [2, 3] },
        { kind: "dense", name: "y", shape: [1], input: 4, weight: float64([1, 1], [5]), bias: one(-1) },
      ],
      output: 5,
    };
    const { bundles, exact } = largestBundles(activate(network, [1]), 0, 10);
    expect(exact).toBe(true);
    const weights = [{ layer: 2, from: 0, to: 0, offset: null }];
    expect(bundles.map(({ log2Contribution: _, ...bundle }) => bundle)).toEqual([
      { contribution: 15, weights, start: { kind: "saturation", layer: 1 }, paths: 2, positions: 2 },
      { contribution: -1, weights: [], start: { kind: "bias", layer: 2, channel: 0 }, paths: 1, positions: 1 },
    ]);
  });

  it("no bundle is above its bound", () =>
    law(({ network, input, output, all }) => {
      const end = bundleBounds(activate(network, input)).get(network.output);
      const bound = (end?.totals[output] ?? Number.NaN) * 2 ** (end?.exponent ?? 0);
      for (const { contribution } of all) expect(Math.abs(contribution)).toBeLessThanOrEqual(bound * (1 + 1e-12));
    }));

  it("all of them sum to the logit", () =>
    law(({ network, input, output, all }) => {
      const active = activate(network, input);
      const { bundles } = largestBundles(active, output, all.length + 1);
      const mass = bundles.reduce((sum, { contribution }) => sum + Math.abs(contribution), 0);
      expectClose(
        bundles.reduce((sum, { contribution }) => sum + contribution, 0),
        active.logits[output] ?? Number.NaN,
        { relative: 1e-11, absolute: 1e-13 + 1e-12 * mass },
      );
    }));

  it("a search that ends early says what may be left, and that is so", () =>
    law(({ network, input, output, all }) => {
      const { bundles, othersAtMost } = largestBundles(activate(network, input), output, 3, { edges: 0 });
      const known = new Set(bundles.map((bundle) => keyOf(network, bundle)));
      const others = all.filter(({ key }) => !known.has(key));
      const missed = Math.max(0, ...others.map(({ contribution }) => Math.abs(contribution)));
      expect(missed).toBeLessThanOrEqual(othersAtMost * (1 + 1e-11) + 1e-15);
    }));

  it("holds far beyond the range of float64", () => {
    const { network, inputs } = gatedNetworkOf({
      body: "conv-gap",
      gates: "feature-hard",
      bias: false,
      normalize: false,
      seed: 5,
    });
    const tiny = (factor: number): GatedNetwork => ({
      ...network,
      nodes: network.nodes.map((node) =>
        (node.kind === "dense" || node.kind === "convolution") && node.name.startsWith("value.")
          ? {
              ...node,
              weight: float64(
                node.weight.shape,
                Float64Array.from(node.weight.data, (w) => w * factor),
              ),
            }
          : node,
      ),
    });
    const input = inputs.data.slice(0, 16);
    const [plainly, deeply] = [1, 2 ** -400].map((factor) => largestBundles(activate(tiny(factor), input), 0, 4));
    expect(plainly?.bundles).toHaveLength(4);
    expect(deeply?.bundles.map(({ weights }) => weights)).toEqual(plainly?.bundles.map(({ weights }) => weights));
    expectClose(
      deeply?.bundles.map(({ log2Contribution }) => log2Contribution + 1600) ?? [],
      plainly?.bundles.map(({ log2Contribution }) => log2Contribution) ?? [],
      { relative: 0, absolute: 1e-9 },
    );
  });

  it("says which output is missing", () => {
    const { network, inputs } = gatedNetworkOf({
      body: "conv-gap",
      gates: "hard",
      bias: true,
      normalize: false,
      seed: 1,
    });
    expect(errorOf(() => largestBundles(activate(network, inputs.data.slice(0, 16)), 2, 1))).toEqual({
      message: "output 2: expected 0 to 1",
      hint: "outputs are counted from 0",
    });
  });
});
