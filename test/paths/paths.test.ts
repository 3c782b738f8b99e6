import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float64, sizeOf } from "../../src/graph/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  gatedNetwork,
  outputCount,
  REGIMES,
  weightLayers,
} from "../../src/network/index.ts";
import {
  activate,
  countActivePaths,
  countPaths,
  kBestPaths,
  type Path,
  pathNorm,
  pathStatistics,
  type Unit,
} from "../../src/paths/index.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { BODY_NAMES, GATE_KINDS, gatedNetworkChoices, gatedNetworkOf } from "../support/gated-networks.ts";
import { oracles } from "../support/oracle.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { type EnumeratedPath, enumeratedLogits, enumeratePaths } from "./enumerate.reference.ts";

/** A case, one of its examples and outputs, and all paths there. */
const enumeratedCase = () =>
  fc
    .record({ choices: gatedNetworkChoices(), example: fc.nat(2), output: fc.nat(1) })
    .map(({ choices, example, output }) => {
      const { network, inputs } = gatedNetworkOf(choices);
      const size = sizeOf(inputs.shape.slice(1));
      const input = inputs.data.slice(example * size, (example + 1) * size);
      return { network, input, output };
    });

const law = (check: (drawn: ReturnType<typeof withPaths>) => void): void =>
  fc.assert(
    fc.property(enumeratedCase(), (drawn) => check(withPaths(drawn))),
    { numRuns: propertyRuns(150), seed: 7 },
  );

function withPaths(drawn: { readonly network: GatedNetwork; readonly input: Float64Array; readonly output: number }) {
  return { ...drawn, all: enumeratePaths(drawn.network, drawn.input, drawn.output) };
}

const sumOver = (all: readonly EnumeratedPath[], of: (path: EnumeratedPath) => number): number =>
  all.reduce((sum, path) => sum + of(path), 0);

/** Sums of many terms: a few thousand roundings, and cancellation between signs. */
const tolerance = (all: readonly EnumeratedPath[]) => ({
  relative: 1e-12,
  absolute: 1e-14 + 1e-13 * sumOver(all, ({ contribution }) => Math.abs(contribution)),
});

describe("passes against the enumeration of all paths (theory 2.7 to 2.11)", () => {
  it("evaluates the network", () =>
    law(({ network, input }) =>
      expectClose(activate(network, input).logits, enumeratedLogits(network, input), {
        relative: 1e-12,
        absolute: 1e-13,
      }),
    ));

  it("the logit is the sum over all paths", () =>
    law(({ network, input, output, all }) => {
      const { logit, sum } = pathStatistics(activate(network, input), output);
      const wanted = sumOver(all, ({ contribution }) => contribution);
      expectClose([logit, sum], [wanted, wanted], tolerance(all));
    }));

  it("counts paths and active paths", () =>
    law(({ network, input, output, all }) => {
      expect(countPaths(network, output)).toBe(BigInt(all.length));
      expect(countActivePaths(activate(network, input), output)).toBe(
        BigInt(all.filter(({ active }) => active).length),
      );
    }));

  it("masses, participation and entropy", () =>
    law(({ network, input, output, all }) => {
      const statistics = pathStatistics(activate(network, input), output);
      const positive = sumOver(all, ({ contribution }) => Math.max(contribution, 0));
      const negative = sumOver(all, ({ contribution }) => Math.max(-contribution, 0));
      const mass = positive + negative;
      const close = tolerance(all);
      expectClose(statistics.absoluteMass, mass, close);
      expectClose([statistics.positiveMass, statistics.negativeMass], [positive, negative], close);
      if (mass === 0) {
        expect(statistics).toMatchObject({ participation: 0, entropy: 0, effectivePaths: 0 });
        return;
      }
      const shares = all.map(({ contribution }) => Math.abs(contribution) / mass).filter((share) => share > 0);
      const entropy = -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
      const squares = shares.reduce((sum, share) => sum + share ** 2, 0);
      expectClose(statistics.participation, 1 / squares, { relative: 1e-11 });
      expectClose(statistics.entropy, entropy, { relative: 1e-10, absolute: 1e-12 });
      expectClose(statistics.effectivePaths, Math.exp(entropy), { relative: 1e-10 });
      expectClose(2 ** statistics.log2ContributingPaths, shares.length, { relative: 1e-12 });
    }));

  it("path-norms", () =>
    law(({ network, output, all }) => {
      const weights = all.filter(({ startsAtSaturation }) => !startsAtSaturation);
      expectClose(
        pathNorm(network, 1, output).norm,
        sumOver(weights, ({ value }) => Math.abs(value)),
        {
          relative: 1e-11,
        },
      );
      expectClose(pathNorm(network, 2, output).norm, Math.sqrt(sumOver(weights, ({ value }) => value ** 2)), {
        relative: 1e-11,
      });
    }));
});

describe("the largest paths", () => {
  it.each([1, 7, 100])("the %i best are those of the enumeration", (k) =>
    law(({ network, input, output, all }) => {
      const wanted = all
        .filter(({ contribution }) => contribution !== 0)
        .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
      const found = kBestPaths(activate(network, input), output, k);
      const magnitudes = wanted.slice(0, k).map(({ contribution }) => Math.abs(contribution));
      expectClose(
        found.map(({ contribution }) => Math.abs(contribution)),
        magnitudes,
        { relative: 1e-12 },
      );
      // each is a path of the network with that contribution, and none comes twice
      const known = contributionsByUnits(network, wanted);
      const seen = new Map<string, number>();
      for (const path of found) {
        const key = keyOf(path);
        const nth = seen.get(key) ?? 0;
        seen.set(key, nth + 1);
        expectClose(path.contribution, known.get(key)?.[nth] ?? Number.NaN, { relative: 1e-12 });
      }
    }),
  );

  it("finds every path where k is more than there are", () =>
    law(({ network, input, output, all }) => {
      const contributing = all.filter(({ contribution }) => contribution !== 0).length;
      expect(kBestPaths(activate(network, input), output, all.length + 5)).toHaveLength(contributing);
    }));

  it("breaks ties by the units", () => {
    const { network } = gatedNetworkOf({ body: "shallow", gates: "hard", bias: false, normalize: false, seed: 1 });
    const ones: GatedNetwork = {
      ...network,
      nodes: network.nodes.map(
        (node): GatedNode =>
          node.kind === "dense"
            ? { ...node, weight: float64(node.weight.shape, new Float64Array(node.weight.data.length).fill(1)) }
            : node,
      ),
    };
    const found = kBestPaths(activate(ones, [1, -1, 1]), 1, 5);
    expect(found.map(({ units, contribution }) => [units, contribution])).toEqual([
      [[0, 0, 1], 1],
      [[0, 1, 1], 1],
      [[0, 2, 1], 1],
      [[0, 3, 1], 1],
      [[1, 0, 1], -1],
    ]);
  });

  it("says which output is missing", () => {
    const { network, inputs } = gatedNetworkOf({
      body: "shallow",
      gates: "hard",
      bias: true,
      normalize: false,
      seed: 1,
    });
    expect(errorOf(() => kBestPaths(activate(network, inputs.data.slice(0, 3)), 2, 1))).toEqual({
      message: "output 2: expected 0 to 1",
      hint: "outputs are counted from 0",
    });
    expect(errorOf(() => activate(network, [1, 2]))).toEqual({
      message: "an example of 2 elements: expected 3, the shape [3]",
      hint: "give one example at a time, as the network has it",
    });
  });
});

/** Contributions of paths with the same units (they differ by parallel edges), largest magnitude first. */
function contributionsByUnits(network: GatedNetwork, all: readonly EnumeratedPath[]): Map<string, number[]> {
  const layers = weightLayers(network);
  const found = new Map<string, number[]>();
  for (const { steps, contribution, startsAtSaturation } of all) {
    const [first = [0, 0] as const] = steps;
    const inLayers = steps.filter(([node]) => layers.has(node));
    const named = layers.has(first[0]) ? inLayers : [first, ...inLayers];
    const units = named.map(([node, unit]) => unitIn(network.nodes[node]?.shape ?? [], unit));
    const key = JSON.stringify([units, layers.get(first[0]) ?? null, startsAtSaturation]);
    found.set(key, [...(found.get(key) ?? []), contribution]);
  }
  return found;
}

const keyOf = ({ units, startsAtBiasOfLayer, start }: Path): string =>
  JSON.stringify([units, startsAtBiasOfLayer, start.kind === "saturation"]);

function unitIn([channels = 0, rows = 0, columns]: readonly number[], unit: number): Unit {
  if (columns === undefined) return unit;
  const index = Array.from({ length: channels * rows * columns }, (_, i) => i).indexOf(unit);
  return [Math.floor(index / rows / columns), Math.floor(index / columns) % rows, index % columns];
}

describe("golden values of brute force", () => {
  const cases = oracles("fc-relu").flatMap((oracle) =>
    oracle.paths_of_first_example === undefined ? [] : [{ oracle, wanted: oracle.paths_of_first_example }],
  );
  // the oracles' weights are read as float32
  const FLOAT32 = { relative: 2e-5, absolute: 1e-7 };

  it.each(cases)("$oracle.name", ({ oracle, wanted }) => {
    const network = gatedNetwork(oracle.architecture, REGIMES.relu, oracle.records);
    const [first = []] = Array.isArray(oracle.x) ? oracle.x : [];
    const active = activate(network, Array.isArray(first) ? first.map(Number) : []);
    const statistics = pathStatistics(active, wanted.logit);
    expectClose(statistics.sum, wanted.sum_of_all_paths, FLOAT32);
    expectClose(statistics.absoluteMass, wanted.absolute_mass, FLOAT32);
    expectClose(2 ** statistics.log2ContributingPaths, wanted.paths_with_nonzero_contribution, { relative: 1e-12 });
    const top = kBestPaths(active, wanted.logit, wanted.top.length);
    expect(
      top.map(({ units, startsAtBiasOfLayer }) => ({ units, starts_at_bias_of_layer: startsAtBiasOfLayer })),
    ).toEqual(wanted.top.map(({ units, starts_at_bias_of_layer }) => ({ units, starts_at_bias_of_layer })));
    expectClose(
      top.map(({ contribution }) => contribution),
      wanted.top.map(({ contribution }) => contribution),
      FLOAT32,
    );
  });
});

it("every body and every rule of a gate has paths to compare", () => {
  const found = BODY_NAMES.flatMap((body) =>
    GATE_KINDS.map((gates) => {
      const { network, inputs } = gatedNetworkOf({ body, gates, bias: true, normalize: true, seed: 2 });
      const size = sizeOf(inputs.shape.slice(1));
      const counts = [0, 1, 2].flatMap((example) => {
        const active = activate(network, inputs.data.slice(example * size, (example + 1) * size));
        return Array.from({ length: outputCount(network) }, (_, output) => kBestPaths(active, output, 5).length);
      });
      return { body, gates, most: Math.max(...counts) };
    }),
  );
  expect(found.filter(({ most }) => most === 0)).toEqual([]);
});
