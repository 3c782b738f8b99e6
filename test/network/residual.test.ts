import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  type DenseArray,
  type FloatDType,
  float64,
  gradients,
  graph,
  input,
  reduceSum,
  square,
  type Tensors,
} from "../../src/graph/index.ts";
import {
  type Architecture,
  byName,
  featureNetworks,
  gateOf,
  type Layer,
  mapParameters,
  parameterName,
  predict,
  predictBehind,
  REGIME_NAMES,
  type Regime,
  regimeOf,
  trialParameterSpecs,
} from "../../src/network/index.ts";
import { inputsFor, recordsOf } from "../../src/train/parameters.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { type DrawnNetwork, drawNetwork, drawnNetworks, isClear, references } from "./random-architectures.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

async function run(outputs: Tensors, feeds: Readonly<Record<string, DenseArray>>) {
  await using program = await engine.compile(graph(outputs));
  const used = program.model.inputs.flatMap(({ name }) => (feeds[name] === undefined ? [] : [[name, feeds[name]]]));
  const { fetched } = await program.run(Object.fromEntries(used));
  return fetched;
}

/** The network as graph, with its logits behind its own gates and behind the same gates given. */
function graphOf({ architecture, regime, x }: DrawnNetwork) {
  const specs = trialParameterSpecs(architecture, regime);
  const inputs = inputsFor(specs);
  const pair = recordsOf(specs, inputs);
  const examples = input("x", "float32", x.shape);
  const { logits, gatePreActivations } = predict(architecture, regime, pair, examples);
  const gating = featureNetworks(regime)[0]?.gating ?? ({ kind: "hard" } as const);
  const gates = gatePreActivations.map((q) => gateOf(gating, q).gate);
  const behind = predictBehind(architecture, regime, pair, examples, gates);
  return { inputs, logits, behind, gatePreActivations };
}

/** Logits, logits behind the same gates given, and pre-activations, against the reference. */
async function expectReference(network: DrawnNetwork): Promise<void> {
  const wanted = references(network);
  fc.pre(isClear(wanted));
  const { logits, behind, gatePreActivations } = graphOf(network);
  const decided = Object.fromEntries(gatePreActivations.map((q, i) => [`q${i}`, q]));
  const found = await run({ logits, behind, ...decided }, { ...byName(network.parameters), x: network.x });
  wanted.forEach((example, i) => {
    for (const [k, logit] of example.logits.entries()) {
      // float32 against float64, relative to what was summed
      const tolerance = { relative: 0, absolute: 1e-5 * (example.mass[k] ?? 0) + 1e-6 };
      expectClose(Number(found.logits?.data[i * example.logits.length + k]), logit, tolerance);
      expectClose(Number(found.behind?.data[i * example.logits.length + k]), logit, tolerance);
    }
    example.preActivations.forEach((q, gate) => {
      const got = found[`q${gate}`]?.data.slice(i * q.length, (i + 1) * q.length) ?? [];
      expectClose(Array.from(got, Number), q, { relative: 1e-4, absolute: 1e-4 });
    });
  });
}

describe("random architectures with residual sums and pools equal the slow reference (theory 2.6, 5.1)", () => {
  it.each(REGIME_NAMES)("%s", async (name) => {
    await fc.assert(fc.asyncProperty(drawnNetworks(name), expectReference), { numRuns: propertyRuns(25) });
  });

  it("where the last gates stand in both branches of a sum", async () => {
    const dense = (units: number, gated: boolean): Layer => ({ kind: "dense", units, bias: true, gated });
    const branch = [dense(4, true), dense(4, true), dense(3, false)];
    const layers: readonly Layer[] = [
      dense(4, true),
      { kind: "residual", body: branch, shortcut: branch },
      dense(2, false),
    ];
    for (const seed of [1, 2, 3]) {
      await expectReference(drawNetwork({ inputShape: [3], layers }, regimeOf({ regime: "frnpf-ii" }), seed));
    }
  });
});

/** Both kinds of shortcut, gates before weights, a pool, a gated dense layer. */
const RESIDUAL: Architecture = {
  inputShape: [2, 4, 4],
  layers: [
    { kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same", bias: true, gated: false },
    {
      kind: "residual",
      body: [
        { kind: "gate" },
        { kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same", bias: true, gated: false },
      ],
      shortcut: [],
    },
    {
      kind: "residual",
      body: [
        { kind: "gate" },
        { kind: "convolution", channels: 4, kernel: 3, stride: 2, padding: "same", bias: true, gated: true },
        { kind: "convolution", channels: 4, kernel: 3, stride: 1, padding: "same", bias: true, gated: false },
      ],
      shortcut: [
        { kind: "convolution", channels: 4, kernel: 1, stride: 2, padding: "same", bias: false, gated: false },
      ],
    },
    { kind: "gate" },
    { kind: "global-average-pool" },
    { kind: "dense", units: 3, bias: true, gated: true },
    { kind: "dense", units: 2, bias: true, gated: false },
  ],
};

describe("gradients of a residual network by all its parameters equal central differences of the reference", () => {
  it.each<{ title: string; regime: Regime }>([
    { title: "dlgn", regime: regimeOf({ regime: "dlgn" }) },
    { title: "dlgn, ones", regime: regimeOf({ regime: "dlgn", variant: { valueInput: "ones", beta: 2 } }) },
    { title: "dlnpf", regime: regimeOf({ regime: "dlnpf" }) },
    { title: "relu", regime: regimeOf({ regime: "relu" }) },
  ])("$title", async ({ regime }) => {
    const network = drawNetwork(RESIDUAL, regime, 5, 2);
    expect(isClear(references(network))).toBe(true);
    const { inputs, logits } = graphOf(network);
    const names = Object.keys(inputs);
    const slopes = gradients(reduceSum(square(logits)), Object.values(inputs));
    const outputs = Object.fromEntries(slopes.map((slope, i) => [names[i] ?? "", slope]));
    const found = await run(Object.fromEntries(Object.entries(outputs).map(([name, slope]) => [`d ${name}`, slope])), {
      ...byName(network.parameters),
      x: network.x,
    });
    const named = byName(network.parameters);
    /** `Σ logits²` with one number changed, in float64. */
    const loss = (name: string, at: number, change: number): number => {
      const parameters = mapParameters<DenseArray<FloatDType>, DenseArray<FloatDType>>(
        network.parameters,
        (array, place) => {
          if (parameterName(place) !== name) return array;
          return float64(
            array.shape,
            Float64Array.from(array.data, (one, i) => (i === at ? one + change : one)),
          );
        },
      );
      return references({ ...network, parameters })
        .flatMap((example) => example.logits)
        .reduce((sum, logit) => sum + logit ** 2, 0);
    };
    for (const name of names) {
      const slope = Array.from(found[`d ${name}`]?.data ?? [], Number);
      expect(slope).toHaveLength(named[name]?.data.length ?? 0);
      // every weight of the small tensors, every seventh of the others
      const places = [...slope.keys()].filter((at) => slope.length < 20 || at % 7 === 0);
      const got = places.map((at) => slope[at] ?? Number.NaN);
      const wanted = places.map((at) => (loss(name, at, 1e-5) - loss(name, at, -1e-5)) / 2e-5);
      const largest = Math.max(...wanted.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      expectClose(got, wanted, { relative: 1e-4, absolute: 1e-5 * (1 + largest) });
    }
  });
});
