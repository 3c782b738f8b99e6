import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs } from "../../src/kernels/index.ts";
import {
  fullyConnected,
  gatedNetwork,
  type LayeredArchitecture,
  REGIME_NAMES,
  type RegimeVariant,
  regimeOf,
} from "../../src/network/index.ts";
import { activate, countPaths, pathStatistics } from "../../src/paths/index.ts";
import { bundleGram } from "../kernels/bundle-gram.reference.ts";
import { enumeratePaths } from "../paths/enumerate.reference.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { type DrawnNetwork, drawNetwork, drawnNetworks, isClear, references } from "./random-architectures.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const networkOf = ({ architecture, regime, parameters }: DrawnNetwork) =>
  gatedNetwork(architecture, regime, parameters);
const doubles = ({ x }: DrawnNetwork) => float64(x.shape, x.data);
/** Paths that are walked one by one here. */
const MOST_PATHS = 5000n;

/** Paths of equal weights that meet again behind different pools: their kernel is refused, not computed. */
const meetsBehindPools = ({ layers }: LayeredArchitecture): boolean =>
  layers.some((layer) => layer.kind === "residual" && layer.body.every(({ kind }) => kind === "average-pool"));

describe("the sum over all paths of a network with residual sums and pools is its output (theory 2.5)", () => {
  it.each(REGIME_NAMES)("%s", (name) =>
    fc.assert(
      fc.property(drawnNetworks(name, 2, 1), fc.nat(1), (drawn, output) => {
        const network = networkOf(drawn);
        const [wanted] = references(drawn);
        fc.pre(wanted !== undefined && countPaths(network, output) <= MOST_PATHS);
        const example = doubles(drawn).data;
        const all = enumeratePaths(network, example, output);
        const sum = all.reduce((total, { contribution }) => total + contribution, 0);
        const mass = all.reduce((total, { contribution }) => total + Math.abs(contribution), 0);
        // all in float64
        const tolerance = { relative: 1e-12, absolute: 1e-12 * mass + 1e-14 };
        const logit = wanted?.logits[output] ?? Number.NaN;
        const statistics = pathStatistics(activate(network, example), output);
        expectClose([sum, statistics.sum, statistics.logit], [logit, logit, logit], tolerance);
        expectClose([mass, statistics.absoluteMass], [wanted?.mass[output] ?? Number.NaN, mass], tolerance);
        expect(countPaths(network, output)).toBe(BigInt(all.length));
      }),
      { numRuns: propertyRuns(25) },
    ),
  );
});

describe("the path kernel of a network with residual sums and pools is the Gram matrix of its features (theory 3.1)", () => {
  it.each(["relu", "frnpf-ii", "dlgn"] as const)("%s", async (name) => {
    await fc.assert(
      fc.asyncProperty(drawnNetworks(name, 2), async (drawn) => {
        const network = networkOf(drawn);
        fc.pre(!meetsBehindPools(drawn.architecture));
        fc.pre(isClear(references(drawn)) && countPaths(network, 0) <= MOST_PATHS);
        const wanted = await bundleGram(network, doubles(drawn));
        const exact = name === "dlgn" ? 1e-5 : 1e-12; // soft gates are float32
        const scale = Math.max(...wanted.flat().map(Math.abs));
        expectClose(await neuralPathKernelByPairs(network, engine, doubles(drawn)), float64([3, 3], wanted.flat()), {
          relative: exact,
          absolute: exact * scale,
        });
      }),
      { numRuns: propertyRuns(12) },
    );
  });
});

describe("two consequences for fully connected networks without biases (theory 3.13)", () => {
  const INPUTS = 5;
  const architecture = fullyConnected({ inputShape: [INPUTS], depth: 5, width: 7, outputs: 2, bias: false });
  const kernelOf = (seed: number, variant: RegimeVariant) => {
    const drawn = drawNetwork(architecture, regimeOf({ regime: "frnpf-ii", variant }), seed, 6);
    return { drawn, kernel: neuralPathKernelByPairs(networkOf(drawn), engine, doubles(drawn)) };
  };
  const gateOrders = () => fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 });

  it("the order of the gates changes the outputs, but not the kernel", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), gateOrders(), async (seed, gateOrder) => {
        const straight = kernelOf(seed, {});
        const permuted = kernelOf(seed, { gateOrder });
        expectClose(await permuted.kernel, await straight.kernel, { relative: 1e-12 });
        const logits = (drawn: DrawnNetwork) => references(drawn).map((example) => example.logits);
        fc.pre(gateOrder.some((gate, i) => gate !== i + 1));
        // a network without an active path gives 0 in any order
        fc.pre(
          logits(straight.drawn)
            .flat()
            .some((logit) => logit !== 0),
        );
        expect(logits(permuted.drawn)).not.toEqual(logits(straight.drawn));
      }),
      { numRuns: propertyRuns(10) },
    );
  });

  it("a constant-1 input gives the number of inputs times the shared paths", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), gateOrders(), async (seed, gateOrder) => {
        const { drawn, kernel } = kernelOf(seed, { valueInput: "ones", gateOrder });
        const found = references(drawn);
        fc.pre(isClear(found));
        const shared = found.map((left) =>
          found.map((right) =>
            left.gates.reduce((product, layer, l) => {
              const both = layer.reduce((sum, gate, unit) => sum + gate * (right.gates[l]?.[unit] ?? Number.NaN), 0);
              return product * both;
            }, 1),
          ),
        );
        const wanted = shared.flat().map((paths) => INPUTS * paths);
        expectClose(await kernel, float64([6, 6], wanted), { relative: 1e-12 });
        expect(sizeOf(architecture.inputShape)).toBe(INPUTS);
      }),
      { numRuns: propertyRuns(10) },
    );
  });
});
