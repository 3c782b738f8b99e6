import type { Command } from "commander";
import { fcMnistAdam } from "../../experiments/index.ts";
import { workerCount } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { freeFolder } from "../free-folder.ts";
import { type ReproduceRequest, reproduceExperiment } from "../reproduce-experiment.ts";

export function demoCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("demo")
    .summary("the five regimes on the embedded digits: about 2 minutes")
    .description("Trains the five regimes on the 10,000 embedded digits, two seeds each, and writes a report.")
    .option(
      "--out <dir>",
      "folder for the runs and the report, gone on with if it holds a demo (default: a new runs/demo)",
    )
    .addHelpText("after", "\nExample:\n  $ gatewise demo");
  command.action((options: { readonly out?: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      (context): ReproduceRequest => ({
        experiment: fcMnistAdam,
        profile: "quick",
        options: {},
        directory: options.out ?? freeFolder("runs/demo"),
        places: { dataDir: null, cacheDir: context.cacheDir },
        device: "cpu",
        command: context.command,
        workers: workerCount(undefined, context.environment),
        resume: options.out !== undefined,
      }),
      reproduceExperiment,
    ),
  );
}
