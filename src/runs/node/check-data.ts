/** What is in a data set, and what a training on it would be. */
import { CLASSES, checkExamples, type ExampleFindings, exampleSet, type TargetWords } from "../../data/index.ts";
import { type DataPlaces, handedOver, loadDataset, loadOwn, type Scratch } from "../../data/node/index.ts";
import { type TrainingOptions, trainingOf, USUAL_TRAINING, wordsOfDataset } from "../../experiments/index.ts";
import type { TrainingPlan } from "../../train/index.ts";
import { describeData } from "./describe-data.ts";

/** What a check found. */
export interface CheckedData extends ExampleFindings {
  readonly name: string;
  readonly source: string;
  readonly inputShape: readonly number[];
  readonly dtype: "uint8" | "float32";
  readonly words: TargetWords;
  readonly train: number;
  readonly test: number;
  readonly isSplit: boolean;
  /** What the elements of a vector are called, where they have names. */
  readonly features: readonly string[] | undefined;
  readonly told: readonly string[];
  /** What `train` would do with it. */
  readonly plan: TrainingPlan;
}

/**
 * Reads a data set whole and tells what is in it.
 * @param options as those of a training
 * @param scratch a folder for files of one's own as they were read: without it they are read twice, and held in memory
 * @throws GatewiseError that names file and place, for what is damaged, missing or not finite
 */
export async function checkData(options: TrainingOptions, places: DataPlaces, scratch?: Scratch): Promise<CheckedData> {
  const { data = USUAL_TRAINING.data } = options;
  const described = await describeData(options, places, scratch);
  const { plan } = trainingOf(options, undefined, described);
  const { own, digest = "" } = described ?? {};
  if (own === undefined) {
    if (typeof data !== "string") throw new Error("unreachable: files that were not described");
    const { train, test, inputShape, source, notice } = await loadDataset(data, places);
    return {
      ...(await checkExamples(exampleSet(train), exampleSet(test), CLASSES[data])),
      ...{ name: data, source, inputShape, dtype: "uint8", words: wordsOfDataset(data), plan },
      ...{ train: train.labels.data.length, test: test.labels.data.length, isSplit: false, features: undefined },
      told: notice === undefined ? [] : [notice],
    };
  }
  const kept = scratch === undefined ? undefined : await handedOver(scratch.path, digest);
  const found = kept ?? (await loadOwn(own, undefined, { scratch }));
  const { train, test, words, name, source, inputShape, dtype, isSplit, features, told } = found;
  const classes = words.kind === "classes" ? words.names.length : 0;
  return {
    ...(await checkExamples(train, test, classes)),
    ...{ name, source, inputShape, dtype, words, isSplit, features, told, plan },
    ...{ train: train.size, test: test.size },
  };
}
