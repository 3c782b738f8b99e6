/** What a plan trained, for numbers as the files of its data have them. */
import { normalizationArrays } from "../data/index.ts";
import type { WrittenModel } from "../graph/index.ts";
import {
  type Affine,
  foldBatchNorm,
  type GatedNetwork,
  gatedNetwork,
  predictionModel,
  regimeOf,
  type TrialParameters,
  withNormalization,
  withOutputUnit,
} from "../network/index.ts";
import type { TrainingPlan } from "./plan.ts";

/** What of a plan decides how its network reads and predicts. */
export type TrainedPlan = Pick<TrainingPlan, "architecture" | "regime" | "variant" | "normalization" | "targets">;

/**
 * The network of a plan, its batch normalizations part of its weights: with the plan's normalization before it, which inputs as files have them go through, and real values in
 * their own unit behind it.
 * @throws GatewiseError if the parameters are not those of the plan
 */
export function trainedNetwork(plan: TrainedPlan, parameters: TrialParameters): GatedNetwork {
  const { input, output } = unitsOf(plan);
  const folded = foldBatchNorm(plan.architecture, parameters);
  const trained = gatedNetwork(folded.architecture, regimeOf(plan), folded.parameters);
  const named = output === undefined ? trained : withOutputUnit(trained, output);
  return input === undefined ? named : withNormalization(named, input);
}

/** The same as an ONNX model; see `predictionModel`. */
export const trainedModel = (plan: TrainedPlan, parameters: TrialParameters): WrittenModel =>
  predictionModel(plan.architecture, plan, parameters, unitsOf(plan));

function unitsOf({ architecture, normalization, targets }: TrainedPlan): {
  readonly input: Affine | undefined;
  readonly output: Affine | undefined;
} {
  return {
    input: normalization && normalizationArrays(normalization, architecture.inputShape),
    output: targets && { factor: Float32Array.from(targets.std), shift: Float32Array.from(targets.mean) },
  };
}
