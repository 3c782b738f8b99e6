import type { InputNormalization, InputRows, TargetRows } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  type Graph,
  graph,
  reduceSum,
  reshape,
  sizeOf,
  square,
  subtract,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import {
  foldedArchitecture,
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
import { countTrue, exampleLosses, isCorrect, type Loss, targetsOf, usualLoss } from "./losses.ts";
import { inputRows, inputsFor, recordsOf, scaledRows, targetInput } from "./parameters.ts";
import type { TrainingPlan } from "./plan.ts";

/** What decides how a trained network predicts. */
export type PredictionPlan = Pick<TrainingPlan, "architecture" | "regime" | "variant" | "normalization">;

/** The network that predicts, over parameters (batch normalizations folded) and inputs, with any batch. */
function prediction(plan: PredictionPlan, dtype: InputRows["dtype"]): Prediction {
  const architecture = foldedArchitecture(plan.architecture);
  const regime = regimeOf(plan);
  const inputs = inputRows(dtype, ["batch", ...architecture.inputShape]);
  const specs = trialParameterSpecs(architecture, regime);
  const parameters = recordsOf(specs, inputsFor(specs));
  return predict(architecture, regime, parameters, scaledRows(inputs, plan.normalization));
}

/**
 * Summed loss and number of correct predictions of `inputs` and `labels`: outputs `loss` and `correct`; of real values `squares`
 * in its place, the summed squares of the errors of each output.
 * @param dtype of the inputs
 * @param labels dtype of what they should give
 */
export function evaluationGraph(
  plan: PredictionPlan & Pick<TrainingPlan, "loss">,
  dtype: InputRows["dtype"] = "uint8",
  labels: TargetRows["dtype"] = "uint8",
): Graph {
  const { logits } = prediction(plan, dtype);
  return measured(logits, outputsOf(plan.architecture), plan.loss, labels);
}

/** What the network of a plan says of each example: `logits`, `[batch, outputs]`, over parameters and `inputs`. */
export const logitsGraph = (plan: PredictionPlan, dtype: InputRows["dtype"] = "uint8"): Graph =>
  graph({ logits: prediction(plan, dtype).logits });

/** The data that a network from anywhere is measured on. */
export interface MeasuredData {
  /** Of one example; maps `[c, h, w]` are turned where the network reads `[h, w, c]`. */
  readonly shape: readonly number[];
  readonly dtype: InputRows["dtype"];
  readonly labels: TargetRows["dtype"];
  /** Before the network reads them; bytes are scaled by 1/255 unless told otherwise. */
  readonly normalization?: InputNormalization | undefined;
}

/**
 * The same of a network from anywhere, its softmax cross-entropy, or its squared error from real values.
 * @throws GatewiseError if the network reads another number of pixels
 */
export function networkEvaluationGraph(network: GatedNetwork, data: MeasuredData): Graph {
  const logits = logitsOf(network, data);
  const outputs = outputCount(network);
  const loss = usualLoss(data.labels === "float32" ? "values" : "classes", outputs);
  return measured(logits, outputs, loss, data.labels);
}

/**
 * What a network from anywhere says of each example: `logits`, `[batch, outputs]`.
 * @throws GatewiseError if the network reads another number of pixels
 */
export const networkLogitsGraph = (network: GatedNetwork, data: Omit<MeasuredData, "labels">): Graph =>
  graph({ logits: logitsOf(network, data) });

function logitsOf(
  network: GatedNetwork,
  { dtype, shape, normalization }: Omit<MeasuredData, "labels">,
): Tensor<"float32"> {
  const rows = inputRows(dtype, ["batch", ...shape]);
  const x = arranged(scaledRows(rows, normalization), shape, inputShapeOf(network));
  const logits = forwardNodes(network, x).get(network.output);
  if (logits === undefined) throw new Error("unreachable: a network without an output");
  return logits;
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

/** Summed loss and number of correct predictions of logits, or their errors, over `labels` as input. */
function measured(logits: Tensor<"float32">, outputs: number, loss: Loss, labels: TargetRows["dtype"]): Graph {
  const targets = targetsOf(targetInput(labels, ["batch"], outputs), outputs);
  if (labels === "float32") {
    return graph({
      loss: reduceSum(exampleLosses(loss, logits, targets)),
      squares: reduceSum(square(subtract(logits, targets)), [0]),
    });
  }
  return graph({
    loss: reduceSum(exampleLosses(loss, logits, targets)),
    correct: countTrue(isCorrect(logits, targets)),
  });
}

/** Pre-activations that decide the gates of `inputs`. */
export const gatePreActivations = (plan: PredictionPlan, dtype: InputRows["dtype"]): readonly Tensor<"float32">[] =>
  prediction(plan, dtype).gatePreActivations;
