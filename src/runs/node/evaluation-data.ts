/** What a network is measured on: the test set of a data set by its name, or of files of one's own. */
import {
  DATASET_NAMES,
  type DatasetName,
  type ExampleSource,
  type InputNormalization,
  normalizationOf,
  type OwnDataset,
} from "../../data/index.ts";
import { type DataPlaces, loadOwn, loadTestSet, type Scratch } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type DataFiles, type DataOptions, type OwnFiles, ownDataOf, wordsOfDataset } from "../../experiments/index.ts";
import { parseChoice } from "../../parse-value.ts";
import { isModelFolder } from "./foreign-model.ts";
import { readRun } from "./run-directory.ts";
import { loadSameFiles } from "./selected-data.ts";

/** Examples to measure a network on. */
export interface EvaluationData {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly examples: ExampleSource;
  /** Asked for, before a network reads them that normalizes nothing itself. */
  readonly normalization: InputNormalization | undefined;
  readonly told: readonly string[];
}

/**
 * The examples that a network is to be measured on.
 * @param model path of a run, whose own data are taken where none are given and whose classes are those of the files, or of an
 * `.onnx` file
 * @param scratch a folder for files of one's own that are more than memory should hold
 * @throws GatewiseError where nothing says what to measure on, and for files that do not fit the run
 */
export async function evaluationData(
  model: string,
  data: DatasetName | DataFiles | undefined,
  options: DataOptions,
  places: DataPlaces,
  scratch?: Scratch,
): Promise<EvaluationData> {
  const run = (await isModelFolder(model)) ? await readRun(model) : undefined;
  if (run?.plan.normalization !== undefined) refuseNormalization(options);
  const own = run?.data.own;
  if (data === undefined && own !== undefined) return evaluated(await loadSameFiles(own, scratch), options, []);
  const named = data ?? (run === undefined ? undefined : parseChoice("data set", run.data.name, DATASET_NAMES));
  if (named === undefined) {
    throw new GatewiseError({
      received: `${model} without \`data\``,
      expected: "the data set to measure it on: a model does not name its own",
      next: `add \`data\`: ${DATASET_NAMES.join(", ")}, or a file or folder`,
    });
  }
  if (typeof named === "string") {
    const { test, inputShape, notice } = await loadTestSet(named, places);
    const normalization = normalizationFor(options, { shape: inputShape, dtype: "uint8" });
    return { name: named, inputShape, examples: test, normalization, told: notice === undefined ? [] : [notice] };
  }
  return await fromFiles(named, options, own, run?.data.name, scratch);
}

async function fromFiles(
  { path }: DataFiles,
  options: DataOptions,
  own: OwnFiles | undefined,
  trainedOn: string | undefined,
  scratch: Scratch | undefined,
): Promise<EvaluationData> {
  const given = ownDataOf(path, options);
  // what is not said is as it was in training
  const asked = own === undefined ? given : { ...columnsOf(own), ...given };
  const known = own?.words ?? (trainedOn === undefined ? undefined : wordsOf(trainedOn));
  const found = await loadOwn(asked, known, { scratch });
  if (!found.isSplit) return evaluated(found, options, found.told);
  if (own !== undefined && found.digest === own.digest) {
    return evaluated(found, options, ["the data of the training: measured on the part that was kept for testing"]);
  }
  const { testShare: _, splitSeed: __, ...whole } = asked;
  const all = await loadOwn(whole, known, { split: false, scratch });
  return evaluated(all, options, [...all.told, `no test set: measured on all ${all.test.size} examples`]);
}

/** How the files of a training were read, but for where they are. */
export const columnsOf = ({ options: { path: _, testData: __, testLabels: ___, labels: ____, ...others } }: OwnFiles) =>
  others;

/** Classes of a data set by its name, in the files of somebody else. */
function wordsOf(name: string): OwnDataset["words"] | undefined {
  const known = DATASET_NAMES.find((one) => one === name);
  return known === undefined ? undefined : wordsOfDataset(known);
}

const evaluated = (
  { name, inputShape, dtype, test }: OwnDataset,
  options: DataOptions,
  told: readonly string[],
): EvaluationData => ({
  ...{ name, inputShape, examples: test, told },
  normalization: normalizationFor(options, { shape: inputShape, dtype }),
});

function normalizationFor(
  options: DataOptions,
  input: { readonly shape: readonly number[]; readonly dtype: "uint8" | "float32" },
): InputNormalization | undefined {
  if (options.standardize === true) {
    throw new GatewiseError({
      received: "`standardize` of test examples",
      expected: "`mean` and `std` of the training examples",
      next: "give them, or the run, which keeps its own",
    });
  }
  const { scale, mean, std } = options;
  return scale === undefined && mean === undefined && std === undefined ? undefined : normalizationOf(options, input);
}

/** @throws GatewiseError for options that would normalize what a run normalizes itself */
export function refuseNormalization({ scale, mean, std, standardize }: DataOptions): void {
  if ([scale, mean, std, standardize].every((one) => one === undefined)) return;
  throw new GatewiseError({
    received: "`scale`, `mean`, `std` or `standardize` with a run that normalizes its inputs",
    expected: "inputs as the files have them",
    next: "leave them out",
  });
}
