/** What a dissection measured, once its trainings have ended: all rows on the same examples, each in the state it ended in. */
import { exampleSet } from "../../data/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import type { DissectionRow, DissectionScores, TrainedScores } from "../../experiments/index.ts";
import { type ExampleScores, exampleScores } from "../../models/index.ts";
import { trainedNetwork } from "../../train/index.ts";
import { checkpointAt, metricsOf } from "../run-files.ts";
import type { DissectionSubject } from "./dissection-subject.ts";
import { folderStore } from "./folder-store.ts";

/** What each test example is worth to the network itself. */
export async function modelScores(
  { network, reading, data }: DissectionSubject,
  signal: AbortSignal,
): Promise<ExampleScores> {
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  return await exampleScores(network, engine, exampleSet(data.test), {
    signal,
    ...(reading === undefined ? {} : { normalization: reading }),
  });
}

/**
 * What they are worth to each training: after its last epoch, as the network itself is taken as it is; where a part was held
 * out, after the epoch of least loss on it. The test examples choose nothing.
 * @param directoryOf a training, by its id
 */
export async function trainedScores(
  { trainings, data, measure }: DissectionSubject,
  directoryOf: (id: string) => string,
  signal: AbortSignal,
): Promise<DissectionScores["trained"]> {
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const rows = new Map<DissectionRow, { runs: ExampleScores[]; best: number[] }>();
  for (const { id, row, training } of trainings) {
    const { plan } = training;
    const run = folderStore(directoryOf(id));
    const { parameters } = await checkpointAt(run, plan.recipe?.validation === undefined ? "last" : "best");
    const { normalization, ...plain } = plan;
    const asked = normalization === undefined ? {} : { normalization };
    const scores = await exampleScores(trainedNetwork(plain, parameters), engine, data.test, { signal, ...asked });
    const known = rows.get(row) ?? { runs: [], best: [] };
    known.runs.push(scores);
    const bests = (await metricsOf(run)).map(({ testAccuracy, testR2 }) =>
      measure === "R²" ? (testR2 ?? Number.NaN) : testAccuracy,
    );
    known.best.push(bests.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
    rows.set(row, known);
  }
  return [...rows].map(([row, found]): TrainedScores => ({ row, ...found }));
}
