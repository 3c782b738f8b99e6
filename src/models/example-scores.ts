/** What each test example is worth to a network: whose means are accuracy and R², and whose scatter tells how sure they are. */
import { type ExampleSet, targetBlock } from "../data/index.ts";
import { compileInParts, type Engine } from "../engine/index.ts";
import { type GatedNetwork, outputCount } from "../network/index.ts";
import { examplesPerRun, networkLogitsGraph } from "../train/index.ts";
import type { EvaluatingOptions } from "./evaluating-options.ts";

/** What examples are worth to a network. */
export interface ExampleScores {
  /**
   * `[n]`: 100 where the class of an example is predicted, else 0, so that the mean is the accuracy in percent; of real values
   * `1 − n·(y − ŷ)²/Σ(y − ȳ)²`, the mean over the outputs, so that the mean is R².
   */
  readonly scores: Float64Array;
  /** Of real values: root of the mean squared error over examples and outputs, in the unit of the values. */
  readonly rmse?: number;
}

/**
 * What each example is worth.
 * @param set as `evaluateNetwork` takes it
 */
export async function exampleScores(
  network: GatedNetwork,
  engine: Engine,
  set: ExampleSet,
  { signal, normalization }: EvaluatingOptions = {},
): Promise<ExampleScores> {
  const { exampleShape: shape, dtype, size } = set;
  const outputs = outputCount(network);
  await using program = await compileInParts(engine, networkLogitsGraph(network, { shape, dtype, normalization }));
  const batch = examplesPerRun(network.nodes.map((node) => node.shape));
  const logits = new Float32Array(size * outputs);
  for (let start = 0; start < size; start += batch) {
    signal?.throwIfAborted();
    const count = Math.min(batch, size - start);
    const { fetched } = await program.run({ inputs: await set.readBlock(start, count) });
    if (fetched.logits?.dtype !== "float32") throw new Error(`unreachable: logits of ${fetched.logits?.dtype}`);
    logits.set(fetched.logits.data, start * outputs);
  }
  const { labels } = set;
  if (labels.dtype === "float32") return valueScores(targetBlock(labels, 0, size).data, logits, outputs);
  const scores = Float64Array.from({ length: size }, (_, i) =>
    predictedClass(logits.subarray(i * outputs, (i + 1) * outputs)) === labels.data[i] ? 100 : 0,
  );
  return { scores };
}

/** The greatest output, the first of several; of one output its sign. */
function predictedClass(logits: Float32Array): number {
  if (logits.length === 1) return (logits[0] ?? 0) > 0 ? 1 : 0;
  return logits.reduce((best, value, i) => (value > (logits[best] ?? 0) ? i : best), 0);
}

/** As R² is defined by `valueErrors`: of values that do not vary, 1 where they are met. */
export function valueScores(
  wanted: ArrayLike<number>,
  predicted: ArrayLike<number>,
  outputs: number,
): Required<ExampleScores> {
  const examples = wanted.length / outputs;
  const scores = new Float64Array(examples);
  let squares = 0;
  for (let output = 0; output < outputs; output++) {
    let [total, spread] = [0, 0];
    for (let i = output; i < wanted.length; i += outputs) total += wanted[i]!;
    for (let i = output; i < wanted.length; i += outputs) spread += (wanted[i]! - total / examples) ** 2;
    for (let i = 0; i < examples; i++) {
      const error = (wanted[i * outputs + output]! - predicted[i * outputs + output]!) ** 2;
      squares += error;
      const missed = spread === 0 ? (error === 0 ? 0 : 1) : (examples * error) / spread;
      scores[i]! += (1 - missed) / outputs;
    }
  }
  return { scores, rmse: Math.sqrt(squares / wanted.length) };
}
