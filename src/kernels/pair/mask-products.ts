/**
 * Inner products over channels of masks that are real numbers, those of soft and leaky gates above all,
 * `⟨G(u, ·), G'(u', ·)⟩` (theory 3.7), as matrix products of the engine in float64: of all pairs of positions one product
 * for each pair of examples, along a line of positions one product of examples with examples for each position. Which
 * products a network needs, and of which masks, is seen from the kernel of each example with itself.
 */
import type { Engine, Program } from "../../engine/index.ts";
import { type DenseArray, float64, graph, input, matMul, transpose } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import type { ChannelSum, MaskProducts } from "./contract.ts";
import { kernelOfPair, type Shortcuts } from "./one-pair.ts";
import { type PairLines, pairCountOf, type Size } from "./pair-lines.ts";
import type { PairPlan } from "./plan.ts";
import type { ExampleSide } from "./side.ts";
import { type KernelShape, type Mask, maskValues, pairCount, RAW, rootsOf } from "./terms.ts";

/** Numbers of a block of pairs, all products together, unless one pair has more: 128 MiB. */
const MOST_NUMBERS = 2 ** 24;

/** What the products are made of. */
export interface MaskedKernel {
  readonly network: GatedNetwork;
  readonly plan: PairPlan;
  readonly shortcuts: Shortcuts;
  /** Of a block, unless one pair has more. */
  readonly mostNumbers?: number;
}

/** Ready for the pairs of two sets of examples at a time. */
export interface MaskProductMaker extends AsyncDisposable {
  /** How many products each pair of examples needs. */
  readonly count: number;
  /** Rows and columns of a block of pairs, at most `most` each, that memory is meant for. */
  blockSize(most: number): Size;
  /** The products of the pairs of `left` and `right`, which the kernel of such a pair may take. */
  block(
    left: readonly ExampleSide[],
    right: readonly ExampleSide[],
  ): Promise<(a: ExampleSide, b: ExampleSide) => MaskProducts>;
}

/** One example's masks in the sums over channels that need products, by the sum's place. */
type MaskedSums = ReadonlyMap<string, MaskedSum>;
interface MaskedSum {
  readonly shape: KernelShape;
  /** `[channels · positions]` of the channels summed. */
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/**
 * Undefined if the network has no such masks.
 * @param example any: all examples of a network need the same products
 */
export async function openMaskProducts(
  kernel: MaskedKernel,
  engine: Engine,
  example: ExampleSide,
): Promise<MaskProductMaker | undefined> {
  const known = new WeakMap<ExampleSide, MaskedSums>();
  const sumsOf = (side: ExampleSide): MaskedSums => {
    const sums = known.get(side) ?? maskedSums(kernel, side);
    known.set(side, sums);
    return sums;
  };
  const sums = sumsOf(example);
  if (sums.size === 0) return undefined;
  const perPair = [...sums.values()].reduce((sum, { shape }) => sum + pairCount(shape), 0);
  const most = Math.max(1, Math.floor((kernel.mostNumbers ?? MOST_NUMBERS) / perPair));
  const square = await engine.compile(squareGraph());
  const lines = await engine.compile(linesGraph());
  return {
    count: sums.size,
    blockSize(side) {
      const columns = Math.min(side, most);
      return [Math.min(side, Math.max(1, Math.floor(most / columns))), columns];
    },
    async block(left, right) {
      const [rows, columns] = [indexOf(left), indexOf(right)];
      const made = new Map<string, Float64Array>();
      for (const [place, { shape }] of sums) {
        const ofSide = (side: ExampleSide): MaskedSum => sumsOf(side).get(place) ?? unreachablePlace(place);
        const sides: Sides = [left.map((side) => ofSide(side).left), right.map((side) => ofSide(side).right)];
        const products =
          shape.pairs === "all"
            ? await squareProducts(square, shape, sides)
            : await lineProducts(lines, { ...shape, pairs: shape.pairs }, sides);
        made.set(place, products);
      }
      return (a, b) => {
        const pair = (rows.get(a) ?? 0) * right.length + (columns.get(b) ?? 0);
        return ({ place, shape }) => {
          const size = pairCount(shape);
          return made.get(place)?.subarray(pair * size, (pair + 1) * size);
        };
      };
    },
    async [Symbol.asyncDispose]() {
      await square[Symbol.asyncDispose]();
      await lines[Symbol.asyncDispose]();
    },
  };
}

const indexOf = (sides: readonly ExampleSide[]): ReadonlyMap<ExampleSide, number> =>
  new Map(sides.map((side, index) => [side, index]));

function unreachablePlace(place: string): never {
  throw new Error(`unreachable: a sum over channels at ${place} in one example alone`);
}

/** What the kernel of an example with itself would sum over channels; the sums themselves are left out. */
function maskedSums({ network, plan, shortcuts }: MaskedKernel, side: ExampleSide): MaskedSums {
  const sums = new Map<string, MaskedSum>();
  const products: MaskProducts = (sum) => {
    if (isOfNumbers(sum)) {
      const own = (mask: Mask): Float64Array => channelsOf(mask, sum);
      sums.set(sum.place, { shape: shapeOf(sum), left: own(sum.term.left), right: own(sum.term.right) });
    }
    return new Float64Array(pairCount(sum.shape));
  };
  kernelOfPair(network, plan, side, side, { shortcuts, products });
  return sums;
}

/** Not counted as bits, more than one channel, and behind weights: inputs have few channels. */
const isOfNumbers = ({ term, from, to }: ChannelSum): boolean =>
  (term.left instanceof Float64Array || term.right instanceof Float64Array) &&
  to - from > 1 &&
  !rootsOf(term).includes(RAW);

const shapeOf = ({ shape, from, to }: ChannelSum): KernelShape => ({ ...shape, channels: to - from });

const channelsOf = (mask: Mask, { shape: { positions }, from, to }: ChannelSum): Float64Array =>
  maskValues(mask)?.subarray(from * positions, to * positions) ?? new Float64Array((to - from) * positions).fill(1);

/** `[rows, 1, positions, channels]` and `[columns, channels, positions]` to `[rows, columns, positions, positions]`. */
const squareGraph = () =>
  graph({
    products: matMul(
      input("left", "float64", ["rows", 1, "left positions", "channels"]),
      input("right", "float64", ["columns", "channels", "right positions"]),
    ),
  });

/** `[positions, rows, channels]` and `[positions, channels, columns]` to `[rows, columns, positions]`. */
const linesGraph = () =>
  graph({
    products: transpose(
      matMul(
        input("left", "float64", ["positions", "rows", "channels"]),
        input("right", "float64", ["positions", "channels", "columns"]),
      ),
      [1, 2, 0],
    ),
  });

/** Masks of the examples of both sides, `[channels · positions]` each. */
type Sides = readonly [left: readonly Float64Array[], right: readonly Float64Array[]];

async function squareProducts(
  program: Program,
  { channels, positions }: KernelShape,
  [left, right]: Sides,
): Promise<Float64Array> {
  const size = channels * positions;
  const [rows, columns] = [new Float64Array(left.length * size), new Float64Array(right.length * size)];
  for (const [i, mask] of left.entries()) placeTransposed(mask, channels, rows, i * size, channels, 1);
  for (const [j, mask] of right.entries()) columns.set(mask, j * size);
  return await productsOf(program, {
    left: float64([left.length, 1, positions, channels], rows),
    right: float64([right.length, channels, positions], columns),
  });
}

async function lineProducts(
  program: Program,
  { channels, positions, pairs }: KernelShape & { readonly pairs: PairLines },
  [left, right]: Sides,
): Promise<Float64Array> {
  const [n, m] = [left.length, right.length];
  const [rows, columns] = [new Float64Array(n * channels * positions), new Float64Array(m * channels * positions)];
  for (const [i, mask] of left.entries()) placeTransposed(mask, channels, rows, i * channels, n * channels, 1);
  for (const [j, mask] of right.entries()) placeTransposed(mask, channels, columns, j, m * channels, m);
  const size = pairCountOf(pairs, positions);
  const products = new Float64Array(n * m * size);
  for (const [line, [down, across]] of pairs.steps.entries()) {
    const step = down * pairs.size[1] + across;
    const [from, to] = [Math.max(0, -step), positions - Math.max(0, step)];
    const part = await productsOf(program, {
      left: float64([to - from, n, channels], rows.subarray(from * n * channels, to * n * channels)),
      right: float64(
        [to - from, channels, m],
        columns.subarray((from + step) * m * channels, (to + step) * m * channels),
      ),
    });
    if (pairs.steps.length === 1 && step === 0) return part;
    for (let pair = 0; pair < n * m; pair++) {
      const own = part.subarray(pair * (to - from), (pair + 1) * (to - from));
      products.set(own, pair * size + line * positions + from);
    }
  }
  return products;
}

/** `[channels, positions]` into an array whose positions are `positionStride` apart and channels `channelStride`. */
function placeTransposed(
  mask: Float64Array,
  channels: number,
  to: Float64Array,
  start: number,
  positionStride: number,
  channelStride: number,
): void {
  const positions = mask.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < positions; u++) {
      to[start + u * positionStride + c * channelStride] = mask[c * positions + u]!;
    }
  }
}

async function productsOf(program: Program, feeds: Readonly<Record<string, DenseArray>>): Promise<Float64Array> {
  const { products } = (await program.run(feeds)).fetched;
  if (products?.dtype !== "float64") throw new Error("unreachable: no float64 products");
  return products.data;
}
