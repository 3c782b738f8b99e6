import type { Neighbor } from "../../gates/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { ModelOptions } from "../model-option.ts";
import { printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

type Options = ModelOptions & Readonly<Record<"inputs" | "query" | "top", string>>;

interface NeighborsRequest {
  readonly request: ModelRequest;
  readonly file: string;
  readonly query: number;
  readonly top: number;
}

export const neighbors = inStages(
  (_, options: Options) => ({
    request: readModelOptions(options),
    file: options.inputs,
    query: parseWhole("--query", options.query, 0),
    top: parseWhole("--top", options.top, 1),
  }),
  rankNeighbors,
);

/** JSON has no −∞: no shared paths are null. */
const finite = (neighbor: Neighbor) => ({
  ...neighbor,
  log2SharedPaths: Number.isFinite(neighbor.log2SharedPaths) ? neighbor.log2SharedPaths : null,
});

async function rankNeighbors({ request, file, query, top }: NeighborsRequest, context: CliContext): Promise<ExitCode> {
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
}
