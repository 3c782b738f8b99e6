/** Labels of examples from files, and one example of many: the same for every command that takes them. */
import { classLabels } from "../data/index.ts";
import { readNpyFile } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";
import type { Model } from "../models/index.ts";
import type { CliContext } from "./context.ts";

/** Which labels a file must hold: the option that names it, and of which examples they are. */
export interface LabelsWanted {
  readonly option: string;
  readonly examples: number;
  /** `--train`, in the words of the error. */
  readonly of: string;
}

/**
 * Labels as their file holds them.
 * @throws GatewiseError unless there is one an example
 */
export async function readTargets(file: string, { option, examples, of }: LabelsWanted): Promise<DenseArray> {
  const array = await readNpyFile(file);
  if (array.shape[0] === examples) return array;
  throw new GatewiseError({
    received: `${option} ${file} with ${array.shape[0] ?? 1} labels for ${examples} examples`,
    expected: `one label an example, of ${of}`,
    next: "give the labels of the same examples, in the same order",
  });
}

/** Classes, one an example; undefined where no file is named. */
export const readLabels = async (file: string | undefined, wanted: LabelsWanted): Promise<Int32Array | undefined> =>
  file === undefined ? undefined : classLabels(await readTargets(file, wanted), file);

/** @throws GatewiseError for an input that is not there */
export function checkedQuery(query: number, examples: number): number {
  if (query < examples) return query;
  throw new GatewiseError({
    received: `query ${query}`,
    expected: `an example from 0 to ${examples - 1}`,
    next: "count the inputs from 0",
  });
}

/** The class of the largest logit of each input; none where there is one output. */
export async function predictionsOf(
  model: Model,
  inputs: Parameters<Model["predict"]>[0],
  { signal }: CliContext,
): Promise<readonly number[]> {
  const { outputs } = model;
  if (outputs < 2) return [];
  const { data, shape } = await model.predict(inputs, { signal });
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => {
    let best = 0;
    for (let k = 1; k < outputs; k++) if (data[i * outputs + k]! > data[i * outputs + best]!) best = k;
    return best;
  });
}
