import type { Program } from "../engine/index.ts";
import { byName, type TrialParameters } from "../network/index.ts";
import { numbers, wanted } from "./feeds.ts";
import { type LabeledBytes, parts, rows } from "./labeled-bytes.ts";

export interface Evaluation {
  readonly examples: number;
  /** In percent. */
  readonly accuracy: number;
  /** Mean over the examples. */
  readonly loss: number;
}

export interface EvaluationOptions {
  /** Examples a run of the engine takes, see `examplesPerRun`. */
  readonly batch: number;
  /** Asked before each run: the test of a large network takes minutes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Mean loss and accuracy over all of `data`.
 * @param program a compiled `evaluationGraph`
 * @param parameters those of the trial that the graph is of; undefined for a network that holds its own
 * @throws the signal's reason once it is aborted
 */
export async function evaluate(
  program: Program,
  data: LabeledBytes,
  parameters: TrialParameters | undefined,
  { batch, signal }: EvaluationOptions,
): Promise<Evaluation> {
  const examples = data.labels.data.length;
  const named = parameters === undefined ? {} : byName(parameters);
  const sums = { loss: 0, correct: 0 };
  for (const { start, count } of parts(examples, batch)) {
    signal?.throwIfAborted();
    const feeds = { ...named, inputs: rows(data.inputs, start, count), labels: rows(data.labels, start, count) };
    const { fetched } = await program.run(wanted(program, feeds));
    sums.loss += numbers(fetched, "loss")[0] ?? Number.NaN;
    sums.correct += numbers(fetched, "correct")[0] ?? 0;
  }
  return { examples, accuracy: (100 * sums.correct) / examples, loss: sums.loss / examples };
}
