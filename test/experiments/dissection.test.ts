import { describe, expect, it } from "vitest";
import { dissectionAnswer, dissectionTrainings, shareInGates } from "../../src/experiments/index.ts";
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
});

describe("the share in the gates", () => {
  it("is what comes back of what learning gained over random gates", () => {
    const share = shareInGates(98, [97, 97.4], [94, 94], 10_000);
    expect(share?.value).toBeCloseTo(3.2 / 4, 12);
    expect(share && share.low < share.value && share.value < share.high).toBe(true);
  });

  it("has an interval that covers 95 in 100 of what is drawn, or more", () => {
    // accuracies of n examples and of seeds that scatter, as many times as are needed to tell 95 from 90 %
    const [truth, n, scatter] = [{ m: 97, f: 96, r: 93 }, 2000, 0.3];
    let state = 1;
    const uniform = (): number => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const binomial = (p: number): number => normal() * Math.sqrt((p * (100 - p)) / n);
    let covered = 0;
    for (let i = 0; i < 2000; i++) {
      const runsOf = (mean: number): readonly number[] => {
        const shared = binomial(mean);
        return [0, 1, 2].map(() => mean + shared + scatter * normal());
      };
      const share = shareInGates(truth.m + binomial(truth.m), runsOf(truth.f), runsOf(truth.r), n);
      const value = (truth.f - truth.r) / (truth.m - truth.r);
      if (share !== null && share.low <= value && value <= share.high) covered += 1;
    }
    expect(covered / 2000).toBeGreaterThan(0.93);
  });

  it("of a network that gained nothing is none", () => {
    expect(shareInGates(93, [95], [94], 1000)).toBeNull();
    expect(dissectionAnswer(93, [95], [94], null)).toBe(
      "Behind random gates fresh values reach 94.00, the network itself 93.00: learning gained nothing over random gates that its gates could hold.",
    );
  });

  it("is told in a sentence", () => {
    expect(dissectionAnswer(98, [97], [94], { value: 0.75, low: 0.651, high: 0.849 })).toBe(
      "Of the 4.00 points that learning gained over random gates (98.00 against 94.00), the gates hold 75 % (95 % interval 65 % to 85 %): fresh values behind them reach 97.00.",
    );
  });

  it.each([
    { low: -0.1, high: 1.2, tells: false },
    { low: 0.1, high: 1.2, tells: true },
    { low: -0.1, high: 0.9, tells: true },
  ])("says when it tells nothing: $low to $high", ({ low, high, tells }) => {
    const answer = dissectionAnswer(98, [97], [94], { value: 0.5, low, high });
    expect(answer.includes("these runs do not tell")).toBe(!tells);
  });
});
