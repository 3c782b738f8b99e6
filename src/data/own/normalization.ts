/** What inputs become before a network reads them: `x · factor + shift`. */
import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import type { ExampleSet } from "../example-set.ts";

/**
 * A normalization of inputs, `x · factor + shift`: one number each for all elements, one for each channel (axis 0 of maps), or
 * one for each element. Plain data, kept with a run: whoever asks its network gives inputs as the files have them.
 */
export interface InputNormalization {
  readonly factor: readonly number[];
  readonly shift: readonly number[];
}

/** What is asked for; numbers for all inputs or for each channel or feature. Applied in this order. */
export interface NormalizationOptions {
  /** Inputs are multiplied by it: 1/255 of bytes, and of nothing else, unless told otherwise. */
  readonly scale?: number | undefined;
  /** Subtracted from the scaled inputs. */
  readonly mean?: readonly number[] | undefined;
  /** What is left is divided by it. */
  readonly std?: readonly number[] | undefined;
  /** Mean and deviation are those of the training inputs: of each feature of a vector, each channel of images. */
  readonly standardize?: boolean | undefined;
}

/** Mean and standard deviation of inputs, one each for what is normalized alike. */
export interface InputMoments {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** Examples that moments are summed over at once. */
const BLOCK = 1024;

/** How many numbers normalize alike: the features of vectors, the channels of maps, one of gray images. */
export const normalizedParts = (shape: readonly number[]): number =>
  shape.length === 1 || shape.length === 3 ? (shape[0] ?? 1) : 1;

/**
 * Mean and deviation (divided by `n`, as scikit-learn's `StandardScaler`) of each feature or channel, in float64.
 * @throws the signal's reason once it is aborted
 */
export async function inputMoments(set: Omit<ExampleSet, "labels">, signal?: AbortSignal): Promise<InputMoments> {
  const parts = normalizedParts(set.exampleShape);
  const run = sizeOf(set.exampleShape) / parts;
  const count = set.size * run;
  const [mean, squares, seen] = [new Float64Array(parts), new Float64Array(parts), new Float64Array(parts)];
  for (let start = 0; start < set.size; start += BLOCK) {
    signal?.throwIfAborted();
    const { data } = await set.readBlock(start, Math.min(BLOCK, set.size - start));
    addMoments(data, run, mean, squares, seen);
  }
  return { mean, std: squares.map((sum) => Math.sqrt(sum / count)) };
}

/** Welford's update by blocks (Chan, Golub, LeVeque 1979): sums of squares of large numbers lose nothing. */
function addMoments(
  data: ArrayLike<number>,
  run: number,
  mean: Float64Array,
  squares: Float64Array,
  seen: Float64Array,
): void {
  const parts = mean.length;
  const rows = data.length / (parts * run);
  for (let part = 0; part < parts; part++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const from = (row * parts + part) * run;
      for (let i = from; i < from + run; i++) sum += data[i]!;
    }
    const own = sum / (rows * run);
    let deviation = 0;
    for (let row = 0; row < rows; row++) {
      const from = (row * parts + part) * run;
      for (let i = from; i < from + run; i++) deviation += (data[i]! - own) ** 2;
    }
    const [before, added] = [seen[part]!, rows * run];
    const all = before + added;
    const difference = own - mean[part]!;
    mean[part] = mean[part]! + (difference * added) / all;
    squares[part] = squares[part]! + deviation + (difference ** 2 * before * added) / all;
    seen[part] = all;
  }
}

/**
 * The normalization that options ask for; undefined where inputs stay as they are.
 * @param input of the examples: their shape, and whether they are bytes
 * @param moments of the training inputs, where `standardize` asks for them
 * @throws GatewiseError for numbers that do not fit the shape, or options that do not go together
 */
export function normalizationOf(
  { scale, mean, std, standardize = false }: NormalizationOptions,
  input: { readonly shape: readonly number[]; readonly dtype: "uint8" | "float32" },
  moments?: InputMoments,
): InputNormalization | undefined {
  if (standardize && (scale !== undefined || mean !== undefined || std !== undefined)) {
    throw new GatewiseError({
      received: "`standardize` with `scale`, `mean` or `std`",
      expected: "one or the other: `standardize` computes its own",
      next: "leave one out",
    });
  }
  if (standardize) {
    if (moments === undefined) throw new Error("unreachable: no moments to standardize by");
    // what does not vary is only centered, as scikit-learn has it
    const factor = Array.from(moments.std, (one) => (one > 0 ? 1 / one : 1));
    return { factor, shift: factor.map((one, i) => -one * (moments.mean[i] ?? 0)) };
  }
  const usual = input.dtype === "uint8" ? 1 / 255 : undefined;
  if (scale === undefined && mean === undefined && std === undefined) {
    return usual === undefined ? undefined : { factor: [usual], shift: [0] };
  }
  const parts = Math.max(checkedParts("mean", mean, input.shape), checkedParts("std", std, input.shape));
  const at = (numbers: readonly number[] | undefined, i: number, otherwise: number): number =>
    numbers === undefined ? otherwise : (numbers[numbers.length === 1 ? 0 : i] ?? otherwise);
  const factors = Array.from({ length: parts }, (_, i) => (scale ?? usual ?? 1) / at(std, i, 1));
  return { factor: factors, shift: factors.map((_, i) => -at(mean, i, 0) / at(std, i, 1)) };
}

function checkedParts(name: "mean" | "std", numbers: readonly number[] | undefined, shape: readonly number[]): number {
  const count = numbers?.length ?? 1;
  const parts = normalizedParts(shape);
  if (count === 1 || count === parts) return count;
  throw new GatewiseError({
    received: `\`${name}\` of ${count} numbers for inputs of shape [${shape.join(", ")}]`,
    expected:
      parts === 1
        ? "one number"
        : `one number, or ${parts}: one for each ${shape.length === 1 ? "feature" : "channel"}`,
    next: `give \`${name}\` as many numbers as that`,
  });
}

/**
 * Factor and shift of every element of an example.
 * @param shape of one example
 */
export function normalizationArrays(
  { factor, shift }: InputNormalization,
  shape: readonly number[],
): Readonly<Record<"factor" | "shift", Float32Array>> {
  const size = sizeOf(shape);
  const spread = (numbers: readonly number[]): Float32Array => {
    const run = size / numbers.length;
    return Float32Array.from({ length: size }, (_, i) => numbers[Math.floor(i / run)] ?? 0);
  };
  return { factor: spread(factor), shift: spread(shift) };
}
