import type { Command } from "commander";
import { sizeOf } from "../../graph/index.ts";
import { tangentKernelMemory } from "../../kernels/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  gatePositions,
  hasHardGates,
  inputShapeOf,
  networkParameters,
  outputCount,
  usedNodes,
} from "../../network/index.ts";
import { countPaths, log2BigInt } from "../../paths/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { type KernelTiming, timePathKernel } from "../kernel-timing.ts";
import { loadModel, type ModelOptions, readModelOptions, withModelOptions } from "../model-option.ts";
import { parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";

export function inspectCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = withModelOptions(program.command("inspect"))
    .summary("what a network is, before anything runs")
    .description("Tells a network's layers, parameters, gates and paths, and what its kernels over n inputs will take.")
    .option("--inputs <n>", "number of inputs that the kernels are estimated for", "1000")
    .addHelpText("after", "\nExample:\n  $ gatewise inspect --model network.onnx --inputs 10000");
  command.action((options: ModelOptions & { readonly inputs: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({ request: readModelOptions(options), examples: parseWhole("--inputs", options.inputs, 1) }),
      async ({ request, examples }, context) => {
        const { network, source } = await loadModel(context, request);
        const inspection = inspect(network, examples, await timePathKernel(network));
        printResult(context, { source, ...inspection }, () => describe(inspection));
        return EXIT.done;
      },
    ),
  );
}

interface LayerLine {
  readonly name: string;
  readonly kind: GatedNode["kind"];
  readonly shape: readonly number[];
  /** Numbers of the parameters that this layer is the first to use. */
  readonly parameters: number;
}

/** An array that the file holds and that trains. */
interface ParameterLine {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  /** Names of the layers that use it. */
  readonly layers: readonly string[];
}

/** What the kernels over `examples` inputs take. */
interface KernelCost {
  readonly examples: number;
  readonly packedGatesBytes: number;
  readonly kernelBytes: number;
  /** Pairs of inputs: half of the square. */
  readonly pairs: number;
  /**
   * Of the exact path kernel in one thread: from a few random inputs timed here, or told from the shapes where one pair
   * takes longer than a moment; null where there is none.
   */
  readonly pathKernelSeconds: number | null;
  /** What it holds for each pair of inputs; null where it keeps none, or there is none. */
  readonly pathKernelPairBytes: number | null;
  readonly tangentKernelBytes: number;
}

interface Inspection {
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly layers: readonly LayerLine[];
  /** Numbers in all parameters, each once however often it is used. */
  readonly parameters: number;
  readonly parameterList: readonly ParameterLine[];
  readonly gates: number;
  readonly hardGates: boolean;
  /** Paths to one output, in decimal digits. */
  readonly paths: string;
  readonly log2Paths: number;
  /** How `npk` goes about it. */
  readonly pathKernel: KernelTiming["by"];
  /** Why there is no exact path kernel, with what it would take; null where there is one. */
  readonly pathKernelReason: string | null;
  readonly supported: readonly string[];
  readonly cost: KernelCost;
}

/** What every network can be asked. */
const ALWAYS = ["evaluate", "gates", "paths", "ntk", "neighbors"] as const;

function inspect(network: GatedNetwork, examples: number, timing: KernelTiming): Inspection {
  const used = usedNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));
  const parameterList = parameterLines(network);
  const firstUsed = new Map<string, number>();
  for (const { layers, count } of parameterList) {
    const [first = ""] = layers;
    firstUsed.set(first, (firstUsed.get(first) ?? 0) + count);
  }
  const layers = used.map(({ name, kind, shape }) => ({ name, kind, shape, parameters: firstUsed.get(name) ?? 0 }));
  const gateShapes = gatePositions(network).map((position) => network.nodes[position]?.shape ?? []);
  const paths = countPaths(network, 0);
  const pairs = (examples * (examples + 1)) / 2;
  return {
    inputShape: inputShapeOf(network),
    outputs: outputCount(network),
    layers,
    parameters: parameterList.reduce((sum, { count }) => sum + count, 0),
    parameterList,
    gates: gateShapes.reduce((sum, shape) => sum + sizeOf(shape), 0),
    hardGates: hasHardGates(network),
    paths: paths.toString(),
    log2Paths: log2BigInt(paths),
    pathKernel: timing.by,
    pathKernelReason: "reason" in timing ? timing.reason : null,
    supported: [...ALWAYS, timing.by === "random features only" ? "npk --features R" : "npk"],
    cost: {
      examples,
      packedGatesBytes: examples * gateShapes.reduce((sum, shape) => sum + 8 * Math.ceil(sizeOf(shape) / 64), 0),
      kernelBytes: 8 * examples ** 2,
      pairs,
      pathKernelSeconds: "secondsPerPair" in timing ? timing.secondsPerPair * pairs : null,
      pathKernelPairBytes: "pairBytes" in timing ? timing.pairBytes : null,
      tangentKernelBytes: tangentKernelMemory(network).bytes + 8 * examples ** 2,
    },
  };
}

const parameterLines = (network: GatedNetwork): readonly ParameterLine[] =>
  networkParameters(network).map(({ name, values, uses }) => ({
    name,
    shape: values.shape,
    count: values.data.length,
    layers: [...new Set(uses.map(({ position }) => network.nodes[position]?.name ?? ""))],
  }));

function describe(inspection: Inspection): string {
  const { layers, parameterList, cost, log2Paths, pathKernelReason } = inspection;
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
      ["parameters", inspection.parameters.toLocaleString("en-US")],
      ["gates", `${inspection.gates.toLocaleString("en-US")}${inspection.hardGates ? "" : " (not all of them bits)"}`],
      ["paths to an output", `2^${log2Paths.toFixed(2)}`],
      ["path kernel by", inspection.pathKernel],
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
    `commands: ${inspection.supported.join(", ")}`,
  ].join("\n");
}

/** Layers of a parameter that the table names. */
const MOST_USERS = 4;

const sharedNote = (names: readonly string[]): string =>
  `${names.join(", ")}: used by several layers, counted once. ntk adds up the gradients of its uses; for paths, npk and
path-norms each use is a layer with weights of its own.`;

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;

function duration(seconds: number): string {
  if (seconds < 100) return `about ${seconds.toPrecision(2)} s`;
  if (seconds < 6000) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600).toLocaleString("en-US")} h`;
}
