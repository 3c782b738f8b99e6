import type { Command } from "commander";
import type { Neighbor } from "../../gates/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { type ModelOptions, openModelWithInputs, readModelOptions, withModelOptions } from "../model-option.ts";
import { formatTable, printResult } from "../output.ts";
import { withStages } from "../progress.ts";

type Options = ModelOptions & Readonly<Record<"inputs" | "query" | "top", string>>;

export function neighborsCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
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
  command.action((options: Options) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({
        request: readModelOptions(options),
        file: options.inputs,
        query: parseWhole("--query", options.query, 0),
        top: parseWhole("--top", options.top, 1),
      }),
      async ({ request, file, query, top }, context) => {
        const { model, inputs } = await openModelWithInputs(context, request, file);
        await using _ = model;
        const neighbors = await withStages(context, (onProgress) =>
          model.neighbors(inputs, query, { top, onProgress, signal: context.signal }),
        );
        printResult(context, { query, neighbors: neighbors.map(finite) }, () =>
          formatTable(
            [
              { title: "example", align: "right" },
              { title: "similarity", align: "right" },
              { title: "shared paths", align: "right" },
              { title: "shared gates %", align: "right" },
            ],
            neighbors.map(({ example, similarity, log2SharedPaths, sharedGates }) => [
              String(example),
              similarity.toFixed(4),
              Number.isFinite(log2SharedPaths) ? `2^${log2SharedPaths.toFixed(2)}` : "0",
              (100 * sharedGates).toFixed(1),
            ]),
          ),
        );
        return EXIT.done;
      },
    ),
  );
}

/** JSON has no −∞: no shared paths are null. */
const finite = (neighbor: Neighbor) => ({
  ...neighbor,
  log2SharedPaths: Number.isFinite(neighbor.log2SharedPaths) ? neighbor.log2SharedPaths : null,
});
