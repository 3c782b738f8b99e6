/** From a specification to the trainings that it asks for: options read, files looked at, each once. */
import { resolve } from "node:path";
import type { DataPlaces, Scratch } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type DataDescription,
  type NetworkFile,
  type NetworkPart,
  needsFiles,
  readTrainingOptions,
  type Training,
  type TrainingOptions,
  trainingOf,
} from "../../experiments/index.ts";
import { describeData, withFiles } from "../../runs/node/index.ts";
import type { AskedTraining } from "../families.ts";
import { pointsOf, type SweepPoint } from "../points.ts";
import type { SweepSpecification } from "../specification.ts";

/** A point whose options are read. */
export interface ReadPoint extends Pick<SweepPoint, "settings"> {
  readonly options: TrainingOptions;
}

/**
 * The points of a specification, with their options read.
 * @param file its name, for errors
 * @throws GatewiseError for a value that an option does not take, and options that do not go together, naming the trial
 */
export const readPoints = (specification: SweepSpecification, file: string): readonly ReadPoint[] =>
  pointsOf(specification).map(({ options: written, settings }, i) => {
    try {
      const options = readTrainingOptions(written);
      // what hangs on no file is refused before any is looked at
      if (!needsFiles(options)) trainingOf(options);
      return { settings, options };
    } catch (thrown) {
      throw inTrial(thrown, file, i, settings);
    }
  });

/** What is asked for, and where its files are. */
export interface PointFiles {
  readonly file: string;
  readonly part: NetworkPart | undefined;
  readonly places: DataPlaces;
  readonly scratch: Scratch | undefined;
  /** Told what was decided of the data. */
  readonly onNotice: (text: string) => void;
}

/**
 * The trainings of points.
 * @throws GatewiseError for files that are not there or do not fit, naming the trial
 */
export async function trainingsOf(
  points: readonly ReadPoint[],
  { file, part, places, scratch, onNotice }: PointFiles,
): Promise<readonly AskedTraining[]> {
  const described = new Map<string, DataDescription | undefined>();
  const read = new Map<string, TrainingOptions>();
  const asked: AskedTraining[] = [];
  for (const [i, { options, settings }] of points.entries()) {
    try {
      const key = dataKey(options);
      if (!described.has(key)) {
        const found = await describeData(options, places, scratch);
        for (const text of found?.told ?? []) onNotice(text);
        described.set(key, found);
      }
      const data = described.get(key);
      const files = fileKey(options);
      if (!read.has(files)) read.set(files, filesOf(await withFiles(options, data, part)));
      const training = anywhere(trainingOf({ ...options, ...read.get(files) }, undefined, data));
      asked.push({ training, settings });
    } catch (thrown) {
      throw inTrial(thrown, file, i, settings);
    }
  }
  return asked;
}

/** The options that name files; what stands in them is read once for all trials that name the same. */
const filesOf = ({ arch, from, init, gates, labelsTransform, examples }: TrainingOptions): TrainingOptions => ({
  ...(arch === undefined ? {} : { arch }),
  ...(from === undefined ? {} : { from }),
  ...(init === undefined ? {} : { init }),
  ...(gates === undefined ? {} : { gates }),
  ...(labelsTransform === undefined ? {} : { labelsTransform }),
  ...(examples === undefined ? {} : { examples }),
});
const fileKey = (options: TrainingOptions): string => JSON.stringify([filesOf(options), dataKey(options)]);

/** What describes data: all options but those that say how it is trained. */
function dataKey(options: TrainingOptions): string {
  const { data, keys, labels, label, drop, header, testData, testLabels, testShare, splitSeed, targets, layout } =
    options;
  const { color, scale, mean, std, standardize } = options;
  const read = {
    keys,
    labels,
    label,
    drop,
    header,
    testData,
    testLabels,
    testShare,
    splitSeed,
    targets,
    layout,
    color,
  };
  return JSON.stringify({ data, ...read, scale, mean, std, standardize });
}

/** Paths that mean the same wherever a trial runs. */
const anywhere = ({ from, given, ...training }: Training): Training => ({
  ...training,
  from: from && absolute(from),
  given: given.map(absolute),
});

function absolute({ path, part, ...file }: NetworkFile): NetworkFile {
  const { set, ...input } = part ?? {};
  const places = Object.entries(set ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? resolve(value) : value,
  ]);
  return {
    ...file,
    path: resolve(path),
    ...(part === undefined
      ? {}
      : { part: { ...input, ...(set === undefined ? {} : { set: Object.fromEntries(places) }) } }),
  };
}

/** A mistake, with the trial that it is in. */
function inTrial(thrown: unknown, file: string, index: number, settings: SweepPoint["settings"]): unknown {
  if (!(thrown instanceof GatewiseError)) return thrown;
  const words = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const { code, received, expected, hint: next } = thrown;
  const where = words.length === 0 ? file : `${file}, trial ${index + 1} (${words.join(", ")})`;
  return new GatewiseError({ code, received: `${where}: ${received}`, expected, next, cause: thrown });
}
