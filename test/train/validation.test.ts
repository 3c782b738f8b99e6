import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExampleSet, exampleSet } from "../../src/data/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import type { TrainingPlan } from "../../src/train/index.ts";
import { heldOut } from "../../src/train/validation.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { tinyData, tinyPlan, trainAll } from "../support/tiny-training.ts";

/** Examples whose one input is their number, so that they are known again. */
const numbered = (labels: readonly number[]): ExampleSet =>
  exampleSet({
    inputs: denseArray(
      "float32",
      [labels.length, 1],
      Float32Array.from(labels, (_, i) => i),
    ),
    labels: denseArray("uint8", [labels.length], Uint8Array.from(labels)),
  });

const split = (labels: readonly number[], validation: number, seed = 0) => {
  const { train, validation: held } = heldOut(tinyPlan({ seed, recipe: { validation } }), numbered(labels));
  const rows = (set: ExampleSet | undefined) => Array.from(set?.inputs?.data ?? []);
  return { train: rows(train), held: rows(held), heldLabels: Array.from(held?.labels.data ?? []) };
};

describe("examples held out", () => {
  it("are each once in one of two parts, the same share of every class to within one", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 12, maxLength: 90 }),
        fc.constantFrom(0.1, 0.25, 0.5, 0.9),
        fc.nat(5),
        (labels, share, seed) => {
          const { train, held, heldLabels } = split(labels, share, seed);
          expect([...train, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
          expect(held.map((i) => labels[i])).toEqual(heldLabels);
          for (const label of [0, 1, 2, 3]) {
            const wanted = share * labels.filter((one) => one === label).length;
            const found = heldLabels.filter((one) => one === label).length;
            expect(Math.abs(found - wanted)).toBeLessThan(1 + 1e-9);
          }
        },
      ),
    ));

  it("differ by the seed", () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(split(labels, 0.2, 1).held).toEqual(split(labels, 0.2, 1).held);
    expect(split(labels, 0.2, 1).held).not.toEqual(split(labels, 0.2, 2).held);
  });

  it("are refused where there would be none, or nothing left", () => {
    expect(errorOf(() => split([0, 1, 0], 0.1))).toEqual({
      message: "a validation part of 0.1 of 3 examples: expected at least one example in it, and one to train on",
      hint: "choose another share, or more examples",
    });
  });
});

describe("early stopping", () => {
  /** A rate at which the validation loss turns after a few epochs. */
  const plan: TrainingPlan = tinyPlan({
    epochs: 40,
    optimizer: { kind: "sgd", learningRate: 0.8, momentum: 0.5 },
    recipe: { validation: 0.3, earlyStopping: 3 },
  });

  it("ends where the validation loss has not fallen for so long, wherever it was resumed", async () => {
    const straight = await trainAll(plan, tinyData());
    const losses = straight.map(({ metrics }) => metrics.validationLoss ?? Number.NaN);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(straight.length).toBeLessThan(40);
    expect(straight.length).toBe(best + 3);
    expect(straight.at(-1)?.checkpoint).toMatchObject({
      bestEpoch: best,
      bestValidationLoss: losses[best - 1],
      bestTestAccuracy: straight[best - 1]?.metrics.testAccuracy,
    });
    for (const { checkpoint } of [straight[0], straight[best], straight.at(-1)].flatMap((one) => one ?? [])) {
      const rest = await trainAll(plan, tinyData(), { resume: checkpoint });
      expect(rest.map(({ metrics }) => metrics)).toEqual(
        straight.slice(checkpoint.epoch).map(({ metrics }) => metrics),
      );
    }
  });

  it("trains on what is not held out, and on all without", async () => {
    const [one] = await trainAll({ ...plan, epochs: 1 }, tinyData());
    const [other] = await trainAll({ ...plan, epochs: 1, recipe: {} }, tinyData());
    expect(one?.metrics.trainAccuracy).toBeCloseTo(
      (100 * Math.round(0.32 * (one?.metrics.trainAccuracy ?? 0))) / 32,
      9,
    );
    expect(other?.metrics).not.toHaveProperty("validationLoss");
  });

  it("asks for a part to watch", async () => {
    expect(await rejectionOf(trainAll({ ...plan, recipe: { earlyStopping: 2 } }, tinyData()))).toEqual({
      message:
        "early stopping without a validation part: expected a share of the training examples to hold out, by which the training is stopped",
      hint: "give `validation` too, for instance 0.1",
    });
  });

  it.each([
    [{ labelSmoothing: 0.1 }, "label smoothing"],
    [{ classWeights: "balanced" }, "class weights"],
  ] as const)("%j asks for classes", async (recipe, what) => {
    expect(await rejectionOf(trainAll({ ...plan, loss: "mean-squared-error", recipe }, tinyData()))).toEqual({
      message: `${what} with the loss mean-squared-error: expected softmax-cross-entropy, whose targets are classes`,
      hint: "leave it out of the recipe, or change the loss",
    });
  });
});
