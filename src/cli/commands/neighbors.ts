import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";

export const neighborsCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("neighbors"))
    .summary("the inputs that share most active paths with one of them")
    .description(
      "An explanation by example: inputs ranked by the number of active paths that they share with the query, exactly, over the geometric mean of both inputs' own.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .requiredOption("--query <i>", "the input to explain, counted from 0")
    .option("--top <k>", "number of neighbors", "10")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise neighbors --model runs/fc-digits-relu-seed0 --inputs x.npy --query 3",
    );
  act(command, async () => (await import("../actions/neighbors.ts")).neighbors);
};
