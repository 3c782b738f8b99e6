import { join } from "node:path";
import { z } from "zod";
import type { DataPlaces } from "../data/node/index.ts";
import { loadDataset, lockDirectory, makeFolder, readIfThere, writeWhole } from "../data/node/index.ts";
import { openNodeEngine } from "../engine/node/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  type Measurement,
  meanMeasurements,
  measureOf,
  ofClasses,
  type ProfileName,
  type Watched,
  type WatchedExperiment,
  type WatchedName,
  watchTraining,
} from "../experiments/index.ts";
import type { CliContext } from "./context.ts";
import { noteUnreadPlace } from "./data-place.ts";
import type { CommandDevice } from "./device-option.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatTable, printResult } from "./output.ts";
import { withCount } from "./progress.ts";
import { shown } from "./shown.ts";

export interface WatchedRequest {
  readonly experiment: WatchedExperiment & { readonly name: WatchedName };
  readonly profile: ProfileName;
  readonly seeds: number | undefined;
  readonly epochs: number | undefined;
  readonly directory: string;
  readonly places: DataPlaces;
  /** Where the network trains; kernels of float64 are measured on the CPU. */
  readonly device: CommandDevice;
  readonly resume: boolean;
}

/** Of the engine: the blocks of these kernels are small. */
const THREADS = 1;

type Rows = readonly Watched<Measurement>[];

/** Trains and measures one seed after the other; a finished seed is a file, and not computed again with `--resume`. */
export async function reproduceWatched(request: WatchedRequest, context: CliContext): Promise<ExitCode> {
  const { experiment, directory } = request;
  const own = experiment.profiles[request.profile];
  const profile = { ...own, epochs: request.epochs ?? own.epochs };
  noteUnreadPlace(context, profile.data, request.places.dataDir);
  const dataset = await loadDataset(profile.data, request.places);
  const { classes } = experiment;
  const data =
    classes === undefined
      ? dataset
      : { train: ofClasses(dataset.train, classes), test: ofClasses(dataset.test, classes) };
  // in this thread: a kernel's blocks would be copied to a worker and back, and no run lasts longer than a second
  await using measuring = await openNodeEngine("cpu", { threads: THREADS });
  await using other = request.device === "cpu" ? undefined : await openNodeEngine(request.device, { threads: THREADS });
  const engine = other ?? measuring;
  const measure = measureOf(experiment, data, profile.examples, measuring);
  await makeFolder(directory);
  await using _lock = await lockDirectory(directory);
  const rows: Watched<Measurement>[] = [];
  const seeds = request.seeds ?? profile.runs;
  const each = Math.ceil(profile.epochs / profile.every) + 1;
  await withCount(context, experiment.name, "measurements", async (onProgress) => {
    onProgress(0, seeds * each);
    for (let seed = 0; seed < seeds; seed++) {
      const file = join(directory, `seed${seed}.json`);
      const kept = await finishedSeed(file, profile.epochs, request.resume);
      if (kept !== undefined) for (const row of kept) rows.push(row);
      else {
        const made: Watched<Measurement>[] = [];
        const training = { engine, clock: () => performance.now(), signal: context.signal };
        for await (const row of watchTraining(experiment, profile, seed, data, training, measure)) {
          made.push(row);
          onProgress(rows.length + made.length, seeds * each);
        }
        for (const row of made) rows.push(row);
        await writeWhole(file, `${JSON.stringify({ epochs: profile.epochs, rows: made }, undefined, 1)}\n`);
      }
      onProgress(rows.length, seeds * each);
    }
  });
  // loaded now, not at the start: figures bring Vega, which takes longer than most commands
  const { watchedPage } = await import("../report/index.ts");
  const { writeExperimentPage } = await import("./figure-files.ts");
  const page = watchedPage({ experiment, profile, profileName: request.profile, rows });
  const report = await writeExperimentPage(directory, page, THREADS, context);
  printResult(context, { experiment: experiment.name, profile: request.profile, rows, report }, () =>
    [tableOf(rows), "", `measured on ${profile.examples} examples; report  ${shown(report)}`].join("\n"),
  );
  return EXIT.done;
}

const SeedFile = z.strictObject({
  epochs: z.int(),
  rows: z.array(
    z.strictObject({
      seed: z.int(),
      epoch: z.int(),
      testAccuracy: z.number().optional(),
      measured: z.record(z.string(), z.number()),
    }),
  ),
});

/** What an earlier command measured with a seed, if it was asked to be kept. */
async function finishedSeed(file: string, epochs: number, resume: boolean): Promise<Rows | undefined> {
  const text = (await readIfThere(file))?.toString();
  if (text === undefined) return undefined;
  const parsed = SeedFile.safeParse(JSON.parse(text));
  if (resume && parsed.success && parsed.data.epochs === epochs) {
    return parsed.data.rows.map((row) => ({ ...row, testAccuracy: row.testAccuracy }));
  }
  throw new GatewiseError({
    received: `${file}, measured ${parsed.success ? `over ${parsed.data.epochs} epochs` : "by another version"}`,
    expected: resume ? `${epochs} epochs, as this command asks for` : "a folder without it",
    next: resume
      ? "choose another --out, or give the same --epochs"
      : "add --resume to keep it, or choose another --out",
  });
}

/** Means over the seeds, an epoch a row. */
function tableOf(rows: Rows): string {
  const names = Object.keys(rows[0]?.measured ?? {});
  const lines = meanMeasurements(rows).map(({ epoch, testAccuracy, measured }) => [
    String(epoch),
    testAccuracy === undefined ? "–" : testAccuracy.mean.toFixed(2),
    ...names.map((name) => Number((measured[name]?.mean ?? Number.NaN).toPrecision(5)).toString()),
  ]);
  return formatTable(
    ["epoch", "network %", ...names].map((title) => ({ title, align: "right" })),
    lines,
  );
}
