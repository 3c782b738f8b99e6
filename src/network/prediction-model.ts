import { add, constant, float32, graph, input, multiply, type WrittenModel, writeModel } from "../graph/index.ts";
import { optionsIn } from "../options.ts";
import type { Architecture } from "./architecture.ts";
import { foldBatchNorm } from "./batch-normalization.ts";
import type { Affine } from "./normalized-network.ts";
import { predict } from "./predict.ts";
import { type RegimeChoice, regimeOf } from "./regime-variant.ts";
import { byName, mapParameters, type TrialParameters } from "./trial-parameters.ts";

/** What a model says whose inputs are numbers as the files of its data have them: it normalizes them itself. */
export const RAW_INPUTS = { "gatewise.inputs": "as in files" } as const;

/**
 * The network that predicts as an ONNX model, with its parameters inside, for any batch: input `input` (`[batch,
 * …inputShape]`, float32), output `logits`. A gated network holds both its networks; arrays are named `value.1.weight`.
 * @param units numbers as files have them: what the input is normalized by, an element each, and what the outputs become
 * @throws GatewiseError for a change of the regime that it has no place for
 */
export function predictionModel(
  architecture: Architecture,
  choice: RegimeChoice,
  parameters: TrialParameters,
  units: { readonly input?: Affine | undefined; readonly output?: Affine | undefined } = {},
): WrittenModel {
  optionsIn(units);
  const folded = foldBatchNorm(architecture, parameters);
  const constants = mapParameters(folded.parameters, (array) => constant(array));
  const x = input("input", "float32", ["batch", ...architecture.inputShape]);
  const affine = (of: typeof x, { factor, shift }: Affine, shape: readonly number[]): typeof x =>
    add(multiply(of, constant(float32(shape, factor))), constant(float32(shape, shift)));
  const normalized = units.input === undefined ? x : affine(x, units.input, architecture.inputShape);
  const predicted = predict(folded.architecture, regimeOf(choice), constants, normalized).logits;
  const { output } = units;
  const logits = output === undefined ? predicted : affine(predicted, output, [output.factor.length]);
  // each an array of its own under its name, though two may hold the same numbers (biases before training)
  const arrays = new Map(Object.entries(byName(constants)).map(([name, tensor]) => [tensor, name]));
  // numbers as files have them go in, which no file says otherwise
  return writeModel(graph({ logits }), units.input === undefined ? { arrays } : { arrays, metadata: RAW_INPUTS });
}
