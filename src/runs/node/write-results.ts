import { join } from "node:path";
import { lockFile, writeGuarded } from "../../data/node/index.ts";
import type { Experiment } from "../../experiments/index.ts";

/** Writes the results of an experiment beside its runs, as JSON under its name. */
export async function writeResults(directory: string, { name }: Experiment, results: unknown): Promise<void> {
  const file = join(directory, `${name}.json`);
  await using lock = await lockFile(file);
  await writeGuarded(lock, file, `${JSON.stringify(results, undefined, 2)}\n`);
}
