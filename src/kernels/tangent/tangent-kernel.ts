/**
 * Tangent kernels `K(x, x') = ⟨∇_θ ŷ(x), ∇_θ ŷ(x')⟩` of one logit, exact and in float64, split into the parameters that
 * carry the value and those that only make the gates: `K = K^v + K^φ` (theory 4.1).
 *
 * The factors of a tile of examples are held in the engine, and those of the examples after it stream by in batches, so
 * memory is bounded whatever the number of examples. Factors are computed `⌈n / tile⌉ / 2` times each; a tile that
 * holds all of them makes that once.
 */

import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { type DenseArray, denseArray, float64, sizeOf, zeros } from "../../graph/index.ts";
import { checkWord, type GatedNetwork, outputCount } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { checkKernelNumbers, kernelNumbers } from "../kernel-numbers.ts";
import { type Arrays, EngineTeam, type FactorBlock, joinedPortions } from "./engine-team.ts";
import { factorGraph } from "./factors.ts";
import { memoryOf } from "./memory.ts";
import { type TangentPart, tangentPlan } from "./plan.ts";
import { productGraph } from "./products.ts";
import { unknownWeights } from "./unknown-weights.ts";
import { productsOfExample, productsOfPair } from "./work.ts";

/** Which tangent kernel is computed, and in what portions. */
export interface TangentOptions {
  /** The logit that is differentiated: one, 0 unless told otherwise, or one for each of `inputs` (that of its class). */
  readonly output?: number | readonly number[];
  /** The kernel between `inputs` and these, instead of among `inputs`. */
  readonly inputs2?: Inputs;
  /** More engines of the same kind, a thread each, that share the work; the kernel is the same to the bit. */
  readonly beside?: readonly Engine[] | undefined;
  /** Examples whose factors are held at once; see `tangentKernelMemory`. */
  readonly tile?: number | undefined;
  readonly signal?: AbortSignal;
  /** Work that is done, and all of it, in multiplications. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** The tangent kernel `[n, n]` or `[n, m]` of each part of the parameters; their sum is the whole. */
export type TangentKernels = Readonly<Record<TangentPart, DenseArray<"float64">>>;

/**
 * The tangent kernel of a logit by the parameters of a part of the network (theory 4.1).
 * @param inputs `[n, ...inputShape]`
 * @returns `[n, n]`, symmetric, or `[n, m]` with `m` other inputs
 * @throws GatewiseError if the network has no such logit or no such inputs, its file computes weights in a way that is not
 * followed, or numbers leave float64
 */
export async function tangentKernel(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  asked: TangentOptions & { readonly part?: TangentPart | "all" } = {},
): Promise<DenseArray<"float64">> {
  const { part = "all", ...options } = optionsIn(asked);
  checkWord("part", part, ["value", "feature", "all"]);
  if (part !== "all") return (await kernelsOf(network, engine, inputs, [part], options))[part];
  const { value, feature } = await tangentKernels(network, engine, inputs, options);
  for (let i = 0; i < value.data.length; i++) value.data[i]! += feature.data[i]!;
  return value;
}

/** Value and feature tangent kernel in one pass; their sum is the whole one. */
export const tangentKernels = (
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: TangentOptions = {},
): Promise<TangentKernels> => kernelsOf(network, engine, inputs, ["value", "feature"], options);

async function kernelsOf(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  wanted: readonly TangentPart[],
  options: TangentOptions,
): Promise<TangentKernels> {
  const { output = 0, inputs2, beside = [], tile, signal, onProgress } = optionsIn(options);
  checkInputs(network, inputs);
  if (inputs2 !== undefined) checkInputs(network, inputs2);
  const chosen = chosenOutputs(network, output, inputs, inputs2);
  const others = inputs2 ?? inputs;
  const [rows = 0, columns = 0] = [inputs.shape[0], others.shape[0]];
  const kernels = {
    value: denseArray("float64", [rows, columns], kernelNumbers(rows, columns)),
    feature: denseArray("float64", [rows, columns], kernelNumbers(rows, columns)),
  };
  const plan = tangentPlan(network);
  const [unknown] = plan.unknown;
  if (unknown !== undefined) throw unknownWeights(network, unknown.parameter, unknown.position);
  const parts = wanted.filter((part) => plan[part].outer.length + plan[part].formed.length > 0);
  if (parts.length === 0) return kernels;

  await using team = await EngineTeam.of(
    [engine, ...beside],
    factorGraph(network, plan, parts),
    productGraph(plan, parts),
  );
  const { tile: held, block: together, batch } = memoryOf(network, plan, tile);
  const [each, pair] = [productsOfExample(network), productsOfPair(plan)];
  const pairs = inputs2 === undefined ? rows ** 2 / 2 : rows * columns;
  const of = passes(rows, columns, held, inputs2 === undefined) * each + pairs * pair;
  let done = 0;
  const advance = (products: number): void => {
    done += products;
    onProgress?.(Math.min(of, done), of);
  };
  const put = async (rows: readonly FactorBlock[], { from, ...columns }: LoadedBlock): Promise<void> =>
    await team.multiply(rows, columns, (own, products) => {
      for (const part of parts) {
        const block = products[part];
        if (block?.dtype !== "float64") throw new Error(`unreachable: a kernel of ${block?.dtype}`);
        place(kernels[part], block, own.from, from);
        const isDiagonal = inputs2 === undefined && own.from === from;
        advance((block.data.length * pair) / parts.length / (isDiagonal ? 2 : 1));
        if (inputs2 === undefined && own.from !== from) place(kernels[part], transposed(block), from, own.from);
      }
    });

  /** The factors of the examples from `start` to `end`, block by block, computed for as many blocks as there are engines. */
  async function* blocksOf(source: Inputs, start: number, end: number) {
    for (const [first, last] of ranges(start, end, together * team.size)) {
      signal?.throwIfAborted();
      const blocks = [...ranges(first, last, together)];
      const portions = blocks.flatMap(([from, to]) => [...ranges(from, to, batch)]);
      const feeds = portions.map(([from, to]) => ({
        x: examplesOf(source, from, to),
        chosen: oneHot(network, chosen, from, to),
      }));
      const made = await team.factors(feeds, (portion) => {
        const [from = 0, to = 0] = portions[portion] ?? [];
        advance((to - from) * each);
        signal?.throwIfAborted();
      });
      for (const [from, to] of blocks) {
        yield { from, values: joinedPortions(made.splice(0, Math.ceil((to - from) / batch))) };
      }
    }
  }
  for (let start = 0; start < rows; start += held) {
    const end = Math.min(start + held, rows);
    await using kept = new HeldBlocks();
    for await (const { from, values } of blocksOf(inputs, start, end)) {
      const block = await team.keep(kept.blocks.length, from, values);
      kept.blocks.push(block);
      if (inputs2 === undefined) await put(kept.blocks, { from, values, owner: block });
    }
    for await (const block of blocksOf(others, inputs2 === undefined ? end : 0, columns)) {
      await put(kept.blocks, { ...block, owner: undefined });
    }
  }
  for (const part of parts) checkKernelNumbers(kernels[part].data, "a tangent kernel", "scale the inputs or weights");
  return kernels;
}

/** The factors of examples from `from` on, and where an engine keeps them. */
interface LoadedBlock {
  readonly from: number;
  readonly values: Arrays;
  readonly owner: FactorBlock | undefined;
}

class HeldBlocks implements AsyncDisposable {
  readonly blocks: FactorBlock[] = [];

  async [Symbol.asyncDispose](): Promise<void> {
    for (const block of this.blocks) await block[Symbol.asyncDispose]();
  }
}

function examplesOf({ shape: [, ...shape], data }: Inputs, from: number, to: number): DenseArray<"float64"> {
  const size = sizeOf(shape);
  return float64([to - from, ...shape], data.subarray(from * size, to * size));
}

function* ranges(start: number, end: number, step: number): Generator<readonly [from: number, to: number]> {
  for (let from = start; from < end; from += step) yield [from, Math.min(from + step, end)];
}

/** Examples whose factors are computed, each as often as it happens. */
function passes(rows: number, columns: number, tile: number, symmetric: boolean): number {
  let sum = rows;
  for (const [, end] of ranges(0, rows, tile)) sum += symmetric ? rows - end : columns;
  return sum;
}

function place(into: DenseArray<"float64">, block: DenseArray<"float64">, row: number, column: number): void {
  const [, width = 0] = into.shape;
  const [rows = 0, columns = 0] = block.shape;
  for (let i = 0; i < rows; i++) {
    into.data.set(block.data.subarray(i * columns, (i + 1) * columns), (row + i) * width + column);
  }
}

function transposed({ shape, data }: DenseArray<"float64">): DenseArray<"float64"> {
  const [rows = 0, columns = 0] = shape;
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return float64([columns, rows], out);
}

/** The logit of each example, checked. */
function chosenOutputs(
  network: GatedNetwork,
  output: number | readonly number[],
  inputs: Inputs,
  inputs2: Inputs | undefined,
): (example: number) => number {
  if (typeof output === "number") {
    checkOutput(network, output);
    return () => output;
  }
  if (inputs2 !== undefined || output.length !== inputs.shape[0]) {
    throw new GatewiseError({
      received: `${output.length} outputs for ${inputs.shape[0]} inputs${inputs2 === undefined ? "" : " and others"}`,
      expected: "one output for each input, among one set of inputs",
      next: "give one output for all, or a list of this length",
    });
  }
  for (const one of output) checkOutput(network, one);
  return (example) => output[example] ?? 0;
}

function oneHot(
  network: GatedNetwork,
  chosen: (example: number) => number,
  from: number,
  to: number,
): DenseArray<"float64"> {
  const outputs = outputCount(network);
  const rows = zeros("float64", [to - from, outputs]);
  for (let example = from; example < to; example++) rows.data[(example - from) * outputs + chosen(example)] = 1;
  return rows;
}

function checkOutput(network: GatedNetwork, output: number): void {
  const outputs = outputCount(network);
  if (Number.isInteger(output) && output >= 0 && output < outputs) return;
  throw new GatewiseError({
    received: `output ${output}`,
    expected: outputs === 1 ? "0: the network has one output" : `a whole number from 0 to ${outputs - 1}`,
    next: "choose one of the network's outputs",
  });
}
