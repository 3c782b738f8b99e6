import type { DefineCommand } from "../command.ts";
import { TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const demoCommand: DefineCommand = (program, act) => {
  const command = program
    .command("demo")
    .summary("the five regimes on the embedded digits: about 2 minutes")
    .description("Trains the five regimes on the 10,000 embedded digits, two seeds each, and writes a report.")
    .option(
      "--out <dir>",
      "folder for the runs and the report, gone on with if it holds a demo (default: a new runs/demo)",
    )
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText("after", "\nExample:\n  $ gatewise demo");
  act(command, async () => (await import("../actions/demo.ts")).demo);
};
