import type { Command } from "commander";
import { sizeOf } from "../../graph/index.ts";
import { tangentKernelMemory } from "../../kernels/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  gatePositions,
  hasHardGates,
  inputShapeOf,
  isWeightNode,
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
  readonly parameters: number;
}

/** What the kernels over `examples` inputs take. */
interface KernelCost {
  readonly examples: number;
  readonly packedGatesBytes: number;
  readonly kernelBytes: number;
  /** Pairs of inputs: half of the square. */
  readonly pairs: number;
  /** Of the exact path kernel in one thread, from a few random inputs timed here; null where there is none. */
  readonly pathKernelSeconds: number | null;
  readonly tangentKernelBytes: number;
}

interface Inspection {
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly layers: readonly LayerLine[];
  readonly parameters: number;
  readonly gates: number;
  readonly hardGates: boolean;
  /** Paths to one output, in decimal digits. */
  readonly paths: string;
  readonly log2Paths: number;
  /** How `npk` goes about it. */
  readonly pathKernel: KernelTiming["by"];
  readonly supported: readonly string[];
  readonly cost: KernelCost;
}

/** What every network can be asked. */
const ALWAYS = ["evaluate", "gates", "paths", "ntk", "neighbors"] as const;

function inspect(network: GatedNetwork, examples: number, timing: KernelTiming): Inspection {
  const used = usedNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));
  const layers = used.map((node) => ({
    name: node.name,
    kind: node.kind,
    shape: node.shape,
    parameters: parametersOf(node),
  }));
  const gateShapes = gatePositions(network).map((position) => network.nodes[position]?.shape ?? []);
  const paths = countPaths(network, 0);
  const pairs = (examples * (examples + 1)) / 2;
  return {
    inputShape: inputShapeOf(network),
    outputs: outputCount(network),
    layers,
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    gates: gateShapes.reduce((sum, shape) => sum + sizeOf(shape), 0),
    hardGates: hasHardGates(network),
    paths: paths.toString(),
    log2Paths: log2BigInt(paths),
    pathKernel: timing.by,
    supported: [...ALWAYS, timing.by === "random features only" ? "npk --features R" : "npk"],
    cost: {
      examples,
      packedGatesBytes: examples * gateShapes.reduce((sum, shape) => sum + 8 * Math.ceil(sizeOf(shape) / 64), 0),
      kernelBytes: 8 * examples ** 2,
      pairs,
      pathKernelSeconds: "secondsPerPair" in timing ? timing.secondsPerPair * pairs : null,
      tangentKernelBytes: tangentKernelMemory(network).bytes + 8 * examples ** 2,
    },
  };
}

const parametersOf = (node: GatedNode): number =>
  isWeightNode(node) ? (node.weight?.data.length ?? 0) + (node.bias?.data.length ?? 0) : 0;

function describe(inspection: Inspection): string {
  const { layers, cost, log2Paths } = inspection;
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
      ...(cost.pathKernelSeconds === null ? [] : [["npk at work, one thread", duration(cost.pathKernelSeconds)]]),
    ],
  );
  return `${table}\n${facts.split("\n").slice(1).join("\n")}\n\ncommands: ${inspection.supported.join(", ")}`;
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;

function duration(seconds: number): string {
  if (seconds < 100) return `about ${seconds.toPrecision(2)} s`;
  if (seconds < 6000) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600).toLocaleString("en-US")} h`;
}
