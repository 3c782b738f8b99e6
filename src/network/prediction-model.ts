import { constant, graph, input, type WrittenModel, writeModel } from "../graph/index.ts";
import type { Architecture } from "./architecture.ts";
import { predict } from "./predict.ts";
import { type RegimeChoice, regimeOf } from "./regime-variant.ts";
import { byName, mapParameters, type TrialParameters } from "./trial-parameters.ts";

/**
 * The network that predicts as an ONNX model, with its parameters inside, for any batch: input `input` (`[batch,
 * …inputShape]`, float32), output `logits`. A gated network holds both its networks; arrays are named `value.1.weight`.
 * @throws GatewiseError for a change of the regime that it has no place for
 */
export function predictionModel(
  architecture: Architecture,
  choice: RegimeChoice,
  parameters: TrialParameters,
): WrittenModel {
  const constants = mapParameters(parameters, (array) => constant(array));
  const x = input("input", "float32", ["batch", ...architecture.inputShape]);
  const { logits } = predict(architecture, regimeOf(choice), constants, x);
  // each an array of its own under its name, though two may hold the same numbers (biases before training)
  const arrays = new Map(Object.entries(byName(constants)).map(([name, tensor]) => [tensor, name]));
  return writeModel(graph({ logits }), { arrays });
}
