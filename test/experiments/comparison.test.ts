import { describe, expect, it } from "vitest";
import {
  type ArmExperiment,
  type ArmProfile,
  CONTINUOUS_REFERENCES,
  c4gapCifar10,
  continuousFeatures,
  summarizeArms,
  trialsOfArms,
} from "../../src/experiments/index.ts";
import { checkRegime, regimeOf } from "../../src/network/index.ts";
import { C4GAP, GCONV } from "../network/architectures.ts";
import { expectClose } from "../support/expect-close.ts";

const COMPARISONS: readonly ArmExperiment[] = [continuousFeatures, c4gapCifar10];
const full = (comparison: ArmExperiment, seeds = 1) => trialsOfArms(comparison, comparison.profiles.full, { seeds });

describe.each(COMPARISONS)("$name", (comparison) => {
  it("survives JSON, and every arm can be had of its architecture", () => {
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
    for (const profile of Object.values<ArmProfile>(comparison.profiles)) {
      for (const { plan } of trialsOfArms(comparison, profile)) {
        expect(checkRegime(plan.architecture, regimeOf(plan))).toBeUndefined();
      }
    }
  });

  it("has the protocol of theory 6.1", () => {
    for (const { plan } of full(comparison)) {
      expect(plan).toMatchObject({
        initializer: { kind: "glorot-uniform" },
        optimizer: { kind: "adam", learningRate: 3e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
        loss: "softmax-cross-entropy",
        batch: 32,
      });
    }
    expect(comparison.profiles.full.data).toBe("cifar10");
  });

  it("gives ids of their own, by seed, and the same arms in both profiles", () => {
    const { arms } = comparison.profiles.full;
    const ids = full(comparison, 2).map(({ id }) => id);
    expect(ids).toEqual([0, 1].flatMap((seed) => arms.map(({ name }) => `${name}-seed${seed}`)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(comparison.profiles.quick.arms.map(({ name }) => name)).toEqual(arms.map(({ name }) => name));
  });

  it("takes other seeds and epochs", () => {
    const trials = trialsOfArms(comparison, comparison.profiles.quick, { seeds: 3, epochs: 2 });
    expect(trials.map(({ plan }) => plan.epochs)).toEqual(trials.map(() => 2));
    expect([...new Set(trials.map(({ plan }) => plan.seed))]).toEqual([0, 1, 2]);
  });
});

describe("continuous feature learning (theory 6.6)", () => {
  const trials = full(continuousFeatures, 2).filter(({ plan }) => plan.seed === 1);

  it("trains a ReLU network in six stages of ten epochs, and a value network of 80 epochs behind each", () => {
    const rows = trials.map(({ id, plan: { regime, epochs }, learntFrom }) => [id, regime, epochs, learntFrom]);
    expect(rows).toEqual([
      ["relu-seed1", "relu", 60, undefined],
      ["stage0-seed1", "frnpf-ii", 80, undefined],
      ...[1, 2, 3, 4, 5, 6].map((stage) => [
        ...[`stage${stage}-seed1`, "flnpf", 80],
        { trial: "relu-seed1", until: 10 * stage },
      ]),
    ]);
    for (const { plan } of trials) {
      expect(plan.architecture).toEqual(GCONV);
      expect(plan).not.toHaveProperty("variant");
    }
  });

  it("keeps the ReLU network's best checkpoint at the end of each stage", () => {
    expect(trials.map(({ keepBestUntil }) => keepBestUntil)).toEqual([
      [10, 20, 30, 40, 50, 60],
      ...Array.from({ length: 7 }, () => []),
    ]);
  });

  it("in the quick profile, every stage ends within the ReLU network's epochs", () => {
    const [relu, ...others] = trialsOfArms(continuousFeatures, continuousFeatures.profiles.quick);
    // theory 6.6: six stages of equal length, the last of which ends with the network
    const epochs = relu?.plan.epochs ?? Number.NaN;
    expect(relu?.keepBestUntil).toEqual([1, 2, 3, 4, 5, 6].map((stage) => (stage * epochs) / 6));
    expect(others.flatMap(({ learntFrom }) => learntFrom?.until ?? [])).toEqual(relu?.keepBestUntil);
  });

  it("has the published figures and lines", () => {
    const means = continuousFeatures.profiles.full.arms.map(({ name, published }) => [name, published?.[0]]);
    // stages 0, 1, 2 and 6 are published, 3 to 5 read off the plot
    const stages = [67.09, 72.29, 74.42, 77.0, 78.4, 78.7, 79.43];
    expect(means).toEqual([["relu", 80.32], ...stages.map((mean, stage) => [`stage${stage}`, mean])]);
    expect(CONTINUOUS_REFERENCES).toEqual({ kernel: 77.43, relu: 80.32 });
  });
});

describe("C4GAP (theory 5.8)", () => {
  const trials = full(c4gapCifar10);

  it("has a value network of ones, permuted gates and both, of soft and of deep linear gates", () => {
    const ONES = { valueInput: "ones" };
    const PERMUTED = { gateOrder: [4, 3, 2, 1] };
    expect(trials.map(({ id, plan: { regime, variant } }) => [id, regime, variant])).toEqual([
      ["relu-seed0", "relu", undefined],
      ...(
        [
          ["dgn", "dlnpf"],
          ["dlgn", "dlgn"],
        ] as const
      ).flatMap(([name, regime]) => [
        [`${name}-seed0`, regime, undefined],
        [`${name}-ones-seed0`, regime, ONES],
        [`${name}-permuted-seed0`, regime, PERMUTED],
        [`${name}-ones-permuted-seed0`, regime, { ...ONES, ...PERMUTED }],
      ]),
    ]);
  });

  it("is four convolutions of 128 channels, pooled", () => {
    for (const { plan, learntFrom, keepBestUntil } of trials) {
      expect(plan.architecture).toEqual(C4GAP);
      expect({ learntFrom, keepBestUntil }).toEqual({ learntFrom: undefined, keepBestUntil: [] });
    }
  });
});

describe("summaries of arms", () => {
  const arms = [
    { name: "b", title: "B", regime: "dlgn", published: [79.43, 0.5] },
    { name: "a", title: "A", regime: "dlgn" },
    { name: "none", title: "of no run", regime: "relu" },
  ] as const;

  it("stand in the order of the protocol, each of its own runs", () => {
    const results = [
      { regime: "a", bestTestAccuracy: 70 },
      { regime: "b", bestTestAccuracy: 80 },
      { regime: "ab", bestTestAccuracy: 1 },
      { regime: "a", bestTestAccuracy: null },
      { regime: "b", bestTestAccuracy: 83 },
    ];
    const [b, a, ...rest] = summarizeArms(arms, results);
    expect(rest).toEqual([]);
    expect(a).toEqual({ regime: "a", title: "A", mean: 70, std: 0, published: null, difference: null, runs: [70] });
    expect(b).toMatchObject({ regime: "b", title: "B", mean: 81.5, published: [79.43, 0.5], runs: [80, 83] });
    // of 80 and 83: √(2 · 1.5² / 1)
    expectClose(b?.difference ?? Number.NaN, 81.5 - 79.43, { relative: 1e-12 });
    expectClose(b?.std ?? Number.NaN, 1.5 * Math.SQRT2, { relative: 1e-12 });
  });
});
