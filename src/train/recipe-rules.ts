/** What the parts of a recipe ask of the plan that they stand in, and when they end a training. */
import { GatewiseError } from "../errors.ts";
import { formatShape, smallestOf } from "../graph/index.ts";
import { gatedLayers, outputsOf } from "../network/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { TrainingPlan } from "./plan.ts";

/**
 * Whether a training is at its end: all epochs are done, or its validation loss has not fallen for as many of them as early
 * stopping waits.
 */
export const hasEnded = (
  { epochs, recipe }: Pick<TrainingPlan, "epochs" | "recipe">,
  { epoch, bestEpoch }: Pick<Checkpoint, "epoch" | "bestEpoch">,
): boolean => epoch >= epochs || (recipe?.earlyStopping !== undefined && epoch - bestEpoch >= recipe.earlyStopping);

/** @throws GatewiseError for parts of a recipe that its plan has no place for */
export function checkRecipe({ architecture, loss, recipe = {} }: TrainingPlan): void {
  const { labelSmoothing, classWeights, earlyStopping, validation, dropout, augment } = recipe;
  if (loss !== "softmax-cross-entropy" && (labelSmoothing !== undefined || classWeights !== undefined)) {
    throw new GatewiseError({
      received: `${labelSmoothing === undefined ? "class weights" : "label smoothing"} with the loss ${loss}`,
      expected: "softmax-cross-entropy, whose targets are classes",
      next: "leave it out of the recipe, or change the loss",
    });
  }
  if (earlyStopping !== undefined && validation === undefined) {
    throw new GatewiseError({
      received: "early stopping without a validation part",
      expected: "a share of the training examples to hold out, by which the training is stopped",
      next: "give `validation` too, for instance 0.1",
    });
  }
  if (dropout !== undefined && gatedLayers(architecture).length === 0) {
    throw new GatewiseError({
      received: "dropout in an architecture without gates",
      expected: "hidden layers, behind whose gates units are left out",
      next: "leave dropout out, or add a layer",
    });
  }
  const { inputShape } = architecture;
  if (augment !== undefined && inputShape.length < 2) {
    throw new GatewiseError({
      received: `crops and flips of examples of shape ${formatShape(inputShape)}`,
      expected: "images: [height, width] or [channels, height, width]",
      next: "leave them out, or give images in their shape",
    });
  }
  const sides = inputShape.slice(-2);
  if (augment?.crop !== undefined && augment.crop >= smallestOf(sides)) {
    throw new GatewiseError({
      received: `a crop padded by ${augment.crop} of images of ${sides.join("×")}`,
      expected: "less padding than the image has pixels, so that some of it is always seen",
      next: "give less padding, for instance 4",
    });
  }
  const outputs = outputsOf(architecture);
  if (classWeights !== undefined && classWeights !== "balanced" && classWeights.length !== outputs) {
    throw new GatewiseError({
      received: `${classWeights.length} class weights for ${outputs} outputs`,
      expected: "one for each class",
      next: "give as many as there are classes, or balanced",
    });
  }
}
