import type { DefineCommand } from "../command.ts";

export const reportCommand: DefineCommand = (program, act) => {
  const command = program
    .command("report")
    .summary("HTML report over runs")
    .description("Writes one self-contained HTML file over runs, or over the folder of an experiment.")
    .argument("<run...>", "run directories or folders of experiments")
    .option("--data-dir <dir>", "where the data set is looked for first, to tell what decides")
    .option("--out <file>", "file to write (default: report.html in the folder, or here for several)")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise report runs/fc-digits-relu-seed0 runs/fc-digits-dlnpf-seed0 --out compare.html",
    );
  act(command, async () => (await import("../actions/report.ts")).report);
};
