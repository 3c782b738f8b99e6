/**
 * Parts of a kernel, or of its random features, that are made without the rest, with the bits of the whole: what many
 * processes make of one kernel.
 */
import { examplesAtOnce, type Inputs } from "../../gates/index.ts";
import { largestOf, smallestOf } from "../../graph/index.ts";
import {
  checkPairCost,
  coveringTiles,
  type DenseChain,
  type ExampleRange,
  examplesIn,
  featuresTogether,
  type KernelValues,
  kernelExponent,
  kernelPart,
  openPairTiles,
  pairTileEdge,
  pathFeatureRows,
  readPairs,
  TANGENT_TILE,
  type TangentPart,
  type TiledShape,
  type TileMaker,
  type TileRanges,
  tangentTiles,
  tiledPackedKernel,
} from "../../kernels/index.ts";
import { tileMakers } from "../../kernels/node/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import type { Model } from "../model.ts";
import { checkOptions, packedKernelOf } from "../neural-path-kernel.ts";
import { neuralPathKernelWay } from "../neural-path-kernel-way.ts";
import type { Normalization } from "../normalization.ts";
import { type Asking, counter } from "../progress.ts";
import { checkVanished } from "../vanished-kernel.ts";
import type { KERNEL_DTYPES } from "./kernel-dtypes.ts";
import { checkPart } from "./single-kernel.ts";
import { openEngines } from "./tangent-engines.ts";

/** Which matrix is made by parts: a path kernel, a tangent kernel, or random path features. */
export type PartedMatrix =
  | { readonly kind: "npk"; readonly normalize: Normalization; readonly dtype: KernelDType }
  | { readonly kind: "ntk"; readonly output: number; readonly part: TangentPart | "all"; readonly dtype: KernelDType }
  | { readonly kind: "features"; readonly features: number; readonly seed: number; readonly dtype: KernelDType };

type KernelDType = (typeof KERNEL_DTYPES)[number];

/** Inputs of the rows, and others of the columns where there are some. */
export interface PartedInputs {
  readonly inputs: Inputs;
  readonly inputs2?: Inputs | undefined;
}

/** Makes parts of one matrix, in threads of its own. */
export interface KernelParts extends AsyncDisposable {
  /** The power of two that the numbers of a kernel beyond float64 are multiplied by; 0 of all others. */
  readonly exponent: number;
  /**
   * Rows and columns that are made together whatever part is asked for: parts of a multiple of it make nothing in vain.
   */
  readonly edge: number;
  /** `[rows, columns]`, in the element type of {@link partDType}. */
  make(ranges: TileRanges, asking: Asking): Promise<KernelValues>;
}

/** The element type of a part: a factor that comes when all parts are there comes before the rounding. */
export const partDType = (matrix: PartedMatrix): KernelDType =>
  matrix.kind === "npk" && matrix.normalize === "trace" ? "float64" : matrix.dtype;

/**
 * @param threads that make a part
 * @throws GatewiseError as the kernel of all inputs does, where that can be told before it is made
 */
export async function openKernelParts(
  model: Model,
  matrix: PartedMatrix,
  { inputs, inputs2 }: PartedInputs,
  threads: number,
  asking: Asking = {},
): Promise<KernelParts> {
  switch (matrix.kind) {
    case "features":
      return featureParts(model, matrix, inputs);
    case "ntk":
      return await tangentParts(model, matrix, inputs, inputs2, threads);
    case "npk": {
      checkOptions(model.network, { ...matrix, inputs2 });
      const way = neuralPathKernelWay(model.network);
      return way.kind === "packed bits"
        ? await packedParts(model, matrix, way.chain, { inputs, inputs2 }, threads, asking)
        : await pairParts(model, matrix, { inputs, inputs2 }, threads);
    }
  }
}

type Of<Kind extends PartedMatrix["kind"]> = Extract<PartedMatrix, { readonly kind: Kind }>;

function featureParts(model: Model, { features, seed, dtype }: Of<"features">, inputs: Inputs): KernelParts {
  const { network } = model;
  const together = featuresTogether(network, features);
  return {
    exponent: 0,
    edge: examplesAtOnce(network),
    async make([rows], asking) {
      const numbers = (rows.to - rows.from) * features;
      const data = dtype === "float32" ? new Float32Array(numbers) : new Float64Array(numbers);
      const asked = { seed, together, signal: asking.signal, onProgress: counter(asking, "features", "features") };
      const engine = await model.engine();
      for await (const { from, values } of pathFeatureRows(network, engine, inputs, features, asked, rows)) {
        data.set(values, (from - rows.from) * features);
      }
      checkPart(data);
      return data;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function tangentParts(
  model: Model,
  { output, part, dtype }: Of<"ntk">,
  inputs: Inputs,
  inputs2: Inputs | undefined,
  threads: number,
): Promise<KernelParts> {
  const first = await model.engine();
  const more = await openEngines(threads - 1);
  return {
    exponent: 0,
    edge: TANGENT_TILE,
    async make(ranges, asking) {
      const { signal } = asking;
      const asked = { output, part, inputs2, ...(signal && { signal }) };
      const tiled = tangentTiles(model.network, [first, ...more.engines], inputs, asked);
      const onProgress = counter(asking, "kernel", "tiles");
      return checked(await kernelPart(tiled, ranges, { wholeTiles: true, dtype, signal, onProgress }));
    },
    [Symbol.asyncDispose]: () => more[Symbol.asyncDispose](),
  };
}

/** Fully connected networks: gates of all inputs take little, and what becomes of the numbers is known by all of them. */
async function packedParts(
  model: Model,
  matrix: Of<"npk">,
  chain: DenseChain,
  { inputs, inputs2 }: PartedInputs,
  threads: number,
  asking: Asking,
): Promise<KernelParts> {
  const { network } = model;
  const engine = await model.engine();
  const kernel = await packedKernelOf(network, chain, engine, inputs, { ...matrix, inputs2, ...asking });
  const tiled = tiledPackedKernel(kernel, engine, threads > 1 ? tileMakers(threads).packed : undefined);
  return {
    exponent: kernelExponent(kernel),
    edge: tiled.edge,
    async make(ranges, { signal, ...others }) {
      const onProgress = counter(others, "kernel", "tiles");
      const dtype = partDType(matrix);
      const values = await kernelPart(tiled, ranges, { wholeTiles: true, dtype, signal, onProgress });
      if (inputs2 === undefined) checkDiagonal(network, inputs, ranges, values);
      return checked(values);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** All other networks: each part reads the gates of its own examples. */
async function pairParts(model: Model, matrix: Of<"npk">, sides: PartedInputs, threads: number): Promise<KernelParts> {
  const { network } = model;
  const way = await model.pairWay();
  checkPairCost(way.cost);
  const engine = await model.engine();
  const makers = threads > 1 ? tileMakers(threads) : undefined;
  const { inputs, inputs2 } = sides;
  const shape = { rows: countOf(inputs), columns: countOf(inputs2 ?? inputs), symmetric: inputs2 === undefined };
  const isSoft = way.kind === "soft chain" && engine.capabilities.float64;
  const edge = pairTileEdge(network, way, isSoft, Math.max(shape.rows, shape.columns));
  // numbers of the machine of pairs do not depend on the tile that they are in; all others are made in those of the whole
  const wholeTiles = way.kind !== "program";
  const whole = { ...shape, edge };
  return {
    exponent: 0,
    edge: wholeTiles ? edge : 1,
    async make(ranges, asking) {
      const { signal } = asking;
      const [rows, columns] = readRanges(network, wholeTiles ? spanOf(coveringTiles(whole, ranges)) : ranges, whole);
      const isOwn = inputs2 === undefined && rows.from === columns.from && rows.to === columns.to;
      const work = await readPairs(
        network,
        way,
        engine,
        examplesIn(inputs, rows),
        isOwn ? undefined : examplesIn(inputs2 ?? inputs, columns),
        { signal, onProgress: counter(asking, "gates", "inputs"), allocate: makers?.allocate },
      );
      const open = makers?.pairs ?? openPairTiles;
      const tiled = { ...whole, open: async () => shifted(await open(work, engine, signal), rows.from, columns.from) };
      const onProgress = counter(asking, "kernel", "tiles");
      const values = await kernelPart(tiled, ranges, { wholeTiles, dtype: partDType(matrix), signal, onProgress });
      if (inputs2 === undefined) checkDiagonal(network, inputs, ranges, values);
      return checked(values);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** The examples of tiles, from the first to the last. */
function spanOf(tiles: readonly TileRanges[]): TileRanges {
  const span = (ranges: readonly ExampleRange[]): ExampleRange => ({
    from: smallestOf(
      ranges.map(({ from }) => from),
      Number.POSITIVE_INFINITY,
    ),
    to: largestOf(
      ranges.map(({ to }) => to),
      0,
    ),
  });
  return [span(tiles.map(([rows]) => rows)), span(tiles.map(([, columns]) => columns))];
}

/** With those that are in one run of the engine with them: the gates of an example are made in the same one as in the whole. */
const readRanges = (
  network: GatedNetwork,
  [a, b]: TileRanges,
  { rows, columns }: Pick<TiledShape, "rows" | "columns">,
): TileRanges => {
  const batch = examplesAtOnce(network);
  const around = ({ from, to }: ExampleRange, count: number): ExampleRange => ({
    from: Math.floor(from / batch) * batch,
    to: Math.min(Math.ceil(to / batch) * batch, count),
  });
  return [around(a, rows), around(b, columns)];
};

/** A maker of the tiles of a part, asked in the numbers of the whole. */
const shifted = (maker: TileMaker, rows: number, columns: number): TileMaker => ({
  ahead: maker.ahead,
  allocate: (bytes) => maker.allocate(bytes),
  write: (a, b, to) => maker.write(back(a, rows), back(b, columns), to),
  [Symbol.asyncDispose]: () => maker[Symbol.asyncDispose](),
});

const back = ({ from, to }: ExampleRange, by: number): ExampleRange => ({ from: from - by, to: to - by });

const countOf = ({ shape: [count = 0] }: Inputs): number => count;

function checked(values: KernelValues): KernelValues {
  checkPart(values);
  return values;
}

/** Of a part on the diagonal: kernels of 0 that are none. */
function checkDiagonal(network: GatedNetwork, inputs: Inputs, [rows, columns]: TileRanges, values: KernelValues): void {
  const size = rows.to - rows.from;
  if (rows.from !== columns.from) return;
  const diagonal = Float64Array.from({ length: size }, (_, i) => values[i * (size + 1)]!);
  checkVanished(network, examplesIn(inputs, rows), diagonal);
}
