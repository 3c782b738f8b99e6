import { type Graph, graph, input, reduceSum, type Tensor } from "../graph/index.ts";
import { type Architecture, outputsOf, type Prediction, predict, REGIMES, type Regime } from "../network/index.ts";
import { countTrue, exampleLosses, isCorrect, targetsOf } from "./losses.ts";
import { inputsFor, networkPair, scaleBytes, trialParameters } from "./parameters.ts";
import type { TrainingPlan } from "./plan.ts";

/** The network that predicts, over parameters and bytes as inputs, with any batch. */
function prediction(architecture: Architecture, regime: Regime): Prediction {
  const inputs = input("inputs", "uint8", ["batch", ...architecture.inputShape]);
  const parameters = networkPair(inputsFor(trialParameters(architecture, regime)));
  return predict(architecture, regime, parameters, scaleBytes(inputs));
}

/** Summed loss and number of correct predictions of `inputs` and `labels`: outputs `loss` and `correct`. */
export function evaluationGraph({
  architecture,
  regime,
  loss,
}: Pick<TrainingPlan, "architecture" | "regime" | "loss">): Graph {
  const { logits } = prediction(architecture, REGIMES[regime]);
  const targets = targetsOf(input("labels", "uint8", ["batch"]), outputsOf(architecture));
  return graph({
    loss: reduceSum(exampleLosses(loss, logits, targets)),
    correct: countTrue(isCorrect(logits, targets)),
  });
}

/** Pre-activations that decide the gates of `inputs`. */
export const gatePreActivations = (plan: Pick<TrainingPlan, "architecture" | "regime">): readonly Tensor<"float32">[] =>
  prediction(plan.architecture, REGIMES[plan.regime]).gatePreActivations;
