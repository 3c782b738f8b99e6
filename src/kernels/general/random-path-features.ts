/**
 * Random path features (theory 3): outputs of networks of independent ±1 weights behind the network's own gates. Their
 * inner products estimate the path kernel of any architecture in `O(n · R)` passes, where the exact kernel visits
 * `O(n²)` pairs.
 */
import type { Engine } from "../../engine/index.ts";
import { checkInputs, type Inputs, inputRows } from "../../gates/index.ts";
import { type DenseArray, float32, float64, graph, input, type Tensor } from "../../graph/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../network/index.ts";
import { randomStream } from "../../random.ts";
import { linearPass, type SeparatedParameter, separated } from "./linear-pass.ts";

export interface PathFeatureOptions {
  /** Names the draws. */
  readonly seed: number;
  /** Element of the output, 0 unless told otherwise; all outputs of a last dense layer have the same kernel. */
  readonly output?: number | undefined;
  /** Examples a run of the engine; 64 unless told otherwise. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((features: number, of: number) => void) | undefined;
}

/**
 * @param count features, `R`
 * @returns `[n, R]`: inner products over `R` have the path kernel as mean
 * @throws GatewiseError if the inputs do not have the network's shape
 */
export async function randomPathFeatures(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  count: number,
  { seed, output = 0, batch = 64, signal, onProgress }: PathFeatureOptions,
): Promise<DenseArray<"float64">> {
  checkInputs(network, inputs);
  const [examples = 0] = inputs.shape;
  const paths = separated(network);
  const outputs = outputCount(network);
  const tensors = new Map<string, Tensor<"float32">>(
    paths.parameters.map((one) => [nameOf(one), input(nameOf(one), "float32", one.own.shape)]),
  );
  const x = input("x", "float32", ["batch", ...inputShapeOf(network)]);
  const y = linearPass(paths, x, (position, kind) => tensors.get(nameOf({ position, kind })) ?? x);
  await using program = await engine.compile(graph({ y }));
  const features = new Float64Array(examples * count);
  // one output a draw: those of a draw share all earlier layers, and an error told from them would be too small
  for (let draw = 0; draw < count; draw++) {
    signal?.throwIfAborted();
    const signs = Object.fromEntries(
      paths.parameters
        .filter((one) => program.model.inputs.some(({ name }) => name === nameOf(one)))
        .map((one) => [nameOf(one), drawn(one, seed, draw)]),
    );
    for (let from = 0; from < examples; from += batch) {
      const to = Math.min(from + batch, examples);
      const values = (await program.run({ x: inputRows(inputs, from, to), ...signs })).fetched.y;
      for (let example = from; example < to; example++) {
        const value = Number(values?.data[(example - from) * outputs + output]);
        features[example * count + draw] = value / paths.scale;
      }
    }
    onProgress?.(draw + 1, count);
  }
  return float64([examples, count], features);
}

const nameOf = ({ position, kind }: Pick<SeparatedParameter, "position" | "kind">): string => `${kind}.${position}`;

function drawn({ position, kind, own, scale }: SeparatedParameter, seed: number, draw: number): DenseArray<"float32"> {
  const signs = randomStream(seed, "path-features", draw, position, kind).signs(own.data.length);
  return float32(
    own.shape,
    Float32Array.from(signs, (sign) => sign * scale),
  );
}

export interface KernelEstimate {
  /** `[n, m]` */
  readonly kernel: DenseArray<"float64">;
  /** Standard error of an entry over its size, in the mean over all entries that are not 0. */
  readonly meanRelativeError: number;
}

/**
 * The kernel that random features estimate, and how far off its entries are to be expected: the features are independent.
 * @param features `[n, R]` and `[m, R]` of the same draws
 */
export function estimatedKernel(features: DenseArray<"float64">, features2 = features): KernelEstimate {
  const [rows = 0, count = 0] = features.shape;
  const [columns = 0] = features2.shape;
  const kernel = new Float64Array(rows * columns);
  let errors = 0;
  let entries = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      let squares = 0;
      for (let k = 0; k < count; k++) {
        const product = features.data[i * count + k]! * features2.data[j * count + k]!;
        sum += product;
        squares += product * product;
      }
      const mean = sum / count;
      kernel[i * columns + j] = mean;
      if (mean === 0) continue;
      errors += Math.sqrt(Math.max(squares / count - mean * mean, 0) / (count - 1)) / Math.abs(mean);
      entries += 1;
    }
  }
  return { kernel: float64([rows, columns], kernel), meanRelativeError: entries === 0 ? 0 : errors / entries };
}
