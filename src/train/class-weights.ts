import type { ExampleSet } from "../data/index.ts";
import { outputsOf } from "../network/index.ts";
import type { TrainingPlan } from "./plan.ts";

/**
 * The plan with the weights of its classes as numbers: balanced ones are `n / (C·n_c)` of the labels trained on, `C` the
 * classes among them (King and Zeng, 2001; scikit-learn's `class_weight="balanced"`); 1 for a class without examples.
 * @param labels `[n]`, classes: weights come with no other targets
 */
export function withClassWeights(plan: TrainingPlan, labels: ExampleSet["labels"]): TrainingPlan {
  if (plan.recipe?.classWeights !== "balanced") return plan;
  const counts = new Array<number>(outputsOf(plan.architecture)).fill(0);
  for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1;
  const classes = counts.filter((count) => count > 0).length;
  const classWeights = counts.map((count) => (count === 0 ? 1 : labels.data.length / (classes * count)));
  return { ...plan, recipe: { ...plan.recipe, classWeights } };
}
