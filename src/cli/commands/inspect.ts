import type { Command } from "commander";
import type { Description, GateDifferences } from "../../models/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import {
  type ModelOptions,
  openModel,
  openModelWithInputs,
  readModelOptions,
  withModelOptions,
} from "../model-option.ts";
import { formatTable, printResult } from "../output.ts";
import { withStages } from "../progress.ts";

export function inspectCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = withModelOptions(program.command("inspect"))
    .summary("what a network is, before anything runs")
    .description("Tells a network's layers, parameters, gates and paths, and what its kernels over n inputs will take.")
    .option("--inputs <n>", "number of inputs that the kernels are estimated for", "1000")
    .option(
      "--check <file>",
      "count gates that differ in float32 (kernels) and float64 (paths) for the inputs of a .npy",
    )
    .addHelpText("after", "\nExample:\n  $ gatewise inspect --model network.onnx --inputs 10000");
  command.action((options: ModelOptions & { readonly inputs: string; readonly check?: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({
        request: readModelOptions(options),
        examples: parseWhole("--inputs", options.inputs, 1),
        check: options.check,
      }),
      async ({ request, examples, check }, context) => {
        const opened =
          check === undefined
            ? { ...(await openModel(context, request)), inputs: undefined }
            : await openModelWithInputs(context, request, check);
        await using model = opened.model;
        const description = await model.describe({ examples, clock: () => performance.now() });
        const { inputs } = opened;
        const gateDifferences =
          inputs === undefined
            ? undefined
            : await withStages(context, (onProgress) =>
                model.gateDifferences(inputs, { onProgress, signal: context.signal }),
              );
        const inspected = {
          ...description,
          supported: supportedBy(description),
          ...(gateDifferences === undefined ? {} : { gateDifferences }),
        };
        printResult(context, { source: model.source, ...inspected }, () => describe(inspected));
        return EXIT.done;
      },
    ),
  );
}

interface Inspected extends Description {
  /** Commands. */
  readonly supported: readonly string[];
  /** Of the inputs that were given to be checked. */
  readonly gateDifferences?: GateDifferences;
}

/** What every network can be asked. */
const ALWAYS = ["evaluate", "gates", "paths", "ntk", "neighbors"] as const;

const supportedBy = ({ pathKernel }: Description): readonly string[] => [
  ...ALWAYS,
  pathKernel === "random features only" ? "npk --features R" : "npk",
];

function describe(inspected: Inspected): string {
  const { layers, parameterList, cost, log2Paths, pathKernelReason, gateDifferences } = inspected;
  const table = formatTable(
    [
      { title: "layer" },
      { title: "kind" },
      { title: "shape", align: "right" },
      { title: "parameters", align: "right" },
    ],
    layers.map(({ name, kind, shape, parameters }) => [
      name,
      kind,
      shape.join("×"),
      parameters === 0 ? "" : parameters.toLocaleString("en-US"),
    ]),
  );
  const parameters = formatTable(
    [{ title: "parameter" }, { title: "shape", align: "right" }, { title: "numbers", align: "right" }, { title: "in" }],
    parameterList.map(({ name, shape, count, layers: users }) => [
      name,
      shape.join("×"),
      count.toLocaleString("en-US"),
      users.length > MOST_USERS
        ? `${users.slice(0, MOST_USERS).join(", ")} and ${users.length - MOST_USERS} more`
        : users.join(", "),
    ]),
  );
  const shared = parameterList.filter(({ layers: users }) => users.length > 1).map(({ name }) => name);
  const facts = formatTable(
    [{ title: "" }, { title: "", align: "right" }],
    [
      ["parameters", inspected.parameters.toLocaleString("en-US")],
      ["gates", `${inspected.gates.toLocaleString("en-US")}${inspected.hardGates ? "" : " (not all of them bits)"}`],
      ["paths to an output", `2^${log2Paths.toFixed(2)}`],
      ["path kernel by", inspected.pathKernel],
      [`packed gates of ${cost.examples} inputs`, megabytes(cost.packedGatesBytes)],
      ["their kernel (npk, ntk)", megabytes(cost.kernelBytes)],
      ["ntk at work", megabytes(cost.tangentKernelBytes)],
      ...(cost.pathKernelPairBytes === null ? [] : [["npk at work, a pair", megabytes(cost.pathKernelPairBytes)]]),
      ...(cost.pathKernelSeconds === null ? [] : [["npk at work, one thread", duration(cost.pathKernelSeconds)]]),
    ],
  );
  return [
    table,
    "",
    parameters,
    "",
    ...facts.split("\n").slice(1),
    "",
    ...(pathKernelReason === null ? [] : [`no exact path kernel: ${pathKernelReason}`, ""]),
    ...(shared.length === 0 ? [] : [sharedNote(shared), ""]),
    ...(gateDifferences === undefined ? [] : [differencesNote(gateDifferences), ""]),
    `commands: ${inspected.supported.join(", ")}`,
  ].join("\n");
}

/** Layers of a parameter that the table names. */
const MOST_USERS = 4;

const sharedNote = (names: readonly string[]): string =>
  `${names.join(", ")}: used by several layers, counted once. ntk adds up the gradients of its uses; for paths, npk and
path-norms each use is a layer with weights of its own.`;

function differencesNote({
  examples,
  gates,
  differing,
  selections,
  differingExamples,
  layers,
}: GateDifferences): string {
  const count = (number: number): string => number.toLocaleString("en-US");
  const largest = layers.reduce((most, layer) => Math.max(most, layer.largest ?? 0), 0);
  const where = differing === 0 ? "" : `, all with |q| ≤ ${largest.toExponential(1)}`;
  const pools = selections === 0 ? "" : `; max-pools select otherwise in ${count(selections)} windows`;
  return `float32 and float64 differ in ${count(differing)} of ${count(gates)} gates${where}${pools}
in ${count(differingExamples.length)} of ${count(examples)} inputs`;
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;

function duration(seconds: number): string {
  if (seconds < 100) return `about ${seconds.toPrecision(2)} s`;
  if (seconds < 6000) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600).toLocaleString("en-US")} h`;
}
