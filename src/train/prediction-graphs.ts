import type { InputRows } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { type Graph, graph, input, reduceSum, reshape, sizeOf, type Tensor, transpose } from "../graph/index.ts";
import {
  forwardNodes,
  type GatedNetwork,
  inputShapeOf,
  outputCount,
  outputsOf,
  type Prediction,
  predict,
  regimeOf,
  trialParameterSpecs,
} from "../network/index.ts";
import { countTrue, exampleLosses, isCorrect, type Loss, targetsOf } from "./losses.ts";
import { inputRows, inputsFor, recordsOf, scaledRows } from "./parameters.ts";
import type { TrainingPlan } from "./plan.ts";

/** What decides how a trained network predicts. */
export type PredictionPlan = Pick<TrainingPlan, "architecture" | "regime" | "variant">;

/** The network that predicts, over parameters and inputs, with any batch. */
function prediction(plan: PredictionPlan, dtype: InputRows["dtype"]): Prediction {
  const { architecture } = plan;
  const regime = regimeOf(plan);
  const inputs = inputRows(dtype, ["batch", ...architecture.inputShape]);
  const specs = trialParameterSpecs(architecture, regime);
  const parameters = recordsOf(specs, inputsFor(specs));
  return predict(architecture, regime, parameters, scaledRows(inputs));
}

/**
 * Summed loss and number of correct predictions of `inputs` and `labels`: outputs `loss` and `correct`.
 * @param dtype of the inputs
 */
export function evaluationGraph(
  plan: PredictionPlan & Pick<TrainingPlan, "loss">,
  dtype: InputRows["dtype"] = "uint8",
): Graph {
  const { logits } = prediction(plan, dtype);
  return measured(logits, outputsOf(plan.architecture), plan.loss);
}

/**
 * The same of a network from anywhere, its softmax cross-entropy.
 * @param dataShape shape of one example of the data; maps `[c, h, w]` are turned where the network reads `[h, w, c]`
 * @throws GatewiseError if the network reads another number of pixels
 */
export function networkEvaluationGraph(network: GatedNetwork, dataShape: readonly number[]): Graph {
  const bytes = inputRows("uint8", ["batch", ...dataShape]);
  const x = arranged(scaledRows(bytes), dataShape, inputShapeOf(network));
  const logits = forwardNodes(network, x).get(network.output);
  if (logits === undefined) throw new Error("unreachable: a network without an output");
  return measured(logits, outputCount(network), "softmax-cross-entropy");
}

function arranged(x: Tensor<"float32">, from: readonly number[], to: readonly number[]): Tensor<"float32"> {
  if (sizeOf(from) !== sizeOf(to)) {
    throw new GatewiseError({
      received: `examples of shape [${from.join(", ")}]`,
      expected: `[${to.join(", ")}], as the network reads them`,
      next: "choose a data set that fits the network",
    });
  }
  const [channels, ...rest] = from;
  const channelsLast = from.length === 3 && [...rest, channels].join() === to.join();
  return reshape(channelsLast ? transpose(x, [0, 2, 3, 1]) : x, ["batch", ...to]);
}

/** Summed loss and number of correct predictions of logits, over `labels` as input. */
function measured(logits: Tensor<"float32">, outputs: number, loss: Loss): Graph {
  const targets = targetsOf(input("labels", "uint8", ["batch"]), outputs);
  return graph({
    loss: reduceSum(exampleLosses(loss, logits, targets)),
    correct: countTrue(isCorrect(logits, targets)),
  });
}

/** Pre-activations that decide the gates of `inputs`. */
export const gatePreActivations = (plan: PredictionPlan, dtype: InputRows["dtype"]): readonly Tensor<"float32">[] =>
  prediction(plan, dtype).gatePreActivations;
