import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../src/graph/index.ts";
import {
  byName,
  gatedNetwork,
  initialParameters,
  parameterEntries,
  parameterName,
  placeOf,
  REGIMES,
  type TrialParameters,
  trialParameters,
} from "../../src/network/index.ts";
import { type Checkpoint, optimizer, startState, stateByName, stateOf } from "../../src/train/index.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { tinyData, tinyPlan, trainAll } from "../support/tiny-training.ts";

const places = fc.uniqueArray(
  fc.record({
    network: fc.constantFrom("value" as const, "feature" as const),
    layer: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom("weight" as const, "bias" as const),
  }),
  { selector: parameterName, maxLength: 20 },
);

describe("names", () => {
  it("are paths, and come back as places", () =>
    fc.assert(
      fc.property(places, (all) => {
        for (const place of all) expect(placeOf(parameterName(place))).toEqual(place);
        const weights = all.filter(({ kind }) => kind === "weight");
        const records = trialParameters(weights.map((place) => [place, parameterName(place)] as const));
        expect(Object.entries(byName(records)).every(([name, held]) => name === held)).toBe(true);
        expect(parameterEntries(records)).toHaveLength(weights.length);
      }),
      { numRuns: propertyRuns(100) },
    ));

  it.each(["value.0.weight", "value.01.weight", "1.weight", "value.1.slope", "values.1.weight", "value.1.weight:x"])(
    "%s is none",
    (name) => expect(placeOf(name)).toBeUndefined(),
  );

  it.each(["sgd", "adam", "rmsprop"] as const)("a state of %s comes back from them", (kind) => {
    const plan = tinyPlan({ regime: "dlnpf", optimizer: optimizer(kind, 1e-3) });
    const state = startState(plan, initialParameters(plan));
    const arrays = Object.entries(stateByName(state));
    // safetensors come in another order
    expect(stateOf(Object.fromEntries(arrays.reverse()))).toEqual(state);
  });
});

describe("parameters of another network are refused by name", () => {
  const plan = tinyPlan({ regime: "dlnpf", epochs: 1 });
  const { value, feature = expect.fail() } = initialParameters(plan);
  const { 2: second = expect.fail(), ...others } = feature;
  const next = "take initialParameters of the same plan, or the parameters of a checkpoint of it";
  it.each<{ title: string; parameters: TrialParameters; received: string; name: string }>([
    {
      title: "of a regime of one network",
      parameters: { value },
      received: "parameters without feature.1.weight",
      name: "feature.1.weight of shape [12, 7]",
    },
    {
      title: "without a bias",
      parameters: { value, feature: { ...others, 2: { weight: second.weight } } },
      received: "parameters without feature.2.bias",
      name: "feature.2.bias of shape [7]",
    },
    {
      title: "of another width",
      parameters: { value, feature: { ...others, 2: { ...second, weight: float32([7, 1], new Float32Array(7)) } } },
      received: "parameters with feature.2.weight of shape [7, 1]",
      name: "feature.2.weight of shape [7, 7]",
    },
  ])("$title", async ({ parameters, received, name }) => {
    const texts = { message: `${received}: expected ${name}, as the architecture has it in its regime`, hint: next };
    expect(errorOf(() => gatedNetwork(plan.architecture, REGIMES.dlnpf, parameters))).toEqual(texts);
    expect(await rejectionOf(trainAll(plan, tinyData(), { initial: parameters }))).toEqual(texts);
  });

  it("of a feature network beside a network that makes its own gates", async () => {
    const own = { ...plan, regime: "relu" } as const;
    const texts = {
      message: "parameters with a feature network: expected none, as the architecture has it in its regime",
      hint: next,
    };
    const parameters = { value, feature: others };
    expect(errorOf(() => gatedNetwork(own.architecture, REGIMES.relu, parameters))).toEqual(texts);
    expect(await rejectionOf(trainAll(own, tinyData(), { initial: parameters }))).toEqual(texts);
  });

  it("a checkpoint to predict with is none to go on from", async () => {
    const [epoch] = await trainAll(plan, tinyData());
    const resume: Checkpoint = { ...(epoch?.checkpoint ?? expect.fail("no epoch")), averages: {} };
    expect(await rejectionOf(trainAll({ ...plan, epochs: 2 }, tinyData(), { resume }))).toEqual({
      message:
        "a checkpoint without value.1.weight:first-moment: expected value.1.weight:first-moment of shape [12, 7], as the plan has it",
      hint: "resume from a checkpoint of the same plan, one with its averages (last, not best)",
    });
  });
});
