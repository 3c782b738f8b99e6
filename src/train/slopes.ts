/** What a step goes down on: the loss that a plan has, its gradients, their norm. */
import {
  add,
  divide,
  gradients,
  minimum,
  multiply,
  type Operand,
  reduceSum,
  sqrt,
  square,
  type Tensor,
} from "../graph/index.ts";
import { exampleLosses, objectiveTargets, weightedLosses } from "./losses.ts";
import { type Optimizer, scalePower, slotNames } from "./optimizers.ts";
import type { NamedTensors } from "./parameters.ts";
import type { TrainingPlan } from "./plan.ts";
import type { Recipe } from "./recipe.ts";

type FloatTensor = Tensor<"float32">;

/** What the loss of a plan wants of one-hot targets. */
export const wantedOf = ({ loss, recipe = {} }: TrainingPlan, targets: FloatTensor): FloatTensor =>
  loss === "softmax-cross-entropy" ? objectiveTargets(targets, recipe.labelSmoothing ?? 0, weightsOf(recipe)) : targets;

/** Loss of each example, of which a step lowers the mean. */
export const objectiveOf = (
  { loss, recipe = {} }: TrainingPlan,
  logits: FloatTensor,
  wanted: FloatTensor,
): FloatTensor =>
  weightsOf(recipe) === undefined ? exampleLosses(loss, logits, wanted) : weightedLosses(logits, wanted);

/** Weights by number; balanced ones have become numbers before a graph is made ({@link withClassWeights}). */
const weightsOf = ({ classWeights }: Recipe): readonly number[] | undefined =>
  classWeights === "balanced" ? undefined : classWeights;

/** Gradients of the mean loss, in the step's scale, by name. */
export function slopesOf(
  plan: TrainingPlan,
  logits: FloatTensor,
  targets: FloatTensor,
  scale: FloatTensor,
  current: NamedTensors,
): NamedTensors {
  const mean = multiply(reduceSum(objectiveOf(plan, logits, targets)), 1 / Number(targets.shape[0]));
  const slopes = gradients(isScaled(plan.optimizer) ? multiply(mean, scale) : mean, Object.values(current));
  return Object.fromEntries(
    Object.keys(current).flatMap((name, i) => (slopes[i] === undefined ? [] : [[name, slopes[i]]])),
  );
}

/**
 * Gradients of a global norm of at most `clipNorm`, all that train together: `g·min(1, c / (‖g‖ + 1e-6))` (Pascanu et al.,
 * ICML 2013, algorithm 1; PyTorch's `clip_grad_norm_`). Decay comes behind it.
 */
export function clipped({ recipe, optimizer }: TrainingPlan, slopes: NamedTensors, scale: FloatTensor): NamedTensors {
  const norm = recipe?.clipNorm;
  const [first, ...rest] = Object.values(slopes).map((slope) => reduceSum(square(slope)));
  if (norm === undefined || first === undefined) return slopes;
  const inScale = (value: number): Operand<"float32"> => (isScaled(optimizer) ? multiply(scale, value) : value);
  const length = add(sqrt(rest.reduce((sum, one) => add(sum, one), first)), inScale(1e-6));
  const factor = minimum(divide(inScale(norm), length), 1);
  return Object.fromEntries(Object.entries(slopes).map(([name, slope]) => [name, multiply(slope, factor)]));
}

/** Whether gradients are scaled within a chunk: only averages of squares gain from it. */
const isScaled = (optimizer: Optimizer): boolean => slotNames(optimizer).some((slot) => scalePower(slot) > 0);
