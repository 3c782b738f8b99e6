import type { Examples } from "../data/index.ts";
import { compileInParts, type Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkArrayParts } from "../graph/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type Evaluation, evaluate, examplesPerRun, networkEvaluationGraph } from "../train/index.ts";
import type { Asking } from "./progress.ts";

/**
 * Accuracy and softmax cross-entropy on labeled examples.
 * @param examples `[n, …]` bytes, scaled by 1/255; maps `[c, h, w]` are turned where the network reads `[h, w, c]`
 * @throws GatewiseError if the network reads another number of pixels, or its logits are not finite
 */
export async function evaluateNetwork(
  network: GatedNetwork,
  engine: Engine,
  examples: Examples,
  { signal }: Asking = {},
): Promise<Evaluation> {
  checkArrayParts(examples?.inputs, "the inputs of examples");
  checkArrayParts(examples.labels, "the labels of examples");
  const [, ...shape] = examples.inputs.shape;
  await using program = await compileInParts(
    engine,
    networkEvaluationGraph(network, { shape, dtype: "uint8", labels: "uint8" }),
  );
  const batch = examplesPerRun(network.nodes.map((node) => node.shape));
  const evaluation = await evaluate(program, examples, undefined, { batch, signal });
  if (Number.isFinite(evaluation.loss)) return evaluation;
  throw new GatewiseError({
    code: "numerical-failure",
    received: `a loss of ${evaluation.loss}: the network's values leave float32`,
    expected: "logits of at most 3.4e38",
    next: "look at its weights: `layerValues` in float64 tells where values become large",
  });
}
