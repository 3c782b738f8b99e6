import { expect, it } from "vitest";
import { recipeWords } from "../../src/report/recipe-words.ts";
import type { Recipe } from "../../src/train/index.ts";

it.each<[Recipe | undefined, string]>([
  [undefined, "nothing added"],
  [{ schedule: { kind: "constant", warmup: 2 } }, "constant rate, warm-up of 2 epochs"],
  [
    { schedule: { kind: "step", milestones: [15, 22], gamma: 0.1, warmup: 0 }, clipNorm: 1 },
    "rate times 0.1 after epochs 15, 22; gradients clipped to norm 1",
  ],
  [
    { schedule: { kind: "cosine", epochs: 9, warmup: 0 }, labelSmoothing: 0.1, classWeights: "balanced", dropout: 0.2 },
    "cosine schedule; labels smoothed by 0.1; class weights balanced; dropout 0.2",
  ],
  [
    { classWeights: [1, 2], augment: { crop: 4, flip: true }, validation: 0.1, earlyStopping: 5 },
    "class weights 1, 2; random crops of images padded by 4; random flips; 10 % held out; stopped after 5 epochs without a smaller validation loss",
  ],
])("%j", (recipe, words) => {
  expect(recipeWords(recipe)).toBe(words);
});
