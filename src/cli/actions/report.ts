import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { checkResult } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printResult } from "../output.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";

interface ReportRequest {
  readonly runs: readonly string[];
  readonly out: string | undefined;
  readonly dataDir: string | undefined;
}

export const report = inStages(
  (_, runs: readonly string[], { out, dataDir }: { readonly out?: string; readonly dataDir?: string }) => ({
    runs,
    out,
    dataDir,
  }),
  reportRuns,
);

async function reportRuns({ runs, out, dataDir }: ReportRequest, context: CliContext): Promise<ExitCode> {
  // loaded where it is needed: drawing takes longer to load than most commands take
  const { reportFile, writeReport } = await import("../../report/node/index.ts");
  const file = out ?? reportFile(runs);
  // a folder that is still to be made holds nothing to replace
  if (existsSync(dirname(file))) await checkResult(file, {});
  const report = await writeReport(runs, {
    out: file,
    command: context.command,
    createdAt: new Date().toISOString(),
    places: {
      environment: context.environment,
      cacheDir: context.cacheDir,
      ...(dataDir === undefined ? {} : { dataDir }),
    },
  });
  printResult(context, { report }, () => `report  ${shown(report)}`);
  return EXIT.done;
}
