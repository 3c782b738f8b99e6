/** Watched trainings: a place a seed, one after the other; a line a measurement, a checkpoint an epoch. */
import { z } from "zod";
import { type Dataset, type Examples, firstExamples, type TrainAndTest } from "../../data/index.ts";
import {
  asProfiled,
  type Measurement,
  measureOf,
  ofClasses,
  type Watched,
  type WatchedExperiment,
  type WatchedProfile,
  watchTraining,
} from "../../experiments/index.ts";
import type { Checkpoint } from "../../train/index.ts";
import { appendMeasured, keepMeasured, measuredLines, Real } from "../measured-lines.ts";
import { checkLength } from "../resuming.ts";
import { readCheckpoint, writeCheckpoint } from "../run-files.ts";
import type { Store } from "../store.ts";
import type { ExperimentView, Runner, WatchedFindings } from "./runner.ts";
import { seedParts, seedPlaces } from "./seed-parts.ts";

const Line = z.strictObject({
  epoch: z.int().min(0),
  testAccuracy: z.number().optional(),
  measured: z.record(z.string(), Real),
});

type Rows = readonly Watched<Measurement>[];

export const watchedRunner: Runner<"watched"> = {
  find,
  parts: (view) => seedPlaces(lengthOf(view).runs),
  async run(job, host, { signal, onEvent }) {
    const { device } = job;
    const length = lengthOf(job);
    const experiment = asProfiled(job.experiment, length);
    const data = chosenData(experiment, length, await host.loadData(length.data));
    // in this thread: a kernel's blocks would be copied to another and back, and no run lasts longer than a second
    await using measuring = await host.openEngine("cpu", "here");
    await using other = device === "cpu" ? undefined : await host.openEngine(device, "here");
    const { features } = length;
    const measure = measureOf(experiment, data, length.examples, measuring, { features, signal });
    await using _place = await job.claim();
    const training = { engine: other ?? measuring, clock: host.clock, signal };
    const of = length.runs * (Math.ceil(length.epochs / length.every) + 1);
    let done = 0;
    const count = (more: number): void => {
      done += more;
      onEvent({ kind: "count", done, of });
    };
    for (const [seed, part] of seedParts(job, length.runs)) {
      const { rows, checkpoint } = await resumable(part, seed, length);
      count(rows.length);
      if (rows.at(-1)?.epoch === length.epochs) continue;
      await keepMeasured(part, rows.map(lineOf));
      for await (const step of watchTraining(experiment, length, seed, data, training, measure, checkpoint)) {
        if (step.row !== undefined) await appendMeasured(part, lineOf(step.row));
        if (step.checkpoint !== undefined) await writeCheckpoint(part, "last", step.checkpoint);
        if (step.row !== undefined) count(1);
      }
    }
    return await find(job);
  },
};

async function find(view: ExperimentView<"watched">): Promise<WatchedFindings> {
  const { experiment, profile } = view;
  const length = lengthOf(view);
  const parts = await Promise.all(
    seedParts(view, length.runs).map(async ([seed, part]) => ({ seed, rows: await rowsOf(part, seed) })),
  );
  const missing = parts.flatMap(({ seed, rows }) => {
    const epoch = rows.at(-1)?.epoch;
    if (epoch === undefined) return [`seed ${seed}: not started`];
    return epoch < length.epochs ? [`seed ${seed}: measured up to epoch ${epoch} of ${length.epochs}`] : [];
  });
  return { kind: "watched", experiment, profile, length, rows: parts.flatMap(({ rows }) => rows), missing };
}

function lengthOf({ experiment, profile, options }: Omit<ExperimentView<"watched">, "store">): WatchedProfile {
  const own = experiment.profiles[profile];
  return { ...own, epochs: options.epochs ?? own.epochs, runs: options.seeds ?? own.runs };
}

function chosenData(
  { classes }: WatchedExperiment,
  { limit, testLimit }: WatchedProfile,
  { train, test }: Dataset,
): TrainAndTest {
  const of = (examples: Examples, most: number | undefined): Examples => {
    const chosen = classes === undefined ? examples : ofClasses(examples, classes);
    return most === undefined ? chosen : firstExamples(chosen, most);
  };
  return { train: of(train, limit), test: of(test, testLimit) };
}

const lineOf = ({ seed: _, ...line }: Watched<Measurement>): z.input<typeof Line> => ({
  ...line,
  measured: { ...line.measured },
});

const rowsOf = async (part: Store, seed: number): Promise<Rows> =>
  (await measuredLines(part, Line)).map(({ epoch, testAccuracy, measured }) => ({
    seed,
    epoch,
    testAccuracy,
    measured,
  }));

/** What a seed goes on from: the measurements that its checkpoint has behind it. */
async function resumable(
  part: Store,
  seed: number,
  { epochs }: WatchedProfile,
): Promise<{ readonly rows: Rows; readonly checkpoint?: Checkpoint }> {
  const checkpoint = await readCheckpoint(part, "last");
  if (checkpoint === undefined) return { rows: [] };
  checkLength(part.nameOf(), checkpoint.epoch, epochs);
  const rows = (await rowsOf(part, seed)).filter(({ epoch }) => epoch <= checkpoint.epoch);
  // asked to end at an epoch that it has passed without measuring: it cannot be looked at any more
  if (checkpoint.epoch === epochs && rows.at(-1)?.epoch !== epochs) return { rows: [] };
  return { rows, checkpoint };
}
