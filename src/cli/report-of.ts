import { findResults } from "../runs/node/index.ts";
import type { CliContext } from "./context.ts";

/**
 * Writes a report: over runs, or over an experiment of any kind, of the papers or of a user's own, complete or not.
 * @returns the path of the report
 */
export async function reportOf(directories: readonly string[], file: string, context: CliContext): Promise<string> {
  const [directory = "."] = directories;
  const results = directories.length === 1 ? await findResults(directory) : undefined;
  if (results !== undefined && results.findings.kind !== "regimes") {
    const { record, findings } = results;
    // loaded now, not at the start: the figures bring Vega, which takes longer than most commands
    const { findingsPage } = await import("../report/index.ts");
    const { writeExperimentPage } = await import("./figure-files.ts");
    const threads = findings.kind === "trees" ? findings.experiment.networks.length : 1;
    return await writeExperimentPage(file, findingsPage(findings), record, threads);
  }
  const { reportInput, writeReport } = await import("./write-report.ts");
  return await writeReport(await reportInput(directories, context.command), file);
}
