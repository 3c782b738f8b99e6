import type { Command } from "commander";
import { openWorkerEngine } from "../../engine/node/index.ts";
import type { Inputs } from "../../gates/index.ts";
import { sizeOf } from "../../graph/index.ts";
import { denseChain, nearestByPaths } from "../../kernels/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../network/index.ts";
import { nearestBySharedPaths, type PathNeighbor } from "../../paths/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { extractGates } from "../extract-gates.ts";
import { loadModelWithInputs, type ModelOptions, readModelOptions, withModelOptions } from "../model-option.ts";
import { parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";
import { withCount } from "../progress.ts";

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
        const { network, inputs } = await loadModelWithInputs(context, request, file);
        const neighbors = await nearest(network, inputs, query, top, context);
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

async function nearest(
  network: GatedNetwork,
  inputs: Inputs,
  query: number,
  top: number,
  context: CliContext,
): Promise<readonly PathNeighbor[]> {
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const chain = denseChain(network);
  if (chain === undefined) {
    return await withCount(context, "shared paths", "inputs", (onProgress) =>
      nearestBySharedPaths(network, engine, inputs, query, top, { onProgress, signal: context.signal }),
    );
  }
  const gates = await extractGates(context, network, engine, inputs);
  const ends = { inputs: sizeOf(inputShapeOf(network)), outputs: outputCount(network), biases: chain.biases };
  return nearestByPaths(gates, query, top, ends);
}

/** JSON has no −∞: no shared paths are null. */
const finite = (neighbor: PathNeighbor) => ({
  ...neighbor,
  log2SharedPaths: Number.isFinite(neighbor.log2SharedPaths) ? neighbor.log2SharedPaths : null,
});
