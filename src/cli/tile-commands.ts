/** `run` and `gather` of a planned kernel: the same below `npk` and `ntk`. */
import type { Command } from "commander";
import type { Act } from "./command.ts";
import { THREADS_OPTION, TIME_LIMIT_ALONE_OPTION } from "./options.ts";

export function withTileCommands(command: Command, act: Act): void {
  const name = command.name();
  // options behind the name of one of these are its own
  command.enablePositionalOptions().hook("preSubcommand", (parent) => {
    // what the plan knows is not asked for again
    for (const option of parent.options) option.mandatory = false;
  });
  const run = command
    .command("run")
    .summary("make tiles of a planned kernel, alone or as one of many tasks")
    .description(
      "Makes the tiles that are not there, each a whole file: started again it goes on, and any number of processes may work at one plan. A task takes its own tiles first, then those of the others that nobody has begun.",
    )
    .argument("<dir>", "folder of the plan")
    .option("--task <i>", "which of the tasks this is, from 0 (default: the scheduler's array variable)")
    .option("--tasks <n>", "number of tasks (default: as the scheduler tells it)")
    .option(...THREADS_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText("after", `\nExample:\n  $ gatewise ${name} run plans/kernel --task 3 --tasks 20`);
  act(run, async () => (await import("./actions/kernel-tiles.ts")).runTiles);
  const gather = command
    .command("gather")
    .summary("the tiles of a planned kernel in one file")
    .description(
      "Writes the file that the command writes where it makes all at once, byte for byte, and says which tiles are missing if some are.",
    )
    .argument("<dir>", "folder of the plan")
    .requiredOption("--out <file>", "the kernel, or the features, as .npy")
    .addHelpText("after", `\nExample:\n  $ gatewise ${name} gather plans/kernel --out kernel.npy`);
  act(gather, async () => (await import("./actions/kernel-tiles.ts")).gatherTiles);
}
