/** Bytes of what a training holds and keeps, from its plan alone. */
import { sizeOf } from "../graph/index.ts";
import { featureNetworks, regimeOf, skeletonOf, trialParameterSpecs } from "../network/index.ts";
import { slotNames } from "./optimizers.ts";
import type { TrainingPlan } from "./plan.ts";

/** Bytes of float32. */
export interface TrainingBytes {
  /** Of all networks. */
  readonly parameters: number;
  /** What the optimizer keeps beside those that train. */
  readonly averages: number;
  /** Of a batch, on its way through all networks once. */
  readonly activations: number;
}

/** Bytes of what a training holds and keeps. */
export function trainingBytes(plan: TrainingPlan): TrainingBytes {
  const regime = regimeOf(plan);
  const specs = trialParameterSpecs(plan.architecture, regime);
  const bytesOf = (own: typeof specs): number => own.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  const maps = skeletonOf(plan.architecture).nodes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    parameters: bytesOf(specs),
    averages: slotNames(plan.optimizer).length * bytesOf(specs.filter(({ trains }) => trains)),
    activations: 4 * plan.batch * maps * (1 + featureNetworks(regime).length),
  };
}
