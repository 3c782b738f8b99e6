/** Whether a checkpoint belongs to the run that it lies in. */
import { GatewiseError } from "../errors.ts";
import { type Parameters, regimeOf } from "../network/index.ts";
import { type TrainingPlan, trialParameters } from "../train/index.ts";

/**
 * @param file name of the checkpoint, to tell it in errors
 * @throws GatewiseError unless it holds the parameters of the plan's networks
 */
export function checkShapes(file: string, tensors: Parameters, plan: TrainingPlan): void {
  for (const { name, shape } of trialParameters(plan.architecture, regimeOf(plan))) {
    const found = tensors[name];
    if (found !== undefined && `${found.shape}` === `${shape}`) continue;
    throw new GatewiseError({
      received:
        found === undefined ? `${file} without ${name}` : `${file} with ${name} of shape [${found.shape.join(", ")}]`,
      expected: `${name} of shape [${shape.join(", ")}], as the run.json beside it has the network`,
      next: "bring back the two that belong together, or train the run again",
    });
  }
}
