import { dirname, join } from "node:path";
import { type Comparison, type ProfileName, summarizeArms, type Trial } from "../experiments/index.ts";
import { missingLines, type TrialState } from "../runs/index.ts";
import { findRun, trialStates } from "../runs/node/index.ts";
import { dim } from "./colors.ts";
import type { CliContext } from "./context.ts";
import { formatTable } from "./output.ts";

type ArmSummary = ReturnType<typeof summarizeArms>[number];

/** Rows of the arms that have finished runs. */
export const armRows = (
  comparison: Comparison,
  profile: ProfileName,
  states: readonly TrialState[],
): readonly ArmSummary[] =>
  summarizeArms(
    comparison.profiles[profile].arms,
    states.flatMap(({ regime, bestTestAccuracy }) =>
      bestTestAccuracy === null ? [] : [{ arm: regime, bestTestAccuracy }],
    ),
  );

export interface ComparisonFolder {
  readonly comparison: Comparison;
  readonly profileName: ProfileName;
  readonly trials: readonly Trial[];
  /** Of the runs. */
  readonly directory: string;
  /** The page; its figures stand beside it. */
  readonly file: string;
}

/**
 * Writes the page of a comparison from the folder of its runs.
 * @returns the path of the page
 */
export async function writeComparisonPage(
  { comparison, profileName, trials, directory, file }: ComparisonFolder,
  context: CliContext,
): Promise<string> {
  const states = await trialStates(directory, trials);
  const [first] = trials;
  const run = first === undefined ? undefined : await findRun(join(directory, first.id));
  // loaded now, not at the start: figures bring Vega, which takes longer than most commands
  const { comparisonPage } = await import("../report/index.ts");
  const { writeExperimentPage } = await import("./figure-files.ts");
  const page = comparisonPage({
    comparison,
    profileName,
    rows: armRows(comparison, profileName, states),
    missing: missingLines(states),
    dataSource: run?.data.source ?? "not read yet",
  });
  return await writeExperimentPage(dirname(file), page, 1, context);
}

/** Results beside the published figures. */
export function armTable(rows: readonly ArmSummary[], profile: ProfileName): string {
  const right = { align: "right" } as const;
  const plusMinus = (mean: number, std: number): string =>
    std === 0 ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
  const table = formatTable(
    [
      { title: "network" },
      { title: "test accuracy %", ...right },
      { title: "runs", ...right },
      { title: "published", ...right },
    ],
    rows.map(({ title, mean, std, runs, published }) => [
      title,
      plusMinus(mean, std),
      String(runs.length),
      published === null ? "–" : plusMinus(published[0], published[1]),
    ]),
  );
  if (profile === "full" || rows.every(({ published }) => published === null)) return table;
  return withProtocolNote(table);
}

/** A table of a short run, with what its published figures were measured on. */
export const withProtocolNote = (table: string): string =>
  `${table}\n${dim("published figures are of the full protocol: all images, the paper's network and rate, more epochs")}`;
