import { COMPARISONS } from "../experiments/index.ts";
import { findExperiment, trialsFor } from "../runs/node/index.ts";
import { writeComparisonPage } from "./comparison-experiment.ts";
import type { CliContext } from "./context.ts";

/**
 * Writes a report: the page of a comparison, if its folder stands alone, or the report of an experiment or of runs.
 * @returns the path of the report
 */
export async function reportOf(directories: readonly string[], file: string, context: CliContext): Promise<string> {
  const [directory = "."] = directories;
  const record = directories.length === 1 ? await findExperiment(directory) : undefined;
  const comparison = COMPARISONS.find(({ name }) => name === record?.experiment);
  if (record !== undefined && comparison !== undefined) {
    const { profile, seeds, epochs } = record;
    const own = comparison.profiles[profile];
    const options = { seeds, ...(epochs === own.epochs ? {} : { epochs }) };
    const trials = trialsFor({ experiment: comparison, profile, options });
    return await writeComparisonPage({ comparison, profileName: profile, trials, directory, file }, context);
  }
  // loaded now, not at the start: the figures bring Vega, which takes longer than most commands
  const { reportInput, writeReport } = await import("./write-report.ts");
  return await writeReport(await reportInput(directories, context.command), file);
}
