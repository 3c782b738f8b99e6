/** What is dissected: a network of any framework or a run, on its data, before anything is measured. */
import { DATASET_NAMES, type InputNormalization } from "../../data/index.ts";
import type { Scratch } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type DataDescription,
  type DissectionLength,
  type DissectionMeasure,
  type DissectionRow,
  type DissectionTraining,
  dissectionTrainings,
  type NameOption,
  type NetworkFile,
  type NetworkPart,
  type TrainingOptions,
  withLength,
} from "../../experiments/index.ts";
import { type GatedNetwork, initialParameters, type TrialParameters } from "../../network/index.ts";
import { parseChoice } from "../../parse-value.ts";
import { trainedNetwork } from "../../train/index.ts";
import { checkpointAt, readRecord } from "../run-files.ts";
import type { RunRecord } from "../run-record.ts";
import { type FittedData, fittedData } from "../trial-data.ts";
import type { DataSelection } from "../trial-request.ts";
import { describeData, describedAs } from "./describe-data.ts";
import { columnsOf, refuseNormalization } from "./evaluation-data.ts";
import { folderStore } from "./folder-store.ts";
import { isModelFolder } from "./foreign-model.ts";
import { readGivenNetwork } from "./given-network.ts";
import { exampleShapeOf, withNetwork } from "./run-training.ts";
import { selectedData } from "./selected-data.ts";

/** What is asked for. */
export interface DissectionAsked {
  readonly model: NetworkFile;
  /** Which part of a model is the network, where it has several inputs or open sizes. */
  readonly part?: NetworkPart | undefined;
  /** Of every training; data of its own are taken for a run without any. */
  readonly options: TrainingOptions;
  readonly length: DissectionLength;
  /** Least number of steps, in place of the usual one. */
  readonly steps?: number | undefined;
  readonly rows: readonly DissectionRow[];
  readonly seeds: number;
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir" | "scratch">;
  /** A folder where files of one's own are kept as they were read, for the trainings. */
  readonly scratch?: Scratch | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nameOf?: NameOption;
}

/** A network with its data, and the trainings that are to tell what is in its gates. */
export interface DissectionSubject {
  readonly digest: string;
  /** As it predicts, with what its inputs become before. */
  readonly network: GatedNetwork;
  readonly reading: InputNormalization | undefined;
  /** Networks whose path kernels are compared: its own, and one of random gates; they read what trainings normalize. */
  readonly gated: { readonly gates: GatedNetwork; readonly random: GatedNetwork };
  readonly measure: DissectionMeasure;
  readonly data: FittedData;
  readonly dataName: string;
  readonly trainings: readonly DissectionTraining[];
  /** The first of them, which the others are like: data, architecture, length. */
  readonly first: DissectionTraining["training"];
  /** Before any training, where they begin. */
  readonly start: TrialParameters;
  /** What was decided of the data, for whoever gave them. */
  readonly told: readonly string[];
}

/**
 * Reads model and data, and decides what is trained for how long.
 * @throws GatewiseError for what is not there, is no network with gates of its own, or does not fit the other
 */
export async function openDissection(asked: DissectionAsked): Promise<DissectionSubject> {
  const { model, length, steps, rows, seeds, places, environment, nameOf } = asked;
  const run = (await isModelFolder(fileOf(model.path))) ? await readRecord(folderStore(model.path)) : undefined;
  const options = withDataOf(model.path, asked.options, run);
  const { dataDir, cacheDir } = places;
  const where = { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir };
  const found = await describeData(options, where, asked.scratch);
  // also of a run that is not at its end: it is looked at, not built upon
  const file = await withNetwork(model, exampleShapeOf(options, found), asked.part);
  const described = normalizedAs(options, found, run?.plan.normalization ?? (file.network.raw ? AS_IT_IS : undefined));
  // the length follows from the number of examples, which is known once they are read
  const of = (told: TrainingOptions): readonly DissectionTraining[] =>
    dissectionTrainings(told, file, { rows, seeds }, described, nameOf);
  const [sketch] = of({ ...options, epochs: 1, limit: undefined });
  if (sketch === undefined) throw new Error("unreachable: a dissection without trainings");
  const { data: selection, plan } = sketch.training;
  const loaded = await selectedData({ ...selection, ...places }, environment);
  const data = fittedData(loaded, plan.architecture.inputShape, undefined);
  checkEnough(data, selection.name);
  const targets = plan.targets === undefined ? "classes" : "values";
  const trainings = of(withLength(options, { length, targets, trainExamples: data.train.size, steps }));
  const [{ training: first } = sketch] = trainings;
  const { parameters } = await readGivenNetwork(file, data.train.exampleShape);
  const { architecture, initializer, normalization } = first.plan;
  const own = { architecture, regime: "relu" } as const;
  const random = { architecture, initializer, regime: "frnpf-ii", seed: 0 } as const;
  return {
    digest: file.network.digest,
    network:
      run === undefined
        ? trainedNetwork(own, { value: parameters })
        : trainedNetwork(run.plan, (await checkpointAt(folderStore(model.path), model.at ?? "best")).parameters),
    // a run normalizes what it reads itself
    reading: run?.plan.normalization === undefined ? normalization : AS_IT_IS,
    gated: {
      gates: trainedNetwork(own, { value: parameters }),
      random: trainedNetwork(random, initialParameters(random)),
    },
    measure: targets === "classes" ? "accuracy" : "R²",
    ...{ data, dataName: selection.name, trainings, first },
    start: initialParameters(first.plan, parameters, { [file.network.digest]: parameters }),
    told: [...(found?.told ?? []), ...(loaded.notice === undefined ? [] : [loaded.notice])],
  };
}

/** Without the name of an output. */
const fileOf = (path: string): string => path.replace(/(?<=\.onnx)#.+$/i, "");

/** Of a network that normalizes its inputs itself. */
const AS_IT_IS: InputNormalization = { factor: [1], shift: [0] };

/** The data that are asked for, read as a run read its own where it was not said; of a run without any its own. */
function withDataOf(model: string, options: TrainingOptions, run: RunRecord | undefined): TrainingOptions {
  if (run?.plan.normalization !== undefined) refuseNormalization(options);
  const own = run?.data.own;
  if (options.data !== undefined) {
    return own === undefined || typeof options.data === "string" ? options : { ...columnsOf(own), ...said(options) };
  }
  if (own !== undefined) return { ...own.options, ...said(options), data: { path: own.options.path } };
  if (run !== undefined) return { ...options, data: parseChoice("data set", run.data.name, DATASET_NAMES) };
  throw new GatewiseError({
    received: `${model} without \`data\``,
    expected: "the data that it was trained on: a model does not name its own",
    next: `add \`data\`: ${DATASET_NAMES.join(", ")}, or a file or folder`,
  });
}

/** What stands undefined is not said. */
const said = (options: TrainingOptions): TrainingOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** What was found in the data, with a normalization that is known already. */
function normalizedAs(
  { data, scale, mean, std, standardize }: TrainingOptions,
  found: DataDescription | undefined,
  normalization: InputNormalization | undefined,
): DataDescription | undefined {
  const isSaid = [scale, mean, std, standardize].some((one) => one !== undefined);
  if (normalization === undefined || isSaid) return found;
  if (found !== undefined) return { ...found, normalization };
  return typeof data === "string" ? describedAs(data, normalization) : undefined;
}

/** An interval and kernel machines need some test examples. */
function checkEnough({ test }: FittedData, name: string): void {
  if (test.size >= FEWEST) return;
  throw new GatewiseError({
    received: `${name}, with ${test.size} test examples`,
    expected: `at least ${FEWEST} of them: shares of fewer tell nothing`,
    next: "give a larger test set, or a larger `testShare`",
  });
}
const FEWEST = 10;
