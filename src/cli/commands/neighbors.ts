import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { THREADS_OPTION, TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const neighborsCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("neighbors"))
    .summary("the inputs that share most active paths with one, with many, with each other")
    .description(
      "An explanation by example: inputs ranked by the number of active paths that they share with the query, exactly, over the geometric mean of both inputs' own. Of many queries it says how usual their nearest similarity is among those of held-out examples.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--query <i>", "one of the inputs to explain, counted from 0")
    .option(
      "--train <file>",
      "examples to search, for all inputs or the one of --query; without it the inputs themselves",
    )
    .option("--labels <file>", ".npy of whole numbers: labels of the examples that are searched")
    .option("--pairs", "the most alike pairs of inputs, or of an example of --train and an input")
    .option(
      "--held-out <n>",
      "examples of --train that tell how usual a similarity is (default: 1000, 100 where layers are not all dense)",
    )
    .option("--top <k>", "number of neighbors, or of pairs", "10")
    .option(...THREADS_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nThe percentile of a query is the share of the held-out examples, each compared with all other examples of --train, whose nearest similarity is at most the query's: near 0 the query is like none of them.\n\nExamples:\n  $ gatewise neighbors --model runs/fc-digits-relu-seed0 --inputs x.npy --query 3\n  $ gatewise neighbors --model runs/fc-digits-relu-seed0 --train X.npy --labels y.npy --inputs T.npy\n  $ gatewise neighbors --model runs/fc-digits-relu-seed0 --inputs X.npy --labels y.npy --pairs",
    );
  act(command, async () => (await import("../actions/neighbors.ts")).neighbors);
};
