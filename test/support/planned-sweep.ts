/** Small sweeps of the digits, planned for tests. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { gatewise } from "./command-line.ts";

/** Trials of seconds. */
export const BASE = { data: "digits", limit: 320, testLimit: 100, width: 8, depth: 3 } as const;

/**
 * Plans a sweep in a folder.
 * @param hours that its plan says each trial takes, in place of what was measured
 */
export async function planSweep(folder: string, name: string, specification: unknown, hours: number): Promise<string> {
  const [file, directory] = [join(folder, `${name}.json`), join(folder, name)];
  await writeFile(file, JSON.stringify(specification));
  const { code, stderr } = await gatewise(["sweep", "plan", file, "--out", directory]);
  expect(code, stderr).toBe(0);
  const trials = join(directory, "trials.jsonl");
  const lines = await readFile(trials, "utf8");
  await writeFile(trials, lines.replaceAll(/"seconds":[^,}]*/g, `"seconds":${hours * 3600}`));
  return directory;
}

/** The plan alone, in a folder of its own. */
export async function copyPlan(from: string, to: string): Promise<string> {
  for (const file of ["trials.jsonl", "sweep.json"]) await cp(join(from, file), join(to, file));
  return to;
}

/** Names of the trials, families one after the other. */
export const trialsOf = async (directory: string): Promise<readonly string[]> =>
  (await readFile(join(directory, "trials.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).trial);
