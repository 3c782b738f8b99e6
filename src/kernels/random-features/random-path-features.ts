/**
 * Random path features (theory 3.15): outputs of networks of independent ±1 weights behind the network's own gates. Their
 * inner products estimate the path kernel of any architecture in `O(n · R)` passes, where the exact kernel visits
 * `O(n²)` pairs.
 */

import { compileInParts, type Engine, type ResidentArray } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  checkDecisions,
  checkInputs,
  decisionGraph,
  examplesAtOnce,
  type InputBlocks,
  type Inputs,
  readRows,
} from "../../gates/index.ts";
import {
  type DenseArray,
  eachNumber,
  float32,
  float64,
  type Graph,
  graph,
  input,
  sizeOf,
  slice,
} from "../../graph/index.ts";
import { checkCount, checkOutput, type GatedNetwork, inputShapeOf } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { randomStream } from "../../random.ts";
import { checkKernelNumbers, kernelBeyond, kernelNumbers } from "../kernel-numbers.ts";
import { nodeAt } from "../pair/maps.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { linearPass, type SeparatedNetwork, type SeparatedParameter, separated } from "./linear-pass.ts";

/** How random path features are drawn (theory 3.15). */
export interface PathFeatureOptions {
  /** Names the draws. */
  readonly seed: number;
  /** Element of the output, 0 unless told otherwise; all outputs of a last dense layer have the same kernel. */
  readonly output?: number | undefined;
  /**
   * Features of a draw, which divide their number: columns of weights of their own in a last dense layer, behind the same
   * draw of all others; 1, independent ones, unless told otherwise. The error of an estimate has to know of it.
   */
  readonly together?: number | undefined;
  /** Examples a run of the engine; 64, fewer of large maps, unless told otherwise. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((features: number, of: number) => void) | undefined;
}

/** Features of some of the examples, one behind the other. */
export interface FeatureRows {
  readonly from: number;
  readonly to: number;
  /** `[to − from, R]` */
  readonly values: Float64Array<ArrayBuffer>;
}

/**
 * Outputs of random value networks behind the gates of the network (theory 3.15).
 * @param count features, `R`
 * @returns `[n, R]`: inner products over `R` have the path kernel as mean
 * @throws GatewiseError if the inputs do not have the network's shape, there is no such output, or a count is none
 */
export async function randomPathFeatures(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  count: number,
  options: PathFeatureOptions,
): Promise<DenseArray<"float64">> {
  optionsIn(options);
  checkInputs(network, inputs);
  checkCount("number of features", count);
  const [examples = 0] = inputs.shape;
  checkEstimateMemory(examples, 0, count);
  const features = kernelNumbers(examples, count, "features");
  for await (const { from, values } of pathFeatureRows(network, engine, inputs, count, options)) {
    features.set(values, from * count);
  }
  return float64([examples, count], features);
}

/**
 * The same, so many examples at a time as the engine runs: no more are in memory.
 * @param rows the examples whose features are made, with the same bits as those of all: runs of the engine hold the same ones
 */
export async function* pathFeatureRows(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs | InputBlocks,
  count: number,
  options: PathFeatureOptions,
  rows: ExampleRange = { from: 0, to: inputs.shape[0] ?? 0 },
): AsyncGenerator<FeatureRows> {
  const { seed, output = 0, together = 1, batch = examplesAtOnce(network), signal, onProgress } = optionsIn(options);
  checkInputs(network, inputs);
  checkOutput(network, output);
  checkCount("number of features", count);
  checkCount("batch", batch);
  checkTogether(network, count, together);
  const paths = separated(together === 1 ? network : withOutputs(network, together));
  const given = paths.deciding.map(decidedName);
  await using decisions =
    given.length === 0 ? undefined : await compileInParts(engine, decisionGraph(network, paths.deciding), given);
  await using program = await compileInParts(
    engine,
    featureGraph(network, paths, together === 1 ? [output, output + 1] : [0, together]),
  );
  const used = new Set(program.model.inputs.map(({ name }) => name));
  const parameters = paths.parameters.filter((one) => used.has(nameOf(one)));
  const draws = count / together;
  const examples = rows.to - rows.from;
  const atOnce = examplesOfDraw(network, batch, count);
  for (let start = Math.floor(rows.from / batch) * batch; start < rows.to; start += atOnce) {
    const end = Math.min(start + atOnce, rows.to);
    await using group = new HeldArrays();
    const blocks: Block[] = [];
    for (let from = start; from < end; from += batch) {
      const to = Math.min(from + batch, inputs.shape[0] ?? 0);
      const x = group.hold(await engine.upload(await readRows(inputs, from, to)));
      // gates and selections do not depend on the draw: they stay in the engine for all of them
      const { kept = {}, fetched = {} } = (await decisions?.run({ x }, given)) ?? {};
      for (const array of Object.values(kept)) group.hold(array);
      checkDecisions(fetched, from);
      blocks.push({ from, to, feeds: { x, ...kept }, values: new Float64Array((to - from) * count) });
    }
    for (let draw = 0; draw < draws; draw++) {
      await using drawnNow = new HeldArrays();
      const signs: Record<string, ResidentArray> = {};
      for (const one of parameters) signs[nameOf(one)] = drawnNow.hold(await engine.upload(drawn(one, seed, draw)));
      for (const [run, { from, to, feeds, values }] of blocks.entries()) {
        signal?.throwIfAborted();
        const { y } = (await program.run({ ...feeds, ...signs })).fetched;
        for (let at = 0; at < (to - from) * together; at++) {
          const value = Number(y?.data[at]);
          if (value !== 0 && Math.abs(value) < SMALLEST) throw beyondSingle();
          values[Math.floor(at / together) * count + draw * together + (at % together)] = value / paths.scale;
        }
        const done = start - rows.from + ((end - start) * (draw * blocks.length + run + 1)) / (draws * blocks.length);
        onProgress?.(Math.floor((count * Math.max(0, Math.min(done, examples))) / examples), count);
      }
    }
    for (const { from, to, values } of blocks) {
      signal?.throwIfAborted();
      const [first, last] = [Math.max(from, rows.from), Math.min(to, rows.to)];
      yield { from: first, to: last, values: values.subarray((first - from) * count, (last - from) * count) };
    }
  }
}

/** Arrays in an engine that are of no use any more at one time. */
class HeldArrays implements AsyncDisposable {
  private readonly arrays: ResidentArray[] = [];

  hold(array: ResidentArray): ResidentArray {
    this.arrays.push(array);
    return array;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const array of this.arrays) await array[Symbol.asyncDispose]();
  }
}

/** Examples of one run of the engine, with what stays there for all draws. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly feeds: Readonly<Record<string, ResidentArray>>;
  readonly values: Float64Array<ArrayBuffer>;
}

/** Runs that share a draw at most, and what they hold meanwhile: features, and values of nodes. */
const MOST_BATCHES = 16;
const GROUP_NUMBERS = 2 ** 22;

/**
 * Examples behind one draw of the weights. To draw them and hand them over takes a small network longer than its passes; a large one
 * has more to lose where it is stopped, and nothing to gain.
 * @param batch examples a run of the engine
 * @param count number of features
 */
export function examplesOfDraw({ nodes }: GatedNetwork, batch: number, count: number): number {
  const units = nodes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const runs = Math.floor(GROUP_NUMBERS / (batch * Math.max(count, units)));
  return batch * Math.max(1, Math.min(MOST_BATCHES, runs));
}

/** More share too much of their draw to be worth as many. */
const MOST_TOGETHER = 8;
/** Draws that tell an error at least. */
const LEAST_DRAWS = 16;

/**
 * How many features a draw may well give: those of one draw have all layers but the last in common, so that each is worth
 * less than one of its own, but they cost no more than one.
 * @returns for the option `together`
 */
export function featuresTogether({ nodes, output }: GatedNetwork, count: number): number {
  if (nodes[output]?.kind !== "dense") return 1;
  const most = Math.min(MOST_TOGETHER, Math.floor(count / LEAST_DRAWS));
  for (let together = most; together > 1; together--) if (count % together === 0) return together;
  return 1;
}

function checkTogether({ nodes, output }: GatedNetwork, count: number, together: number): void {
  checkCount("features of a draw", together);
  if (together === 1 || (count % together === 0 && nodes[output]?.kind === "dense")) return;
  throw new GatewiseError({
    received: `${together} of ${count} features a draw, behind a ${nodes[output]?.kind} node`,
    expected: "a number that divides that of the features, and a last layer that is dense",
    next: "draw each feature on its own",
  });
}

/** The same network with so many outputs: all have the same kernel. */
function withOutputs({ nodes, output }: GatedNetwork, count: number): GatedNetwork {
  const last = nodes[output];
  if (last?.kind !== "dense") throw new Error("unreachable: outputs of a last layer that is not dense");
  const [inputs = 0] = last.weight.shape;
  const bias = last.bias === undefined ? {} : { bias: float32([count], new Float32Array(count)) };
  const weight = float32([inputs, count], new Float32Array(inputs * count));
  return { output, nodes: nodes.with(output, { ...last, ...bias, shape: [count], weight }) };
}

/** Of features and the kernel that they estimate; all of them are in memory at once. */
const MOST_ESTIMATE_BYTES = 2 ** 34;

/**
 * What the whole of an estimate takes is told before it begins: features of all inputs, and their kernel.
 * @param columns number of other inputs, if there are some; 0 for the features alone
 * @param atMost bytes that there are
 * @throws GatewiseError (`too-large`) for more
 */
export function checkEstimateMemory(
  rows: number,
  columns: number | undefined,
  features: number,
  atMost = MOST_ESTIMATE_BYTES,
): void {
  const bytes = 8 * ((rows + (columns ?? 0)) * features + rows * (columns ?? rows));
  const most = Math.min(atMost, MOST_ESTIMATE_BYTES);
  if (bytes <= most) return;
  throw new GatewiseError({
    code: "too-large",
    received: `${features} random features of ${rows + (columns ?? 0)} inputs${columns === 0 ? "" : " with their kernel"}, ${gigabytes(bytes)}`,
    expected: `at most ${gigabytes(most)}`,
    next: rows * (columns ?? rows) * 8 > most ? "give fewer inputs" : "ask for fewer features",
  });
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Smaller values have lost digits on their way through float32, or all of them. */
const SMALLEST = 2 ** -100;

const beyondSingle = (): GatewiseError =>
  kernelBeyond("random path features of a network so deep that their values vanish in float32", SHORTER);

/** From examples `x`, the values that decide their gates and scaled weights to outputs from and up to, `y` `[batch, …]`. */
function featureGraph(
  network: GatedNetwork,
  paths: SeparatedNetwork,
  [first, end]: readonly [from: number, to: number],
): Graph {
  const x = input("x", "float32", ["batch", ...inputShapeOf(network)]);
  const y = linearPass(paths, x, {
    parameter: (position, kind, own) => input(nameOf({ position, kind }), "float32", own.shape),
    decided: (position) => input(decidedName(position), "float32", ["batch", ...nodeAt(network, position).shape]),
  });
  return graph({ y: slice(y, 1, first, end) });
}

const decidedName = (position: number): string => `q.${position}`;

const nameOf = ({ position, kind }: Pick<SeparatedParameter, "position" | "kind">): string => `${kind}.${position}`;

/** Signs at the scale of their layer. */
function drawn({ position, kind, own, scale }: SeparatedParameter, seed: number, draw: number): DenseArray<"float32"> {
  const signs = randomStream(seed, "path-features", draw, position, kind).signs(own.data.length);
  return float32(
    own.shape,
    eachNumber(new Float32Array(signs.length), signs, (sign) => sign * scale),
  );
}

const SHORTER = "ask for the exact kernel, or for that of an earlier layer";

/** A neural path kernel estimated by random path features (theory 3.15). */
export interface KernelEstimate {
  /** `[n, m]` */
  readonly kernel: DenseArray<"float64">;
  /** Standard error of an entry over its size, in the mean over all entries that are not 0. */
  readonly meanRelativeError: number;
  /** Expected distance from the exact kernel over its size, in the Frobenius norm: entries near 0 weigh little in it. */
  readonly relativeError: number;
}

/**
 * The kernel that random features estimate, and how far off its entries are to be expected: draws are independent.
 * @param features `[n, R]` and `[m, R]` of the same draws
 * @param together features of each draw
 */
export function estimatedKernel(features: DenseArray<"float64">, features2 = features, together = 1): KernelEstimate {
  const [rows = 0, count = 0] = features.shape;
  const [columns = 0, count2] = features2.shape;
  checkCount("number of features", count, 2);
  checkCount("features of a draw", together);
  const draws = count / together;
  checkCount("number of draws", draws, 2);
  for (const { data } of [features, features2]) checkKernelNumbers(data, "random path features", SHORTER);
  if (features.shape.length !== 2 || features2.shape.length !== 2 || count2 !== count) {
    throw new GatewiseError({
      received: `features of shapes [${features.shape.join(", ")}] and [${features2.shape.join(", ")}]`,
      expected: "[n, R] and [m, R]",
      next: "draw both with the same count and seed",
    });
  }
  const kernel = kernelNumbers(rows, columns);
  const isSymmetric = features2 === features;
  let [errors, entries, variances, norm] = [0, 0, 0, 0];
  for (let i = 0; i < rows; i++) {
    for (let j = isSymmetric ? i : 0; j < columns; j++) {
      let sum = 0;
      let squares = 0;
      for (let k = 0; k < count; ) {
        let product = 0;
        for (const end = k + together; k < end; k++) {
          product += features.data[i * count + k]! * features2.data[j * count + k]!;
        }
        sum += product;
        squares += product * product;
      }
      const mean = sum / count;
      kernel[i * columns + j] = mean;
      if (isSymmetric) kernel[j * columns + i] = mean;
      const times = isSymmetric && i !== j ? 2 : 1;
      const ofDraw = sum / draws;
      const variance = Math.max(squares / draws - ofDraw * ofDraw, 0) / (draws - 1) / together ** 2;
      variances += times * variance;
      norm += times * mean * mean;
      if (mean === 0) continue;
      errors += (times * Math.sqrt(variance)) / Math.abs(mean);
      entries += times;
    }
  }
  checkKernelNumbers(kernel, "an estimated path kernel", SHORTER);
  checkKernelNumbers(Float64Array.of(errors, variances, norm), "the error of an estimated path kernel", SHORTER);
  return {
    kernel: float64([rows, columns], kernel),
    meanRelativeError: entries === 0 ? 0 : errors / entries,
    // the estimate's own errors are part of its norm
    relativeError: variances === 0 ? 0 : Math.sqrt(variances / Math.max(norm - variances, Number.MIN_VALUE)),
  };
}
