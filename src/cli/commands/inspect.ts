import type { Command } from "commander";
import { sizeOf } from "../../graph/index.ts";
import { denseChain, tangentKernelMemory } from "../../kernels/index.ts";
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
import { loadNetwork } from "../../runs/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";

export function inspectCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("inspect")
    .summary("what a network is, before anything runs")
    .description("Tells a network's layers, parameters, gates and paths, and what its kernels over n inputs will take.")
    .requiredOption("--model <model>", "run directory or .onnx file")
    .option("--inputs <n>", "number of inputs that the kernels are estimated for", "1000")
    .addHelpText("after", "\nExample:\n  $ gatewise inspect --model network.onnx --inputs 10000");
  command.action((options: { readonly model: string; readonly inputs: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({ model: options.model, examples: parseWhole("--inputs", options.inputs, 1) }),
      async ({ model, examples }, context) => {
        const { network, source } = await loadNetwork(model);
        const inspection = inspect(network, examples);
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

/** Memory in bytes and operations of the kernels over `examples` inputs. */
interface KernelCost {
  readonly examples: number;
  readonly packedGatesBytes: number;
  readonly kernelBytes: number;
  /** Pairs of inputs whose overlaps are counted: half of the square. */
  readonly pairs: number;
  /** 64-bit words of gates that one pair compares; positions of maps are compared each with each where pools need it. */
  readonly wordsPerPair: number;
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
  readonly pathKernel: "packed bits" | "pairs of positions";
  readonly supported: readonly string[];
  readonly cost: KernelCost;
}

const COMMANDS = ["evaluate", "gates", "paths", "npk", "ntk", "neighbors"] as const;

function inspect(network: GatedNetwork, examples: number): Inspection {
  const used = usedNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));
  const layers = used.map((node) => ({
    name: node.name,
    kind: node.kind,
    shape: node.shape,
    parameters: parametersOf(node),
  }));
  const gateShapes = gatePositions(network).map((position) => network.nodes[position]?.shape ?? []);
  const paths = countPaths(network, 0);
  const chain = denseChain(network) !== undefined;
  return {
    inputShape: inputShapeOf(network),
    outputs: outputCount(network),
    layers,
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    gates: gateShapes.reduce((sum, shape) => sum + sizeOf(shape), 0),
    hardGates: hasHardGates(network),
    paths: paths.toString(),
    log2Paths: log2BigInt(paths),
    pathKernel: chain ? "packed bits" : "pairs of positions",
    supported: COMMANDS,
    cost: {
      examples,
      packedGatesBytes: examples * gateShapes.reduce((sum, shape) => sum + 8 * Math.ceil(sizeOf(shape) / 64), 0),
      kernelBytes: 8 * examples ** 2,
      pairs: (examples * (examples + 1)) / 2,
      wordsPerPair: gateShapes.reduce((sum, shape) => sum + wordsPerPair(shape), 0),
      tangentKernelBytes: tangentKernelMemory(network).bytes + 8 * examples ** 2,
    },
  };
}

const parametersOf = (node: GatedNode): number =>
  isWeightNode(node) ? (node.weight?.data.length ?? 0) + (node.bias?.data.length ?? 0) : 0;

const wordsPerPair = ([channels = 0, ...sizes]: readonly number[]): number => Math.ceil(channels / 64) * sizeOf(sizes);

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
      ["pairs of inputs", cost.pairs.toLocaleString("en-US")],
    ],
  );
  return `${table}\n${facts.split("\n").slice(1).join("\n")}\n\ncommands: ${inspection.supported.join(", ")}`;
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;
