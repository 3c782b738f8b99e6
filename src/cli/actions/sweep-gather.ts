import { join } from "node:path";
import type { Findings } from "../../runs/index.ts";
import { findResults } from "../../runs/node/index.ts";
import type { GatheredRow } from "../../sweeps/index.ts";
import { type GatheredFiles, gatherSweep, readSweep, type Sweep } from "../../sweeps/node/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type ShownResults, shownResults } from "../experiment-tables.ts";
import { note, printResult } from "../output.ts";
import { count } from "../planned-sweep.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

export const gather = inStages((_, directory: string) => directory, gatherResults);

async function gatherResults(directory: string, context: CliContext): Promise<ExitCode> {
  const sweep = await readSweep(directory);
  const findings = sweep.record.of.kind === "experiment" ? (await findResults(directory))?.findings : undefined;
  const gathered = await gatherSweep(sweep);
  const { json, text } = findings === undefined ? rowsOf(gathered) : shownResults(findings);
  const report = await reportOf(sweep, gathered, findings, context);
  const { missing, csvFile, warnings } = gathered;
  printResult(context, { sweep: directory, ...json, missing, csv: csvFile, report, warnings }, () =>
    [
      text.trimEnd(),
      "",
      ...(missing.length === 0 ? [] : [`missing  ${missing.length} of ${count(sweep.trials.length, "trial")}`]),
      `csv      ${shown(csvFile)}`,
      ...(report === null ? [] : [`report   ${shown(report)}`]),
    ].join("\n"),
  );
  for (const warning of warnings) note(context, shown(warning));
  return EXIT.done;
}

/** Rows with their settings as fields, as other programs take them. */
function rowsOf({ rows, measure }: GatheredFiles): ShownResults {
  const tried = [...new Set(rows.flatMap(({ settings }) => Object.keys(settings)))];
  const table = formatTable(
    [...tried.map((title) => ({ title })), { title: measure, align: "right" }, { title: "runs", align: "right" }],
    rows.map(({ settings, runs, ...row }) => [
      ...tried.map((name) => valueText(settings[name])),
      resultText(row, measure),
      String(runs.length),
    ]),
  );
  return {
    json: { measure, rows: rows.map(({ settings, mean, std, runs }) => ({ ...settings, mean, std, runs })) },
    text: rows.length === 0 ? "no trial is completed yet" : table,
  };
}

const valueText = (value: unknown): string =>
  value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);

function resultText({ mean, std }: Pick<GatheredRow, "mean" | "std">, measure: GatheredFiles["measure"]): string {
  const digits = measure === "test R²" ? 4 : 2;
  return `${mean.toFixed(digits)} ± ${std.toFixed(digits)}`;
}

/** The page of an experiment, or of all completed runs; null where there is nothing to show yet. */
async function reportOf(
  { directory }: Sweep,
  { folders }: GatheredFiles,
  findings: Findings | undefined,
  { command }: CliContext,
): Promise<string | null> {
  const isPart = findings !== undefined && findings.kind !== "regimes" && findings.kind !== "arms";
  if (folders.length === 0 && !isPart) return null;
  // loaded where it is needed: drawing takes longer to load than most commands take
  const { writeReport } = await import("../../report/node/index.ts");
  const options = { out: join(directory, "report.html"), command, createdAt: new Date().toISOString() };
  return await writeReport(findings === undefined ? folders : [directory], options);
}
