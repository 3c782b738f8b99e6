import { join } from "node:path";
import { lockFile, writeWhole } from "../../data/node/index.ts";
import type { Experiment } from "../../experiments/index.ts";

/** Writes the results of an experiment beside its runs, as JSON under its name. */
export async function writeResults(directory: string, { name }: Experiment, results: unknown): Promise<void> {
  const file = join(directory, `${name}.json`);
  await using _lock = await lockFile(file);
  await writeWhole(file, `${JSON.stringify(results, undefined, 2)}\n`);
}
