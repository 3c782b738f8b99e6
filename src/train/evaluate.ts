import type { Program } from "../engine/index.ts";
import type { Parameters } from "../network/index.ts";
import { numbers, wanted } from "./feeds.ts";
import { type LabeledBytes, parts, rows } from "./labeled-bytes.ts";

/** Examples a run takes at once: large enough for fast matrix products, small enough for the cache. */
const BATCH = 1000;
/** The same where examples are maps: activations must fit into the memory of a device. */
const MAPS_BATCH = 100;

export interface Evaluation {
  readonly examples: number;
  /** In percent. */
  readonly accuracy: number;
  /** Mean over the examples. */
  readonly loss: number;
}

/**
 * Mean loss and accuracy over all of `data`.
 * @param program a compiled `evaluationGraph`
 * @param parameters by trial name (`value.1.weight`)
 */
export async function evaluate(program: Program, data: LabeledBytes, parameters: Parameters): Promise<Evaluation> {
  const examples = data.labels.data.length;
  const batch = data.inputs.shape.length === 4 ? MAPS_BATCH : BATCH;
  const sums = { loss: 0, correct: 0 };
  for (const { start, count } of parts(examples, batch)) {
    const feeds = { ...parameters, inputs: rows(data.inputs, start, count), labels: rows(data.labels, start, count) };
    const { fetched } = await program.run(wanted(program, feeds));
    sums.loss += numbers(fetched, "loss")[0] ?? Number.NaN;
    sums.correct += numbers(fetched, "correct")[0] ?? 0;
  }
  return { examples, accuracy: (100 * sums.correct) / examples, loss: sums.loss / examples };
}
