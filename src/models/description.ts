/** What a network is, and what its kernels over a number of inputs will take. */
import type { Engine } from "../engine/index.ts";
import { sizeOf } from "../graph/index.ts";
import { type PairWay, tangentWorkBytes } from "../kernels/index.ts";
import {
  checkCount,
  type GatedNetwork,
  type GatedNode,
  gatePositions,
  hasHardGates,
  inputShapeOf,
  networkParameters,
  outputCount,
  usedNodes,
} from "../network/index.ts";
import { countPaths, log2BigInt } from "../paths/index.ts";
import { type KernelTiming, timeNeuralPathKernel } from "./kernel-timing.ts";
import type { DescribeOptions } from "./model-options.ts";

/** A node of the network, as `inspect` lists it. */
export interface LayerDescription {
  readonly name: string;
  readonly kind: GatedNode["kind"];
  readonly shape: readonly number[];
  /** Numbers of the parameters that this layer is the first to use. */
  readonly parameters: number;
}

/** An array that the file holds and that trains. */
export interface ParameterDescription {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  /** Names of the layers that use it. */
  readonly layers: readonly string[];
}

/** What the kernels over `examples` inputs take. */
export interface KernelCost {
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

/** What a network is, before anything runs. */
export interface Description {
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly layers: readonly LayerDescription[];
  /** Numbers in all parameters, each once however often it is used. */
  readonly parameters: number;
  readonly parameterList: readonly ParameterDescription[];
  readonly gates: number;
  readonly hardGates: boolean;
  /** Paths to one output, in decimal digits. */
  readonly paths: string;
  readonly log2Paths: number;
  /** How the exact path kernel is made. */
  readonly pathKernel: KernelTiming["by"];
  /** Why there is no exact path kernel, with what it would take; null where there is one. */
  readonly pathKernelReason: string | null;
  readonly cost: KernelCost;
}

/**
 * @throws GatewiseError for a number of examples that is none
 */
export async function describeModel(
  network: GatedNetwork,
  engine: () => Promise<Engine>,
  pairs: () => Promise<PairWay>,
  { examples = 1000, clock }: DescribeOptions,
): Promise<Description> {
  return describeNetwork(network, examples, await timeNeuralPathKernel(network, engine, clock, pairs));
}

/**
 * @param examples number of inputs that the costs are of
 * @param timing of the exact path kernel of the network
 * @throws GatewiseError for a number that is none
 */
function describeNetwork(network: GatedNetwork, examples: number, timing: KernelTiming): Description {
  checkCount("number of examples", examples);
  const used = usedNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));
  const parameterList = parametersOf(network);
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
    cost: {
      examples,
      packedGatesBytes: examples * gateShapes.reduce((sum, shape) => sum + 8 * Math.ceil(sizeOf(shape) / 64), 0),
      kernelBytes: 8 * examples ** 2,
      pairs,
      pathKernelSeconds: "secondsPerPair" in timing ? timing.secondsPerPair * pairs : null,
      pathKernelPairBytes: "pairBytes" in timing ? timing.pairBytes : null,
      tangentKernelBytes: tangentWorkBytes(network, examples) + 8 * examples ** 2,
    },
  };
}

const parametersOf = (network: GatedNetwork): readonly ParameterDescription[] =>
  networkParameters(network).map(({ name, values, uses }) => ({
    name,
    shape: values.shape,
    count: values.data.length,
    layers: [...new Set(uses.map(({ position }) => network.nodes[position]?.name ?? ""))],
  }));
