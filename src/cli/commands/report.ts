import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import { checkResult } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printResult } from "../output.ts";
import { shown } from "../shown.ts";

export function reportCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("report")
    .summary("HTML report over runs")
    .description("Writes one self-contained HTML file over runs, or over the folder of an experiment.")
    .argument("<run...>", "run directories or folders of experiments")
    .option("--out <file>", "file to write (default: report.html in the folder, or here for several)")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise report runs/fc-digits-relu-seed0 runs/fc-digits-dlnpf-seed0 --out compare.html",
    );
  command.action((runs: readonly string[], { out }: { readonly out?: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      () => runs,
      async (_, context) => {
        // loaded where it is needed: drawing takes longer to load than most commands take
        const { reportFile, writeReport } = await import("../../report/node/index.ts");
        const file = out ?? reportFile(runs);
        // a folder that is still to be made holds nothing to replace
        if (existsSync(dirname(file))) await checkResult(file, {});
        const report = await writeReport(runs, {
          out: file,
          command: context.command,
          createdAt: new Date().toISOString(),
        });
        printResult(context, { report }, () => `report  ${shown(report)}`);
        return EXIT.done;
      },
    ),
  );
}
