import type { Command } from "commander";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { nearestByPaths } from "../../kernels/index.ts";
import { loadNetwork } from "../../runs/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { extractGates } from "../extract-gates.ts";
import { readModelInputs } from "../model-inputs.ts";
import { parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";

type Options = Readonly<Record<"model" | "inputs" | "query" | "top", string>>;

export function neighborsCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("neighbors")
    .summary("the inputs that share most active paths with one of them")
    .description(
      "An explanation by example: inputs ranked by the active paths that they share with the query, the product over layers of the gates that are on for both.",
    )
    .requiredOption("--model <model>", "run directory or .onnx file")
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
        ...options,
        query: parseWhole("--query", options.query, 0),
        top: parseWhole("--top", options.top, 1),
      }),
      async ({ model, inputs: file, query, top }, context) => {
        const { network } = await loadNetwork(model);
        const inputs = await readModelInputs(file, network);
        await using engine = await openWorkerEngine("cpu", { threads: 1 });
        const gates = await extractGates(context, network, engine, inputs);
        const neighbors = nearestByPaths(gates, query, top);
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
const finite = (neighbor: ReturnType<typeof nearestByPaths>[number]) => ({
  ...neighbor,
  log2SharedPaths: Number.isFinite(neighbor.log2SharedPaths) ? neighbor.log2SharedPaths : null,
});
