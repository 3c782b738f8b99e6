import { type ExampleSet, type ExampleSource, exampleSet } from "../data/index.ts";
import { compileInParts, type Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkArrayParts } from "../graph/index.ts";
import { type GatedNetwork, outputCount } from "../network/index.ts";
import { type Evaluation, evaluate, examplesPerRun, networkEvaluationGraph } from "../train/index.ts";
import type { EvaluatingOptions } from "./evaluating-options.ts";

/**
 * Accuracy and softmax cross-entropy on labeled examples, or errors of real values.
 * @param examples `[n, …]`, bytes scaled by 1/255 unless a normalization says otherwise; maps `[c, h, w]` are turned where the
 * network reads `[h, w, c]`
 * @throws GatewiseError if the network reads another number of pixels, has no output for a label, or gives what is not finite
 */
export async function evaluateNetwork(
  network: GatedNetwork,
  engine: Engine,
  examples: ExampleSource,
  { signal, normalization }: EvaluatingOptions = {},
): Promise<Evaluation> {
  if (examples === undefined || !("readBatch" in examples)) checkArrayParts(examples?.inputs, "the inputs of examples");
  checkArrayParts(examples.labels, "the labels of examples");
  const set = exampleSet(examples);
  if (set.size === 0) {
    throw new GatewiseError({
      received: "no examples to evaluate on",
      expected: "at least one, with its label",
      next: "give examples",
    });
  }
  checkOutputs(outputCount(network), set);
  const { exampleShape: shape, dtype, labels } = set;
  const data = { shape, dtype, labels: labels.dtype, normalization };
  await using program = await compileInParts(engine, networkEvaluationGraph(network, data));
  const batch = examplesPerRun(network.nodes.map((node) => node.shape));
  const evaluation = await evaluate(program, set, undefined, { batch, signal });
  if (Number.isFinite(evaluation.loss)) return evaluation;
  throw new GatewiseError({
    code: "numerical-failure",
    received: `a loss of ${evaluation.loss}: the network's values leave float32`,
    expected: "logits of at most 3.4e38",
    next: "look at its weights: `layerValues` in float64 tells where values become large",
  });
}

function checkOutputs(outputs: number, { labels }: ExampleSet): void {
  if (labels.dtype === "float32") {
    if (labels.shape[1] === outputs) return;
    throw new GatewiseError({
      received: `${labels.shape[1] ?? 1} values an example for a network of ${outputs} outputs`,
      expected: "as many values as outputs",
      next: "choose the data that the network was trained on, or another output",
    });
  }
  const classes = Math.max(outputs, 2);
  const wrong = labels.data.findIndex((label) => label >= classes);
  if (wrong < 0) return;
  throw new GatewiseError({
    received: `class ${labels.data[wrong]} of example ${wrong} for a network of ${outputs} outputs`,
    expected: `classes 0 to ${classes - 1}`,
    next: "choose data of as many classes as the network tells apart",
  });
}
