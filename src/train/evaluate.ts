import { type ExampleSet, type ExampleSource, exampleSet, targetBlock } from "../data/index.ts";
import type { Feeds, Program } from "../engine/index.ts";
import { byName, foldedParameters, type TrialParameters } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { numbers, wanted } from "./feeds.ts";
import { parts } from "./parts.ts";
import { type ValueErrors, valueErrors } from "./value-errors.ts";

/** How a network does on labeled examples. */
export interface Evaluation {
  readonly examples: number;
  /** In percent; of real values the share of their variance that is explained, 100 R². */
  readonly accuracy: number;
  /** Mean over the examples. */
  readonly loss: number;
  /** Of real values alone. */
  readonly values?: ValueErrors;
}

/** How an evaluation is run. */
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
export const evaluate = async (
  program: Program,
  data: ExampleSource,
  parameters: TrialParameters | undefined,
  options: EvaluationOptions,
): Promise<Evaluation> => {
  optionsIn(options);
  return evaluateSet(
    program,
    exampleSet(data),
    parameters === undefined ? {} : byName(foldedParameters(parameters)),
    options,
  );
};

/** The same with parameters by name, which may live in the engine. */
export async function evaluateSet(
  program: Program,
  set: ExampleSet,
  parameters: Feeds,
  { batch, signal }: EvaluationOptions,
): Promise<Evaluation> {
  const examples = set.size;
  const sums = { loss: 0, correct: 0 };
  const real = set.labels.dtype === "float32" ? set.labels : undefined;
  const squares = new Float64Array(real?.shape[1] ?? 0);
  for (const { start, count } of parts(examples, batch)) {
    signal?.throwIfAborted();
    const labels = targetBlock(set.labels, start, count);
    const feeds = { ...parameters, inputs: await set.readBlock(start, count), labels };
    const { fetched } = await program.run(wanted(program, feeds));
    sums.loss += numbers(fetched, "loss")[0] ?? Number.NaN;
    if (real === undefined) sums.correct += numbers(fetched, "correct")[0] ?? 0;
    else
      for (const [output, sum] of numbers(fetched, "squares").entries()) squares[output] = (squares[output] ?? 0) + sum;
  }
  if (real !== undefined) {
    const values = valueErrors(real, squares);
    return { examples, accuracy: 100 * values.r2, loss: sums.loss / examples, values };
  }
  return { examples, accuracy: (100 * sums.correct) / examples, loss: sums.loss / examples };
}
