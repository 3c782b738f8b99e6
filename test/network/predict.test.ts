import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DenseArray, float32, input } from "../../src/graph/index.ts";
import {
  type Architecture,
  byName,
  fullyConnected,
  initialize,
  mapParameters,
  parameterName,
  parameterSpecs,
  predict,
  REGIMES,
  type RegimeName,
  type TrialNetwork,
  type TrialParameters,
  trialParameterSpecs,
  trialParameters,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { runGraph } from "../support/run-graph.ts";
import { hiddenPreActivations, pathSum, type ReferenceLayer } from "./reference/path-sum.ts";

const EXAMPLES = 3;

/** Logits of `x`. */
async function logits(
  architecture: Architecture,
  name: RegimeName,
  parameters: TrialParameters,
  x: DenseArray<"float32">,
) {
  const regime = REGIMES[name];
  const { value } = parameters;
  const own = name === "relu" ? { value } : parameters;
  const tensors = mapParameters(own, ({ shape }, place) => input(parameterName(place), "float32", shape));
  const prediction = predict(architecture, regime, tensors, input("x", "float32", x.shape));
  const run = await runGraph({ logits: prediction.logits }, { ...byName(own), x });
  return run.logits ?? expect.fail("no logits");
}

interface SmallNetwork {
  readonly architecture: Architecture;
  readonly parameters: TrialParameters;
  readonly x: DenseArray<"float32">;
}

/** Random networks of up to 4 layers of up to 4 units, all parameters (biases too) uniform in ±1. */
const smallNetwork = (): fc.Arbitrary<SmallNetwork> =>
  fc
    .record({
      seed: fc.nat(1_000_000),
      inputs: fc.integer({ min: 1, max: 4 }),
      depth: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 4 }),
      outputs: fc.integer({ min: 1, max: 3 }),
      bias: fc.boolean(),
    })
    .map(({ seed, inputs, ...shape }) => {
      const architecture = fullyConnected({ inputShape: [inputs], ...shape });
      const draw = (sizes: readonly number[], ...purpose: readonly string[]) => {
        const count = sizes.reduce((a, b) => a * b, 1);
        return float32(sizes, randomStream(seed, "small network", ...purpose).uniform(count, -1, 1));
      };
      const specs = trialParameterSpecs(architecture, REGIMES["frnpf-ii"]);
      const parameters = trialParameters(
        specs.map((spec) => [spec, draw(spec.shape, spec.network, `${spec.layer}.${spec.kind}`)] as const),
      );
      return { architecture, parameters, x: draw([EXAMPLES, inputs], "x") };
    });

/** The layers of one network as lists; a feature network gets an output layer that nothing uses. */
function referenceLayers({ architecture, parameters }: SmallNetwork, network: TrialNetwork): readonly ReferenceLayer[] {
  return parameterSpecs(architecture)
    .filter(({ kind }) => kind === "weight")
    .map(({ layer, shape: [from = 0, to = 0] }) => {
      const weight = parameters[network]?.[layer]?.weight.data ?? new Float32Array(from * to);
      const bias = parameters[network]?.[layer]?.bias?.data ?? new Float32Array(to);
      const rows = Array.from({ length: from }, (_, i) => Array.from(weight.subarray(i * to, (i + 1) * to)));
      return { weight: rows, bias: Array.from(bias) };
    });
}

describe("the output is the sum over all paths of feature times value (theory 2.5)", () => {
  it.each<{ regime: RegimeName; gatesOf: "value" | "feature"; gate: (q: number) => number }>([
    { regime: "relu", gatesOf: "value", gate: (q) => Number(q > 0) },
    { regime: "frnpf-ii", gatesOf: "feature", gate: (q) => Number(q > 0) },
    { regime: "dlnpf", gatesOf: "feature", gate: (q) => 1.1 / (1 + Math.exp(-4 * q)) },
  ])("$regime", async ({ regime, gatesOf, gate }) => {
    await fc.assert(
      fc.asyncProperty(smallNetwork(), async (network) => {
        const inputs = network.x.shape[1] ?? 0;
        const rows = Array.from({ length: EXAMPLES }, (_, i) =>
          Array.from(network.x.data.subarray(i * inputs, (i + 1) * inputs)),
        );
        const preActivations = rows.map((x) => hiddenPreActivations(referenceLayers(network, gatesOf), x));
        // a hard gate this near its edge may fall to either side in float32
        fc.pre(regime === "dlnpf" || preActivations.flat(2).every((q) => Math.abs(q) > 1e-5));
        const got = await logits(network.architecture, regime, network.parameters, network.x);
        rows.forEach((x, example) => {
          const gates = (preActivations[example] ?? []).map((layer) => layer.map(gate));
          const { outputs, mass } = pathSum(referenceLayers(network, "value"), gates, x);
          outputs.forEach((wanted, k) => {
            // float32 against float64, relative to what was summed; the engine's logistic function is off by 1e-7
            const absolute = 3e-6 * (mass[k] ?? 0) + 1e-7;
            expectClose(Number(got.data[example * outputs.length + k]), wanted, { relative: 0, absolute });
          });
        });
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});

const CONVOLUTIONAL: Architecture = {
  inputShape: [2, 6, 6],
  layers: [
    { kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
    { kind: "average-pool", size: 2 },
    { kind: "convolution", channels: 4, kernel: 2, stride: 2, padding: "valid", bias: true, gated: true },
    { kind: "global-average-pool" },
    { kind: "dense", units: 5, bias: true, gated: true },
    { kind: "dense", units: 3, bias: true, gated: false },
  ],
};

describe.each([
  { name: "fully connected", architecture: fullyConnected({ inputShape: [3, 4], depth: 4, width: 16, outputs: 5 }) },
  { name: "convolutional", architecture: CONVOLUTIONAL },
])("a $name network", ({ architecture }) => {
  const inputs = architecture.inputShape.reduce((a, b) => a * b, 1);
  const x = float32([8, ...architecture.inputShape], randomStream(3, "x").uniform(8 * inputs, -1, 1));
  const specs = parameterSpecs(architecture);
  const value = initialize(specs, { kind: "glorot-uniform" }, 1, "value-network");
  const other = initialize(specs, { kind: "glorot-uniform" }, 1, "feature-network");

  it("behind gates of its own weights is the ReLU network", async () => {
    const parameters = { value, feature: value };
    const relu = await logits(architecture, "relu", parameters, x);
    // the same products and sums, perhaps in another order
    expectClose(await logits(architecture, "frnpf-di", parameters, x), relu, { relative: 1e-5, absolute: 1e-6 });
  });

  it("behind gates of other weights is not", async () => {
    const parameters = { value, feature: other };
    const relu = await logits(architecture, "relu", parameters, x);
    const gated = await logits(architecture, "frnpf-ii", parameters, x);
    expect(gated.data.some((logit, i) => Math.abs(Number(logit) - Number(relu.data[i])) > 1e-2)).toBe(true);
  });
});
