import { describe, expect, it } from "vitest";
import { readTrainingOptions, type TrainingOptions, trainingOf } from "../../src/experiments/index.ts";
import { errorOf } from "../support/error-of.ts";

const planOf = (options: TrainingOptions) => trainingOf(options).plan;

describe("the recipe that options choose", () => {
  it("is none where they say nothing, and where what they say is nothing", () => {
    const plain = planOf({ optimizer: "sgd" });
    expect(plain).not.toHaveProperty("recipe");
    expect(planOf({ optimizer: "sgd", momentum: 0, weightDecay: 0, nesterov: false })).toEqual(plain);
    expect(planOf({ optimizer: "sgd", schedule: "constant", warmup: 0 })).toEqual(plain);
  });

  it("is the same from a command line's words and from JSON", () => {
    const words = {
      optimizer: "sgd",
      momentum: "0.9",
      nesterov: true,
      weightDecay: "1e-4",
      schedule: "step",
      warmup: "0.5",
      milestones: "3,8",
      gamma: "0.2",
      clipNorm: "1",
      labelSmoothing: "0.1",
      classWeights: "1,2,1,1,1,1,1,1,1,0.5",
      dropout: "0.3",
      augment: "crop:2,flip",
      validation: "0.2",
      earlyStopping: "4",
    };
    const json = {
      ...words,
      momentum: 0.9,
      weightDecay: 1e-4,
      warmup: 0.5,
      milestones: [3, 8],
      gamma: 0.2,
      clipNorm: 1,
      labelSmoothing: 0.1,
      classWeights: [1, 2, 1, 1, 1, 1, 1, 1, 1, 0.5],
      dropout: 0.3,
      augment: { crop: 2, flip: true },
      validation: 0.2,
      earlyStopping: 4,
    };
    const plan = planOf(readTrainingOptions(words));
    expect(plan).toEqual(planOf(readTrainingOptions(json)));
    expect(plan.optimizer).toEqual({
      kind: "sgd",
      learningRate: 0.01,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 1e-4,
    });
    expect(plan.recipe).toEqual({
      schedule: { kind: "step", milestones: [3, 8], gamma: 0.2, warmup: 0.5 },
      clipNorm: 1,
      labelSmoothing: 0.1,
      classWeights: [1, 2, 1, 1, 1, 1, 1, 1, 1, 0.5],
      dropout: 0.3,
      augment: { crop: 2, flip: true },
      validation: 0.2,
      earlyStopping: 4,
    });
  });

  it("holds out a tenth for early stopping", () => {
    expect(planOf({ earlyStopping: 3 }).recipe).toEqual({ validation: 0.1, earlyStopping: 3 });
    expect(planOf({ validation: 0.25 }).recipe).toEqual({ validation: 0.25 });
    expect(planOf({ validation: 0, labelSmoothing: 0 })).not.toHaveProperty("recipe");
  });

  it("crops images padded by 4 pixels unless told otherwise, and flips", () => {
    expect(readTrainingOptions({ augment: "flip, crop" }).augment).toEqual({ flip: true, crop: 4 });
    expect(readTrainingOptions({ augment: ["crop:1"] }).augment).toEqual({ crop: 1 });
    expect(readTrainingOptions({ augment: { flip: false } }).augment).toEqual({});
    expect(planOf({ augment: {}, dropout: 0 })).not.toHaveProperty("recipe");
  });

  it("lowers the rate at half and at three quarters of the epochs, and ends a cosine with the last", () => {
    expect(planOf({ schedule: "step", epochs: 30 }).recipe?.schedule).toMatchObject({
      milestones: [15, 22],
      gamma: 0.1,
    });
    expect(planOf({ schedule: "step", epochs: 1 }).recipe?.schedule).toMatchObject({ milestones: [] });
    expect(planOf({ schedule: "cosine", epochs: 30 }).recipe?.schedule).toEqual({
      kind: "cosine",
      epochs: 30,
      warmup: 0,
    });
  });

  it("decays AdamW as PyTorch does unless told otherwise", () => {
    expect(planOf({ optimizer: "adamw" }).optimizer).toMatchObject({
      kind: "adamw",
      learningRate: 1e-4,
      weightDecay: 0.01,
    });
    expect(planOf({ optimizer: "adamw", weightDecay: 0 }).optimizer).toMatchObject({ weightDecay: 0 });
  });

  it.each<[TrainingOptions, string, string]>([
    [
      { momentum: 0.9 },
      "momentum 0.9 with optimizer adam: expected momentum with optimizer sgd; adam has averages of its own",
      "leave momentum out, or choose sgd",
    ],
    [
      { optimizer: "sgd", nesterov: true },
      "nesterov without momentum: expected nesterov beside momentum, which it changes",
      "give momentum too, for instance 0.9",
    ],
    [
      { milestones: [3] },
      "milestones with schedule constant: expected milestones only with schedule step",
      "leave milestones out, or choose step",
    ],
    [
      { schedule: "step", milestones: [5, 10], epochs: 10 },
      "milestones 5,10 in 10 epochs: expected epochs before the last, from 1 to 9: behind it no step is left to lower the rate of",
      "leave 10 out, or give more epochs",
    ],
    [
      { schedule: "cosine", gamma: 0.5 },
      "gamma with schedule cosine: expected gamma only with schedule step",
      "leave gamma out, or choose step",
    ],
    [
      { schedule: "cosine", warmup: 5, epochs: 5 },
      "warmup 5 in 5 epochs: expected a warm-up that ends before the training",
      "give a shorter warmup, or more epochs",
    ],
    [
      { earlyStopping: 3, validation: 0 },
      "earlyStopping with validation 0: expected examples to hold out, by which the training is stopped",
      "give another validation, or leave it out for 0.1",
    ],
    [
      { classWeights: [1, 2, 3] },
      "3 class weights for 10 outputs: expected one for each class",
      "give as many as there are classes, or balanced",
    ],
    [
      { depth: 1, dropout: 0.5 },
      "dropout in an architecture without gates: expected hidden layers, behind whose gates units are left out",
      "leave dropout out, or add a layer",
    ],
    [
      { augment: { crop: 28 } },
      "a crop padded by 28 of images of 28×28: expected less padding than the image has pixels, so that some of it is always seen",
      "give less padding, for instance 4",
    ],
  ])("refuses what means nothing: %j", (options, message, hint) => {
    expect(errorOf(() => trainingOf(options))).toEqual({ message, hint });
  });

  it.each([
    [{ momentum: 1 }, "momentum 1: expected a number of at least 0 and below 1", "give another momentum"],
    [{ weightDecay: -1 }, "weightDecay -1: expected a number of at least 0", "give another weightDecay"],
    [{ nesterov: "yes" }, "nesterov yes: expected true or false", "give nesterov alone, or leave it out"],
    [{ schedule: "cosin" }, 'schedule "cosin": expected constant, step or cosine', 'did you mean "cosine"?'],
    [{ milestones: "8,3" }, "milestones 8,3: expected epochs in ascending order, each once", "for instance 3,8"],
    [{ classWeights: "balance" }, "classWeights balance: expected a number above 0", "give another classWeights"],
    [{ validation: 1 }, "validation 1: expected a number of at least 0 and below 1", "give another validation"],
    [{ augment: "crop,flop" }, 'augment "flop": expected crop or flip', 'did you mean "flip"?'],
    [
      { augment: "crop,crop:3" },
      "augment crop twice: expected crop and flip, each at most once",
      "leave one of them out",
    ],
    [{ augment: "crop:x" }, "augment crop x: expected a whole number of at least 1", "give another augment crop"],
    [{ dropout: "half" }, "dropout half: expected a number of at least 0 and below 1", "give another dropout"],
    [{ clipNorm: 0 }, "clipNorm 0: expected a number above 0", "give another clipNorm"],
  ])("refuses values that are none: %j", (written, message, hint) => {
    expect(errorOf(() => readTrainingOptions(written))).toEqual({ message, hint });
  });
});
