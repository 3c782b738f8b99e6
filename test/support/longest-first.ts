import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take more than eight seconds, of `test`; one of them at the end would leave the other cores idle. */
const LONG = [
  "slurm/sweep",
  "studio/studio",
  "package",
  "runs/experiments",
  "slurm/train",
  "cli/signals",
  "train/webgpu",
  "cli/command-line",
  "runs/kernel-while-training",
  "runs/kill-and-resume",
  "runs/resume",
  "cli/experiment-resuming",
  "cli/output-streams",
  "cli/result-files",
  "cli/long-runs",
  "train/train",
  "cli/dissect",
  "cli/webgpu",
  "data/node/fetch",
  "data/node/lock",
  "engine/webgpu",
  "cli/endings",
].map((name) => `/test/${name}.test.ts`);

const placeOf = ({ moduleId }: TestSpecification): number => {
  const place = LONG.findIndex((name) => moduleId.endsWith(name));
  return place < 0 ? LONG.length : place;
};

/** The long files first; the others as vitest has them. Without its cache, as on a fresh clone, vitest goes by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
