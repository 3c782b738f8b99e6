import { unreachable } from "../errors.ts";
import type { Recipe, Schedule } from "../train/index.ts";

/** What a recipe adds to a training, in words: `cosine schedule, warm-up of 5 epochs; gradients clipped to norm 1`. */
export function recipeWords(recipe: Recipe = {}): string {
  const { schedule, clipNorm, labelSmoothing, classWeights, dropout, augment, validation, earlyStopping } = recipe;
  const parts = [
    ...(schedule === undefined ? [] : [scheduleWords(schedule)]),
    ...(clipNorm === undefined ? [] : [`gradients clipped to norm ${clipNorm}`]),
    ...(labelSmoothing === undefined ? [] : [`labels smoothed by ${labelSmoothing}`]),
    ...(classWeights === undefined
      ? []
      : [`class weights ${classWeights === "balanced" ? classWeights : classWeights.join(", ")}`]),
    ...(dropout === undefined ? [] : [`dropout ${dropout}`]),
    ...(augment?.crop === undefined ? [] : [`random crops of images padded by ${augment.crop}`]),
    ...(augment?.flip ? ["random flips"] : []),
    ...(validation === undefined ? [] : [`${Number((100 * validation).toPrecision(4))} % held out`]),
    ...(earlyStopping === undefined ? [] : [`stopped after ${earlyStopping} epochs without a smaller validation loss`]),
  ];
  return parts.length === 0 ? "nothing added" : parts.join("; ");
}

function scheduleWords(schedule: Schedule): string {
  const warmup = schedule.warmup === 0 ? "" : `, warm-up of ${schedule.warmup} epochs`;
  switch (schedule.kind) {
    case "constant":
      return `constant rate${warmup}`;
    case "step":
      return `rate times ${schedule.gamma} after epochs ${schedule.milestones.join(", ")}${warmup}`;
    case "cosine":
      return `cosine schedule${warmup}`;
    default:
      return unreachable(schedule);
  }
}
