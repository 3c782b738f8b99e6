/** The neural path kernel of any network (theory 3.1): the one place that chooses how it is computed. */
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkInputs, type Inputs, readNetworkGates } from "../gates/index.ts";
import { type DenseArray, float64 } from "../graph/index.ts";
import {
  checkEstimateMemory,
  checkKernelNumbers,
  type DenseChain,
  estimatedKernel,
  featuresTogether,
  type GatedInputs,
  type KernelPart,
  kernelBeyond,
  kernelExponent,
  kernelInRange,
  neuralPathKernelByPairs,
  normalizedInputs,
  type PackedKernel,
  type PairTileMakers,
  type PairWay,
  packedKernel,
  packedKernelDiagonal,
  randomPathFeatures,
  type TileOptions,
} from "../kernels/index.ts";
import { checkCount, checkWord, type GatedNetwork } from "../network/index.ts";
import { type NeuralPathKernelWay, neuralPathKernelWay } from "./neural-path-kernel-way.ts";
import { NORMALIZATIONS, type Normalization } from "./normalization.ts";
import { type Asking, counter } from "./progress.ts";
import { checkVanished } from "./vanished-kernel.ts";

/** What makes the tiles of kernels, in threads of its own. */
export interface KernelTileMakers extends PairTileMakers {
  readonly packed: NonNullable<TileOptions["open"]>;
}

/** What to do where the kernel of a whole network leaves float64. */
export const EARLIER = "ask for the kernel of an earlier layer";

/** Which neural path kernel, and exactly or estimated. */
export interface NeuralPathKernelOptions extends Asking {
  /** Other inputs for the columns; the rows' own unless given. */
  readonly inputs2?: Inputs | undefined;
  /** The whole matrix unless told otherwise. */
  readonly part?: KernelPart | undefined;
  /** `none` unless told otherwise. */
  readonly normalize?: Normalization | undefined;
  /** Estimate the kernel by as many random path features (theory 3.15); 0, the exact one, unless told otherwise. */
  readonly features?: number | undefined;
  /** Names the draws of the features. */
  readonly seed?: number | undefined;
}

/** A kernel, `[n, m]`, `[n]` of a diagonal or `[]` of a trace, with what is to be told beside it. */
export interface NeuralPathKernel extends DenseArray<"float64"> {
  readonly by: NeuralPathKernelWay["kind"] | "random features";
  /** Sum of the diagonal before normalization; null between two sets of inputs, and beyond float64. */
  readonly trace: number | null;
  /** Its base-2 logarithm, also beyond float64; null between two sets of inputs, and of 0. */
  readonly log2Trace: number | null;
  /** Of random features: mean standard error of an entry over its size. */
  readonly meanRelativeError?: number;
  /** Of random features: expected distance from the exact kernel over its size, in the Frobenius norm. */
  readonly relativeError?: number;
}

/**
 * The kernel of inputs, or between two sets of inputs: exact unless features are asked for.
 * @param makers make the tiles, this thread unless given
 * @param pairs tells how a kernel of pairs is made, where the caller keeps that
 * @throws GatewiseError if the inputs do not have the network's shape, or the network has no kernel of what was asked for
 */
export async function neuralPathKernel(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: NeuralPathKernelOptions = {},
  makers?: KernelTileMakers,
  pairs?: () => Promise<PairWay>,
): Promise<NeuralPathKernel> {
  checkOptions(network, options);
  checkInputs(network, inputs);
  if (options.inputs2 !== undefined) checkInputs(network, options.inputs2);
  const { features = 0, inputs2, part = "full", normalize = "none", signal } = options;
  if (features > 0) return await estimated(network, engine, inputs, features, options);
  const way = neuralPathKernelWay(network);
  if (way.kind === "packed bits") {
    const kernel = await packedKernelOf(network, way.chain, engine, inputs, options);
    const diagonal = packedKernelDiagonal(kernel);
    checkVanished(network, inputs, diagonal);
    const exponent = kernelExponent(kernel);
    if (part !== "full") return partOf(diagonal, part, way.kind, normalize, exponent);
    const open = makers === undefined ? {} : { open: makers.packed };
    const whole = await packedKernel(kernel, engine, { ...open, ...(signal === undefined ? {} : { signal }) });
    return scaled(whole, way.kind, inputs2 === undefined ? sumOf(diagonal) : null, normalize, exponent);
  }
  const asked = {
    part: part === "trace" ? "diagonal" : part,
    signal,
    onReading: counter(options, "gates", "inputs"),
    onProgress: counter(options, "kernel", "pairs"),
  } as const;
  const kernel = await neuralPathKernelByPairs(network, engine, inputs, inputs2, {
    ...asked,
    makers,
    way: await pairs?.(),
  });
  checkKernelNumbers(kernel.data, "a neural path kernel", EARLIER);
  if (part !== "full") checkVanished(network, inputs, kernel.data);
  else if (inputs2 === undefined) checkVanished(network, inputs, diagonalOf(kernel));
  if (part !== "full") return partOf(kernel.data, part, way.kind, normalize);
  return scaled(kernel, way.kind, inputs2 === undefined ? traceOf(kernel) : null, normalize);
}

/**
 * Gates and inputs of a kernel of packed bits, ready for its tiles.
 * @throws GatewiseError if its numbers leave float64 and are not to be divided by their trace
 */
export async function packedKernelOf(
  network: GatedNetwork,
  chain: DenseChain,
  engine: Engine,
  inputs: Inputs,
  options: Pick<NeuralPathKernelOptions, "inputs2" | "normalize" | "signal" | "onProgress">,
): Promise<PackedKernel> {
  const { inputs2, normalize, signal } = options;
  const read = async (from: Inputs): Promise<GatedInputs> => ({
    inputs: normalizedInputs(chain, from),
    gates: await readNetworkGates(network, engine, from, {
      onProgress: counter(options, "gates", "inputs"),
      ...(signal === undefined ? {} : { signal }),
    }),
  });
  const kernel: PackedKernel = {
    rows: await read(inputs),
    ...(inputs2 === undefined ? {} : { columns: await read(inputs2) }),
    biases: chain.biases,
    normalize: normalize === "width" ? "width" : "none",
  };
  return kernelInRange(kernel, normalize === "trace");
}

async function estimated(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  count: number,
  options: NeuralPathKernelOptions,
): Promise<NeuralPathKernel> {
  const { inputs2, seed = 0, normalize = "none", signal } = options;
  checkEstimateMemory(inputs.shape[0] ?? 0, inputs2?.shape[0], count);
  const onProgress = counter(options, "features", "features");
  const together = featuresTogether(network, count);
  const draw = (from: Inputs): Promise<DenseArray<"float64">> =>
    randomPathFeatures(network, engine, from, count, { seed, together, signal, onProgress });
  const rows = await draw(inputs);
  const { kernel, meanRelativeError, relativeError } = estimatedKernel(
    rows,
    inputs2 === undefined ? rows : await draw(inputs2),
    together,
  );
  if (inputs2 === undefined) checkVanished(network, inputs, diagonalOf(kernel));
  const trace = inputs2 === undefined ? traceOf(kernel) : null;
  return { ...scaled(kernel, "random features", trace, normalize), meanRelativeError, relativeError };
}

function partOf(
  diagonal: Float64Array,
  part: Exclude<KernelPart, "full">,
  by: NeuralPathKernel["by"],
  normalize: Normalization,
  exponent = 0,
): NeuralPathKernel {
  const trace = sumOf(diagonal);
  const array = part === "diagonal" ? float64([diagonal.length], diagonal) : float64([], [trace]);
  return scaled(array, by, trace, normalize, exponent);
}

/**
 * In place: the kernel is this call's own.
 * @param exponent the power of two that kernel and trace are multiplied by
 */
function scaled(
  { shape, data }: DenseArray<"float64">,
  by: NeuralPathKernel["by"],
  trace: number | null,
  normalize: Normalization,
  exponent = 0,
): NeuralPathKernel {
  const told = toldTrace(trace, exponent);
  if (normalize === "trace" && trace !== null) {
    const factor = 1 / checkedTrace(trace);
    for (let i = 0; i < data.length; i++) data[i]! *= factor;
  }
  return { dtype: "float64", shape, data, by, ...told };
}

/**
 * What is told of a trace.
 * @param exponent the power of two that it is multiplied by
 * @throws GatewiseError for a sum that leaves float64 where its summands do not
 */
export function toldTrace(trace: number | null, exponent: number): Pick<NeuralPathKernel, "trace" | "log2Trace"> {
  if (trace === null) return { trace, log2Trace: null };
  if (!Number.isFinite(trace)) throw kernelBeyond("a trace beyond float64", "give fewer inputs");
  const log2Trace = trace > 0 ? Math.log2(trace) - exponent : null;
  // a power of two beyond float64 makes 0 or ∞ of it
  const plain = trace * 2 ** -exponent;
  return { trace: trace === 0 || (plain > 0 && Number.isFinite(plain)) ? plain || 0 : null, log2Trace };
}

/** @throws GatewiseError for what does not go together */
export function checkOptions(network: GatedNetwork, options: NeuralPathKernelOptions): void {
  const { inputs2, part = "full", normalize = "none", features = 0 } = options;
  checkWord("normalization", normalize, NORMALIZATIONS);
  checkCount("number of features", features, 0);
  if (inputs2 !== undefined && (part !== "full" || normalize === "trace")) {
    throw new GatewiseError({
      received: `a second set of inputs with ${part === "full" ? "normalization by the trace" : `the ${part} alone`}`,
      expected: "one set of inputs: between two there is no diagonal",
      next: "leave the second set of inputs out, or the normalization and the part",
    });
  }
  if (features > 0 && (part !== "full" || normalize === "width")) {
    throw new GatewiseError({
      received: `random features with ${part === "full" ? "normalization by the width" : `the ${part} alone`}`,
      expected: "a whole kernel, normalized by nothing or by its trace",
      next: "leave the features out for the exact kernel",
    });
  }
  if (features === 0 && normalize === "width" && neuralPathKernelWay(network).kind !== "packed bits") {
    throw new GatewiseError({
      code: "unsupported-model",
      received: "normalization by the width for a network that is no chain of dense layers",
      expected: "a fully connected network with hard gates",
      next: "normalize by the trace",
    });
  }
}

/** @throws GatewiseError for a kernel that nothing can be divided by */
export function checkedTrace(trace: number): number {
  if (trace > 0 && Number.isFinite(1 / trace)) return trace;
  if (trace > 0)
    throw kernelBeyond(`a kernel of trace ${trace}, whose inverse float64 does not hold`, "scale the inputs");
  throw new GatewiseError({
    code: "numerical-failure",
    received: "a kernel of trace 0: no input has an active path",
    expected: "active paths to divide by",
    next: "do not normalize, and see the gates of the network for layers that are never on",
  });
}

export const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

const diagonalOf = ({ shape: [n = 0], data }: DenseArray<"float64">): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)]!);

const traceOf = (kernel: DenseArray<"float64">): number => sumOf(diagonalOf(kernel));
