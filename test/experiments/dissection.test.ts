import { describe, expect, it } from "vitest";
import { dissectionAnswer, dissectionTrainings, withLength } from "../../src/experiments/index.ts";
import { checkRegime, fullyConnected, regimeOf } from "../../src/network/index.ts";

const NETWORK = fullyConnected({ inputShape: [28, 28], depth: 3, width: 4, outputs: 10 });
const MODEL = {
  path: "net.onnx",
  network: { kind: "model", digest: "sha256:0123", architecture: NETWORK },
} as const;
const ROWS = ["gates", "random", "apart", "anew"] as const;

describe("the trainings of a dissection", () => {
  it("are fresh values behind its gates and random ones, and what is asked for beside", () => {
    const trainings = dissectionTrainings({ epochs: 2, lr: 1e-3 }, MODEL, { rows: ROWS, seeds: 2 });
    const plans = trainings.filter(({ id }) => id.endsWith("seed1"));
    expect(plans.map(({ id, row, training: { plan } }) => [id, row, plan.regime, plan.gates])).toEqual([
      ["gates-seed1", "gates", "flnpf", [{ layer: "all", from: { network: "sha256:0123" }, trains: false }]],
      ["random-seed1", "random", "frnpf-ii", undefined],
      ["apart-seed1", "apart", "dlnpf", undefined],
      ["anew-seed1", "anew", "relu", undefined],
    ]);
    for (const { training } of trainings) {
      expect(training.plan.architecture).toEqual(NETWORK);
      expect(checkRegime(NETWORK, regimeOf(training.plan))).toBeUndefined();
    }
    expect(trainings).toHaveLength(8);
  });

  it.each([
    // 60,000 examples are 1,875 steps an epoch
    ["full", "classes", 60_000, {}, { epochs: 20 }],
    ["quick", "classes", 60_000, {}, { epochs: 5, limit: 10_000 }],
    ["full", "classes", 1347, {}, { epochs: Math.ceil(3000 / 43) }],
    // no more than there are: nobody asked for a limit
    ["quick", "classes", 1347, {}, { epochs: Math.ceil(1500 / 43) }],
    ["quick", "classes", 1347, { limit: 5000 }, { epochs: Math.ceil(1500 / 43), limit: 5000 }],
    ["full", "classes", 1347, { epochs: 3 }, { epochs: 3 }],
    ["full", "classes", 1347, { batch: 1347 }, { epochs: 500 }],
    ["full", "values", 4500, {}, { epochs: Math.ceil(20_000 / 127), validation: 0.1, earlyStopping: 10 }],
    // 331 examples, 298 to learn from: ten steps an epoch
    ["full", "values", 331, {}, { epochs: 500, validation: 0.1, earlyStopping: 50 }],
    ["full", "values", 331, { epochs: 7 }, { epochs: 7, validation: 0.1 }],
    ["full", "values", 331, { validation: 0 }, { epochs: 500, validation: 0 }],
  ] as const)("%s, %s, %d examples, %j learn for %j", (length, targets, trainExamples, options, wanted) => {
    const { epochs, limit, validation, earlyStopping } = withLength(options, { length, targets, trainExamples });
    expect(JSON.parse(JSON.stringify({ epochs, limit, validation, earlyStopping }))).toEqual(wanted);
  });

  it("take as many epochs as so many steps take", () => {
    const size = { length: "full", targets: "classes", trainExamples: 1347, steps: 100 } as const;
    expect(withLength({}, size).epochs).toBe(3);
  });
});

describe("the answer", () => {
  const FIGURES = {
    ...({ measure: "accuracy", model: 98, gates: 97, random: 94, seeds: 3 } as const),
    gained: { value: 4, low: 3.5, high: 4.5 },
    share: { value: 0.75, low: 0.651, high: 0.849 },
  };
  const TOLD =
    "Of the 4.00 points that learning gained over random gates (98.00 against 94.00), the gates hold 75 % (95 % interval 65 % to 85 %): fresh values behind them reach 97.00.";

  it.each([
    ["a share", {}, TOLD],
    ["one seed", { seeds: 1 }, `${TOLD} Of one seed: how much the seeds scatter is not in it.`],
    [
      "real values",
      { measure: "R²", model: 0.9, gates: 0.85, random: 0.7, gained: { value: 0.2, low: 0.1, high: 0.3 } },
      "Of the 0.200 of R² that learning gained over random gates (0.900 against 0.700), the gates hold 75 % (95 % interval 65 % to 85 %): fresh values behind them reach 0.850.",
    ],
    [
      "more than all",
      { gates: 99, share: { value: 1.25, low: 1.1, high: 1.4 } },
      "Of the 4.00 points that learning gained over random gates (98.00 against 94.00), the gates hold 125 % (95 % interval 110 % to 140 %): fresh values behind them reach 99.00. More than all of it: values that learn anew behind its gates do better than its own.",
    ],
    [
      "no interval",
      { gained: { value: 4, low: -1, high: 9 }, share: { value: 0.75, low: null, high: null } },
      "Of the 4.00 points that learning gained over random gates (98.00 against 94.00), the gates hold 75 % (no interval: the gain itself lies between -1.00 and 9.00): fresh values behind them reach 97.00. So these runs do not tell; more seeds or test examples may.",
    ],
    [
      "no gain",
      { model: 94, gained: { value: 0, low: -1, high: 1 }, share: null },
      "Fresh values behind random gates reach 94.00 %, the network itself 94.00: learning gained nothing over random gates, so there is no share of it in the gates. The gain lies between -1.00 and 1.00.",
    ],
    [
      "a network that is worse than random gates",
      { model: 10, gained: { value: -84, low: -85, high: -83 }, share: null },
      "Fresh values behind random gates reach 94.00 %, the network itself 10.00: learning gained nothing over random gates, so there is no share of it in the gates. It has learnt less than values alone do here, or reads its inputs otherwise: compare its figure with what you know of it.",
    ],
  ] as const)("tells of %s", (_, change, told) => {
    expect(dissectionAnswer({ ...FIGURES, ...change })).toBe(told);
  });

  it.each([
    { low: -0.1, high: 1.2, tells: false },
    { low: 0.1, high: 1.2, tells: true },
    { low: -0.1, high: 0.9, tells: true },
  ])("says when it tells nothing: $low to $high", ({ low, high, tells }) => {
    const answer = dissectionAnswer({ ...FIGURES, share: { value: 0.5, low, high } });
    expect(answer.includes("these runs do not tell")).toBe(!tells);
  });
});
