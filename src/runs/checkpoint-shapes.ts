/** Whether a checkpoint belongs to the run that it lies in. */
import { checkParameters, regimeOf, type TrialParameters, trialParameterSpecs } from "../network/index.ts";
import type { TrainingPlan } from "../train/index.ts";

/**
 * @param file name of the checkpoint, to tell it in errors
 * @throws GatewiseError unless it holds the parameters of the plan's networks
 */
export const checkShapes = (file: string, parameters: TrialParameters, plan: TrainingPlan): void =>
  checkParameters(parameters, trialParameterSpecs(plan.architecture, regimeOf(plan)), {
    code: "damaged-file",
    received: file,
    expected: "as the run.json beside it has the network",
    next: "bring back the two that belong together, or train the run again",
  });
