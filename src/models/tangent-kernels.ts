/** Tangent kernels of a network (theory 4.1), with what is to be told beside their values. */
import type { Engine } from "../engine/index.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import { type DenseArray, float64 } from "../graph/index.ts";
import {
  affordsEigenvalue,
  checkEigenvalueExamples,
  type KernelSize,
  kernelSize,
  type TangentKernels,
  type TangentOptions,
  type TangentPart,
  type TangentSummary,
  tangentKernel,
  tangentKernels,
  tangentSummary,
  tangentWorkBytes,
} from "../kernels/index.ts";
import { type GatedNetwork, pathNodes, usedNodes } from "../network/index.ts";
import { type Asking, counter } from "./progress.ts";

/** Which tangent kernel: of which logit, which parameters, between which inputs. */
export interface TangentKernelOptions extends Asking, Pick<TangentOptions, "output" | "inputs2" | "beside"> {
  /** Of the parameters that carry the value, of those that only make the gates, or of both: `all` unless told otherwise. */
  readonly part?: TangentPart | "all" | undefined;
}

/** What is told of a kernel over one set of inputs. */
export interface TangentAnswerOptions extends Omit<TangentKernelOptions, "inputs2"> {
  /** The smallest eigenvalue whatever it costs, of at most 10,000 inputs; else only where it costs little. */
  readonly smallestEigenvalue?: boolean | undefined;
}

/** A kernel over one set of inputs, in numbers. */
export interface TangentAnswer {
  /** `[n, n]` */
  readonly kernel: DenseArray<"float64">;
  readonly summary: TangentSummary;
  /** What the parts of a network with a feature network add to it. */
  readonly parts?: Readonly<Record<TangentPart, KernelSize>>;
}

function tangentOptions(options: Omit<TangentKernelOptions, "part">): TangentOptions {
  const { signal, output, inputs2, beside } = options;
  const progress = counter(options, "ntk", "percent");
  return {
    // by work and not by inputs, the last of which are multiplied with all the others: the time left comes true
    onProgress: (done, of) => progress(Math.floor((100 * done) / of + 1e-6), 100),
    ...(signal === undefined ? {} : { signal }),
    ...(output === undefined ? {} : { output }),
    ...(inputs2 === undefined ? {} : { inputs2 }),
    beside,
  };
}

/** One part of the tangent kernel, or the whole. See `Model.tangentKernel`. */
export async function tangentKernelOf(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  part: TangentPart | "all",
  options: TangentKernelOptions,
): Promise<DenseArray<"float64">> {
  return await tangentKernel(network, engine, inputs, { ...tangentOptions(options), part });
}

/** Both parts in one pass. See `Model.tangentKernels`. */
export async function tangentKernelsOf(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: Omit<TangentKernelOptions, "part">,
): Promise<TangentKernels> {
  return await tangentKernels(network, engine, inputs, tangentOptions(options));
}

/** Whether the kernel is the sum of two parts that are worth telling apart. */
const splits = (network: GatedNetwork, part: TangentKernelOptions["part"] = "all"): boolean =>
  part === "all" && usedNodes(network).length > pathNodes(network).length;

/**
 * The kernel and its size, in both its parts where the network has a feature network and all of it is asked for. The
 * smallest eigenvalue is told where it costs at most a fifth of the kernel, or where it is asked for.
 * @param inputs `[n, …inputShape]`
 */
export async function tangentAnswer(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: TangentAnswerOptions = {},
): Promise<TangentAnswer> {
  const { part = "all", smallestEigenvalue = false, signal } = options;
  checkInputs(network, inputs);
  const [examples = 0] = inputs.shape;
  if (smallestEigenvalue) checkEigenvalueExamples(examples);
  const summaryOptions = { smallestEigenvalue: smallestEigenvalue || affordsEigenvalue(network, examples), signal };
  if (!splits(network, part)) {
    const kernel = await tangentKernel(network, engine, inputs, { ...tangentOptions(options), part });
    return { kernel, summary: await tangentSummary(kernel, engine, summaryOptions) };
  }
  const { value, feature } = await tangentKernels(network, engine, inputs, tangentOptions(options));
  const parts = { value: kernelSize(value), feature: kernelSize(feature) };
  const kernel = float64(
    value.shape,
    value.data.map((one, i) => one + feature.data[i]!),
  );
  return { kernel, summary: await tangentSummary(kernel, engine, summaryOptions), parts };
}

/** Bytes that {@link tangentAnswer} takes at most: its work, and the kernel with its parts. */
export function tangentAnswerBytes(
  network: GatedNetwork,
  examples: number,
  part?: TangentKernelOptions["part"],
): number {
  const kernels = splits(network, part) ? 3 : 1;
  return tangentWorkBytes(network, examples) + kernels * 8 * examples ** 2;
}
