import { describe, expect, it } from "vitest";
import { float64 } from "../../src/graph/index.ts";
import type { GatedNetwork, GatedNode } from "../../src/network/index.ts";
import {
  activate,
  countActivePaths,
  giniIndex,
  kBestPaths,
  lorenzCurve,
  type Path,
  pathNorm,
  pathStatistics,
  samplePaths,
} from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkOf } from "../support/gated-networks.ts";
import { enumeratePaths } from "./enumerate.reference.ts";

const CASES = (["dense", "conv-gap", "residual-dense", "max-pool"] as const).map((body) => {
  const { network, inputs } = gatedNetworkOf({ body, gates: "leaky", bias: true, normalize: false, seed: 3 });
  const input = inputs.data.slice(0, inputs.data.length / 3);
  return { body, network, input, active: activate(network, input) };
});

const nameOf = ({ units, layers }: Path): string => JSON.stringify([units, layers]);

describe("sampled paths", () => {
  it.each(CASES)("$body: frequencies are the shares of the mass", ({ active }) => {
    const { absoluteMass, log2ContributingPaths } = pathStatistics(active, 1);
    const shares = new Map<string, number>();
    for (const path of kBestPaths(active, 1, Math.round(2 ** log2ContributingPaths))) {
      const share = Math.abs(path.contribution) / absoluteMass;
      shares.set(nameOf(path), (shares.get(nameOf(path)) ?? 0) + share);
    }
    const draws = 20_000;
    const counts = new Map<string, number>();
    for (const path of samplePaths(active, 1, draws, randomStream(0, "paths"))) {
      counts.set(nameOf(path), (counts.get(nameOf(path)) ?? 0) + 1);
    }
    expect([...counts.keys()].filter((name) => !shares.has(name))).toEqual([]);
    // rare paths make one class; each class is expected at least 20 times
    const frequent = [...shares].filter(([, share]) => share * draws >= 20);
    const rest = 1 - frequent.reduce((sum, [, share]) => sum + share, 0);
    const seen = frequent.reduce((sum, [name]) => sum + (counts.get(name) ?? 0), 0);
    const squares = frequent.map(([name, share]) => ((counts.get(name) ?? 0) - share * draws) ** 2 / (share * draws));
    const all = rest * draws >= 5 ? [...squares, (draws - seen - rest * draws) ** 2 / (rest * draws)] : squares;
    const freedom = all.length - 1;
    const chiSquare = all.reduce((sum, one) => sum + one, 0);
    // mean `freedom`, variance `2 · freedom`: five deviations
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });

  it("draws none where nothing contributes, and the same ones from the same stream", () => {
    const [first] = CASES;
    const drawn = () => samplePaths(first?.active ?? expect.fail(), 0, 5, randomStream(1, "paths"));
    expect(drawn()).toEqual(drawn());
    const { network } = gatedNetworkOf({ body: "shallow", gates: "hard", bias: false, normalize: false, seed: 1 });
    expect(samplePaths(activate(network, [0, 0, 0]), 0, 5, randomStream(1, "paths"))).toEqual([]);
  });

  it.each(CASES)(
    "$body: Lorenz curve and Gini index estimate those of the enumeration",
    ({ network, input, active }) => {
      const sorted = enumeratePaths(network, input, 1)
        .map(({ contribution }) => Math.abs(contribution))
        .filter((one) => one > 0)
        .sort((a, b) => a - b);
      const mass = sorted.reduce((sum, one) => sum + one, 0);
      // the mean of |a − b| over pairs, by ranks
      const gini =
        sorted.reduce((sum, one, i) => sum + (2 * (i + 1) - sorted.length - 1) * one, 0) / mass / sorted.length;
      const statistics = pathStatistics(active, 1);
      const curve = lorenzCurve(samplePaths(active, 1, 20_000, randomStream(5, "paths")), {
        log2Mass: statistics.log2AbsoluteMass,
        log2Contributing: statistics.log2ContributingPaths,
      });
      expectClose(giniIndex(curve), gini, { relative: 0, absolute: 0.02 });
    },
  );
});

describe("a hundred layers", () => {
  const width = 8;
  /** Dense ReLU layers whose weights are all `weight`, so every path's contribution is known. */
  const deep = (depth: number, weight: number, bias: number | undefined): GatedNetwork => {
    const nodes: GatedNode[] = [{ kind: "input", name: "input", shape: [width] }];
    for (let layer = 1; layer <= depth; layer++) {
      const units = layer === depth ? 1 : width;
      const position = nodes.push({
        kind: "dense",
        name: `dense${layer}`,
        shape: [units],
        input: nodes.length - 1,
        weight: float64([width, units], new Float64Array(width * units).fill(weight)),
        bias: bias === undefined ? undefined : float64([units], new Float64Array(units).fill(bias)),
      });
      if (layer < depth) {
        const rule = { kind: "hard" } as const;
        nodes.push({
          kind: "gate",
          name: `gate${layer}`,
          shape: [units],
          input: position - 1,
          gatedBy: position - 1,
          rule,
        });
      }
    }
    return { nodes, output: nodes.length - 1 };
  };
  const ones = new Float64Array(width).fill(1);

  // single contributions, or their squares, lie beyond float64; the sums that are a unit's value do not
  it.each([5e-4, 100])("weights of %f neither vanish nor overflow", (weight) => {
    const depth = 100;
    const active = activate(deep(depth, weight, undefined), ones);
    const statistics = pathStatistics(active, 0);
    const log2Contribution = depth * Math.log2(weight);
    const log2Paths = 3 * depth;
    expect(statistics.paths).toBe(8n ** 100n);
    expect(statistics.activePaths).toBe(8n ** 100n);
    expectClose(statistics.log2ContributingPaths, log2Paths, { relative: 1e-12 });
    expectClose(statistics.log2AbsoluteMass, log2Paths + log2Contribution, { relative: 1e-11, absolute: 1e-9 });
    expectClose(statistics.entropy, log2Paths * Math.LN2, { relative: 1e-9 });
    expectClose(Math.log2(statistics.participation), log2Paths, { relative: 1e-11 });
    expectClose(pathNorm(active.network, 2).log2, log2Paths / 2 + log2Contribution, {
      relative: 1e-11,
      absolute: 1e-9,
    });
    const [best] = kBestPaths(active, 0, 3);
    expectClose(best?.log2Contribution ?? 0, log2Contribution, { relative: 1e-12 });
    expectClose(best?.contribution ?? Number.NaN, 2 ** log2Contribution, { relative: 1e-9 });
    const [drawn] = samplePaths(active, 0, 2, randomStream(0, "paths"));
    expectClose(drawn?.log2Contribution ?? 0, log2Contribution, { relative: 1e-12 });
  });

  it("a late bias counts beside paths that have all but vanished", () => {
    const active = activate(deep(100, 1e-6, 1e-3), ones);
    const [best, second] = kBestPaths(active, 0, 2);
    expect(best).toMatchObject({ units: [0], startsAtBiasOfLayer: 100 });
    expectClose(second?.contribution ?? 0, 1e-9, { relative: 1e-5 });
    expect(countActivePaths(active, 0)).toBe(
      Array.from({ length: 101 }, (_, l) => 8n ** BigInt(l)).reduce((sum, count) => sum + count, 0n),
    );
  });
});
