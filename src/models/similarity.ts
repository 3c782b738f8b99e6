/**
 * Kernels of training examples scaled to a diagonal of 1, with a ridge, ready to be solved for many queries (theory 8.3): the
 * path kernel, exactly or by random path features, and the cosine of the inputs, the control.
 */
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  type BlockProducts,
  featureSolver,
  type KernelRows,
  kernelRows,
  kernelSolver,
  type Matrix,
  matrix,
  type RidgeSolver,
  scaledKernel,
  sizesOf,
} from "../fitting/index.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { featuresTogether, type PairWay, randomPathFeatures } from "../kernels/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type KernelTileMakers, neuralPathKernel } from "./neural-path-kernel.ts";
import { type Asking, counter } from "./progress.ts";

/** A kernel of training examples with a ridge. */
export interface Similarity extends AsyncDisposable {
  readonly solver: RidgeSolver;
  /**
   * Of queries with the training examples, each pair divided by both roots of the diagonal.
   * @param queries `[m, …inputShape]`
   * @returns `[m, n]`
   */
  cross(queries: Inputs, options?: Asking): Promise<Matrix>;
}

/** How a kernel is made ready. */
export interface SimilarityOptions extends Asking {
  /** `λ`, added to the diagonal of 1. */
  readonly ridge: number;
  /** More examples than this are solved by conjugate gradients; 10,000 unless told otherwise. */
  readonly directLimit?: number | undefined;
}

/** A kernel in a file, in a unit of its own; released, the file is gone. */
export interface KernelInFile extends KernelRows, AsyncDisposable {
  /** What its numbers are multiplied by. */
  readonly unit: number;
}

/** Where the exact path kernel comes from. */
export interface PathSimilarityOptions extends SimilarityOptions {
  readonly makers?: KernelTileMakers | undefined;
  readonly pairs?: (() => Promise<PairWay>) | undefined;
  /** The kernel of more examples than memory holds, by rows: in a file. */
  readonly inFile?: ((train: Inputs, options: Asking) => Promise<KernelInFile>) | undefined;
}

/** As many examples have a kernel that memory holds beside its factor. */
export const HELD_EXAMPLES = 10_000;

/**
 * The exact path kernel of a network.
 * @param train `[n, …inputShape]`
 */
export async function pathSimilarity(
  network: GatedNetwork,
  engine: Engine,
  train: Inputs,
  products: BlockProducts,
  options: PathSimilarityOptions,
): Promise<Similarity> {
  const { makers, pairs, inFile, ridge, directLimit = HELD_EXAMPLES, signal } = options;
  checkInputs(network, train);
  const [examples = 0] = train.shape;
  const kernelOf = (inputs: Inputs, more: object, asking: Asking) =>
    neuralPathKernel(network, engine, inputs, { ...asking, ...more }, makers, pairs);
  const asking: Asking = { signal, onProgress: options.onProgress };
  const isHeld = examples <= directLimit || inFile === undefined;
  const whole = isHeld ? await kernelOf(train, {}, asking) : undefined;
  const diagonal =
    whole === undefined
      ? (await kernelOf(train, { part: "diagonal" }, { signal })).data
      : Float64Array.from({ length: examples }, (_, i) => whole.data[i * (examples + 1)]!);
  const scale = inverseRoots(diagonal);
  const file = whole === undefined ? await inFile?.(train, asking) : undefined;
  const rows = whole === undefined ? file : { ...kernelRows(whole), unit: 1 };
  if (rows === undefined) throw new Error("unreachable: a kernel neither in memory nor in a file");
  const release = async (): Promise<void> => await file?.[Symbol.asyncDispose]();
  try {
    const solver = await kernelSolver(
      scaledKernel(
        rows,
        scale.map((value) => value * Math.sqrt(rows.unit)),
      ),
      scale.map((value) => (value === 0 ? 0 : 1)),
      ridge,
      products,
      { directLimit, signal, onProgress: percent(options, "factor") },
    );
    return {
      solver,
      async cross(queries, more = {}) {
        const kernel = await kernelOf(queries, { inputs2: train }, more);
        const own = inverseRoots((await kernelOf(queries, { part: "diagonal" }, { signal: more.signal })).data);
        return scaledBy(matrix(own.length, examples, kernel.data), own, scale);
      },
      async [Symbol.asyncDispose]() {
        await solver[Symbol.asyncDispose]();
        await release();
      },
    };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

/**
 * The path kernel estimated by random path features (theory 3.15): of networks whose exact kernel takes too long.
 * @param count features
 */
export const featureSimilarity = (
  network: GatedNetwork,
  engine: Engine,
  train: Inputs,
  products: BlockProducts,
  { count, seed, ...options }: SimilarityOptions & { readonly count: number; readonly seed: number },
): Promise<Similarity> =>
  linearSimilarity(
    train,
    async (inputs, asking) => {
      const { data } = await randomPathFeatures(network, engine, inputs, count, {
        seed,
        together: featuresTogether(network, count),
        signal: asking.signal,
        onProgress: counter(asking, "features", "features"),
      });
      return matrix(inputs.shape[0] ?? 0, count, data);
    },
    products,
    options,
  );

/** The cosine of the inputs as they are: what is known without a network. */
export const inputSimilarity = (
  train: Inputs,
  products: BlockProducts,
  options: SimilarityOptions,
): Promise<Similarity> =>
  linearSimilarity(
    train,
    async ({ shape: [rows = 0, ...shape], data }) => matrix(rows, sizeOf(shape), Float64Array.from(data)),
    products,
    options,
  );

/** Whether the cosine of so many inputs can be solved: there are few examples, or few elements. */
export const affordsInputSimilarity = ({ shape: [examples = 0, ...shape] }: Inputs): boolean =>
  Math.min(examples, sizeOf(shape)) <= HELD_EXAMPLES;

/** The cosine of features, in the space of the fewer: features or examples. */
async function linearSimilarity(
  train: Inputs,
  featuresOf: (inputs: Inputs, asking: Asking) => Promise<Matrix>,
  products: BlockProducts,
  { ridge, directLimit = HELD_EXAMPLES, ...asking }: SimilarityOptions,
): Promise<Similarity> {
  const features = unitRows(await featuresOf(train, asking));
  const [examples, count] = sizesOf(features);
  const work = { signal: asking.signal, onProgress: percent(asking, "factor") };
  const solver = await (async () => {
    if (count < examples) return await featureSolver(features, ridge, products, work);
    const gram = await products.multiply("nt", features, features);
    const ones = Float64Array.from({ length: examples }, (_, i) => gram.data[i * (examples + 1)]!);
    return await kernelSolver(kernelRows(gram), ones, ridge, products, { ...work, directLimit });
  })();
  return {
    solver,
    cross: async (queries, more = {}) =>
      await products.multiply("nt", unitRows(await featuresOf(queries, more)), features),
    [Symbol.asyncDispose]: () => solver[Symbol.asyncDispose](),
  };
}

const percent = (asking: Asking, stage: string): ((share: number) => void) => {
  const tell = counter(asking, stage, "percent");
  return (share) => tell(Math.floor(100 * share + 1e-6), 100);
};

/** An input without active paths is like nothing: its row is 0. */
const inverseRoots = (squares: Float64Array): Float64Array =>
  squares.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0));

/** A copy. */
function scaledBy(of: Matrix, left: Float64Array, right: Float64Array): Matrix {
  const [rows, columns] = sizesOf(of);
  const out = matrix(rows, columns);
  for (let i = 0; i < rows; i++) {
    const own = left[i]!;
    const at = i * columns;
    for (let j = 0; j < columns; j++) out.data[at + j] = of.data[at + j]! * own * right[j]!;
  }
  return out;
}

/** In place: features are this module's own. */
function unitRows(features: Matrix): Matrix {
  const [rows, columns] = sizesOf(features);
  for (let i = 0; i < rows; i++) {
    const row = features.data.subarray(i * columns, (i + 1) * columns);
    // by the largest element first: squares of features of deep networks leave float64
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) continue;
    let square = 0;
    for (let j = 0; j < columns; j++) square += (row[j]! / largest) ** 2;
    const factor = 1 / (largest * Math.sqrt(square));
    for (let j = 0; j < columns; j++) row[j]! *= factor;
  }
  return features;
}

/** @throws GatewiseError for a ridge that is none */
export function checkRidge(ridge: number): void {
  if (Number.isFinite(ridge) && ridge > 0) return;
  throw new GatewiseError({
    received: `ridge ${ridge}`,
    expected: "a number above 0, in units of the kernel's diagonal of 1",
    next: "leave it out for 3",
  });
}
