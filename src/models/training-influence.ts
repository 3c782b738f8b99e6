/** Training examples that helped and that hurt (theory 8.3), and those whose labels look wrong. */
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { BlockProducts, type FittedRidge, influenceScores, leftOutPredictions, type Matrix } from "../fitting/index.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import { type DenseArray, denseArray, float64 } from "../graph/index.ts";
import { checkCount, type GatedNetwork, outputCount } from "../network/index.ts";
import {
  type ExampleTargets,
  type InfluenceTask,
  influenceTask,
  largestOfRows,
  slopesOf,
  targetsOf,
} from "./influence-targets.ts";
import { type BothSides, bothSides, labelOf } from "./influential-examples.ts";
import { type LabelNoise, type SuspectLabel, suspectLabels, suspectsByLoss } from "./label-noise.ts";
import { logitsOf } from "./logits.ts";
import type { ModelOptions } from "./model-options.ts";
import { type Asking, counter } from "./progress.ts";
import {
  affordsInputSimilarity,
  checkRidge,
  featureSimilarity,
  inputSimilarity,
  type PathSimilarityOptions,
  pathSimilarity,
  type Similarity,
} from "./similarity.ts";

/** How influence is told. */
export interface InfluenceOptions extends Asking {
  /** `λ`, added to a diagonal of 1; 3 unless told otherwise. */
  readonly ridge?: number | undefined;
  /** Estimate the path kernel by as many random path features; 0, the exact one, unless told otherwise. */
  readonly features?: number | undefined;
  /** Names the draws of the features. */
  readonly seed?: number | undefined;
  /** More examples than this are solved by conjugate gradients; 10,000 unless told otherwise. */
  readonly directLimit?: number | undefined;
  /** A folder for the kernel of more examples than that, which is deleted in the end; the system's for temporary files. */
  readonly scratch?: string | undefined;
}

/** What a model works with, and how it makes pairs. */
type InfluenceSources = Pick<ModelOptions, "tileMakers" | "kernelInFile"> & Pick<PathSimilarityOptions, "pairs">;

/** Which examples are told of queries. */
export interface QueryOptions extends Asking {
  /** What the queries should be given; without, the predicted class stands for it. */
  readonly labels?: ExampleTargets | undefined;
  /** As many examples on both sides; 10 unless told otherwise. */
  readonly top?: number | undefined;
}

/** What helped a query and what hurt it. */
export interface QueryInfluence extends BothSides {
  /** The class of the largest output, or the value of a single one; null of several values. */
  readonly predicted: number | null;
  /** What it should be, where that was given. */
  readonly label: number | null;
  /** The same by the cosine of the inputs; null where they have too many elements to solve for. */
  readonly control: BothSides | null;
  /**
   * Why no example moves it, null where some do: its loss has no slope, so sure is the network; it has no active path in common
   * with any example; or what they do is too small for float64.
   */
  readonly unmoved: "no slope" | "no shared paths" | "too small" | null;
}

/** Numbers of a block of queries with all examples. */
const BLOCK_NUMBERS = 2 ** 24;

/** What a training set did to a network, asked query by query: one factor of its kernel serves all. Released with `await using`. */
export class TrainingInfluence implements AsyncDisposable {
  /** @internal */
  constructor(
    private readonly network: GatedNetwork,
    private readonly engine: Engine,
    private readonly train: Inputs,
    private readonly task: InfluenceTask,
    private readonly products: BlockProducts,
    private readonly paths: Similarity & FittedRidge,
    private readonly inputs: (Similarity & FittedRidge) | undefined,
  ) {}

  /** Whether the network is one of classes, or of real values, whose loss is taken to be half the squared error. */
  get kind(): "classes" | "values" {
    return this.task.kind;
  }

  /**
   * The examples that helped each query most and that hurt it most.
   * @param queries `[m, …inputShape]`
   * @throws GatewiseError if the queries do not have the network's shape, or there is not one label a query
   */
  async of(queries: Inputs, options: QueryOptions = {}): Promise<readonly QueryInfluence[]> {
    const { top = 10 } = options;
    checkCount("number of examples", top);
    const told: QueryInfluence[] = [];
    for await (const { logits, asked, paths, inputs, slopes, shared } of this.blocks(queries, options)) {
      const [rows = 0, outputs = 0] = logits.shape;
      const classes = largestOfRows(logits);
      const isClass = this.task.kind === "classes";
      for (let t = 0; t < rows; t++) {
        const sides = bothSides(paths, t, this.task, top);
        told.push({
          predicted: isClass ? classes[t]! : outputs === 1 ? logits.data[t]! : null,
          label: asked === undefined ? null : labelOf(asked, t),
          ...sides,
          unmoved: sides.top.length + sides.bottom.length > 0 ? null : whyUnmoved(slopes, shared, t),
          control: inputs === undefined ? null : bothSides(inputs, t, this.task, top),
        });
      }
    }
    return told;
  }

  /**
   * What every example does to every query, `τ` of theory 8.3.
   * @param queries `[m, …inputShape]`
   * @returns `[m, n]`
   * @throws GatewiseError if the queries do not have the network's shape, or there is not one label a query
   */
  async scores(queries: Inputs, options: Omit<QueryOptions, "top"> = {}): Promise<DenseArray<"float64">> {
    const [rows = 0] = queries.shape;
    const [examples = 0] = this.train.shape;
    const all = new Float64Array(rows * examples);
    let at = 0;
    for await (const { paths } of this.blocks(queries, options)) {
      all.set(paths.data, at);
      at += paths.data.length;
    }
    return float64([rows, examples], all);
  }

  private async *blocks(queries: Inputs, { labels, ...asking }: QueryOptions) {
    checkInputs(this.network, queries, "queries");
    const [count = 0, ...shape] = queries.shape;
    const [examples = 1] = this.train.shape;
    const outputs = outputCount(this.network);
    const asked = labels === undefined ? undefined : influenceTask(labels, count, outputs, "labels of queries");
    if (asked !== undefined && asked.kind !== this.task.kind) throw otherLabels();
    const onProgress = counter(asking, "influence", "queries");
    const step = Math.max(1, Math.min(count, Math.floor(BLOCK_NUMBERS / examples)));
    const { signal } = asking;
    for (let from = 0; from < count; from += step) {
      signal?.throwIfAborted();
      const to = Math.min(from + step, count);
      const block = rowsBetween(queries, from, to, shape);
      const own = asked && taskBetween(asked, from, to);
      const logits = await logitsOf(this.network, this.engine, block, { signal });
      const slopes = slopesOf(logits, this.task, own);
      const scoresBy = async (by: Similarity & FittedRidge, cross: Matrix): Promise<Matrix> =>
        await influenceScores(by, cross, slopes, this.products, { signal });
      const shared = await this.paths.cross(block, { signal });
      const paths = await scoresBy(this.paths, shared);
      const inputs = this.inputs && (await scoresBy(this.inputs, await this.inputs.cross(block, { signal })));
      yield { logits, asked: own, paths, inputs, slopes, shared };
      onProgress(to, count);
    }
  }

  /**
   * The examples whose labels look wrong: what the ridge regression says of each without it (theory 8.3), against its label.
   * @param options as many examples as `top`; 10 unless told otherwise
   */
  async labelNoise(options: Asking & Pick<QueryOptions, "top"> = {}): Promise<LabelNoise> {
    const { top = 10, signal } = options;
    checkCount("number of examples", top);
    const outputs = outputCount(this.network);
    const targets = targetsOf(this.task, outputs);
    const left = async (by: FittedRidge, stage: string): Promise<readonly SuspectLabel[]> => {
      const tell = counter(options, stage, "percent");
      const onProgress = (share: number): void => tell(Math.floor(100 * share + 1e-6), 100);
      return suspectLabels(this.task, await leftOutPredictions(by, targets, { signal, onProgress }), targets, top);
    };
    const logits = await logitsOf(this.network, this.engine, this.train, options);
    return {
      diagonal: this.paths.solver.by === "conjugate gradients" ? "estimate" : "exact",
      classes: this.task.kind === "classes" ? new Set(this.task.labels).size : null,
      ranked: await left(this.paths, "labels"),
      control: {
        inputs: this.inputs === undefined ? null : await left(this.inputs, "labels by inputs"),
        loss: suspectsByLoss(this.task, logits, top),
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.paths[Symbol.asyncDispose]();
    await this.inputs?.[Symbol.asyncDispose]();
    await this.products[Symbol.asyncDispose]();
  }
}

/**
 * Makes the kernels of a training set ready to be asked. See `Model.influence`.
 * @param labels of the examples
 */
export async function trainingInfluence(
  network: GatedNetwork,
  engine: Engine,
  train: Inputs,
  labels: ExampleTargets,
  options: InfluenceOptions = {},
  { tileMakers, kernelInFile, pairs }: InfluenceSources = {},
): Promise<TrainingInfluence> {
  const { ridge = 3, features = 0, seed = 0, directLimit, signal, onProgress } = options;
  checkInputs(network, train, "training inputs");
  checkRidge(ridge);
  checkCount("number of features", features, 0);
  const task = influenceTask(labels, train.shape[0] ?? 0, outputCount(network));
  const targets = targetsOf(task, outputCount(network));
  const products = new BlockProducts(engine);
  const ready = async (similarity: Similarity): Promise<Similarity & FittedRidge> => ({
    ...similarity,
    coefficients: await similarity.solver.solve(targets, { signal }),
  });
  const asked = { ridge, directLimit, signal, onProgress };
  const owned: AsyncDisposable[] = [products];
  try {
    const paths = await ready(
      features > 0
        ? await featureSimilarity(network, engine, train, products, { ...asked, count: features, seed })
        : await pathSimilarity(network, engine, train, products, {
            ...asked,
            makers: tileMakers,
            pairs,
            inFile:
              kernelInFile && ((inputs, asking) => kernelInFile(network, engine, inputs, options.scratch, asking)),
          }),
    );
    owned.unshift(paths);
    const inputs = affordsInputSimilarity(train)
      ? await ready(await inputSimilarity(train, products, { ridge, signal }))
      : undefined;
    return new TrainingInfluence(network, engine, train, task, products, paths, inputs);
  } catch (thrown) {
    for (const one of owned) await one[Symbol.asyncDispose]();
    throw thrown;
  }
}

function whyUnmoved(slopes: Matrix, shared: Matrix, query: number): NonNullable<QueryInfluence["unmoved"]> {
  const isZero = ({ shape: [, columns = 0], data }: Matrix): boolean =>
    data.subarray(query * columns, (query + 1) * columns).every((value) => value === 0);
  if (isZero(slopes)) return "no slope";
  return isZero(shared) ? "no shared paths" : "too small";
}

function rowsBetween({ data }: Inputs, from: number, to: number, shape: readonly number[]): Inputs {
  const size = shape.reduce((product, length) => product * length, 1);
  const part = data.subarray(from * size, to * size);
  return part instanceof Float32Array
    ? denseArray("float32", [to - from, ...shape], part)
    : denseArray("float64", [to - from, ...shape], part);
}

function taskBetween(task: InfluenceTask, from: number, to: number): InfluenceTask {
  if (task.kind === "classes") return { kind: task.kind, labels: task.labels.subarray(from, to) };
  const { shape, data } = task.values;
  const [, columns = 1] = shape;
  return {
    kind: task.kind,
    values: denseArray("float64", [to - from, columns], data.subarray(from * columns, to * columns)),
  };
}

const otherLabels = (): GatewiseError =>
  new GatewiseError({
    received: "queries and training examples whose labels are of two kinds",
    expected: "classes for both, or real values for both",
    next: "give labels of one form",
  });
