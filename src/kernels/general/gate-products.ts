/**
 * Inner products over channels of soft and leaky gates, `⟨G(u, ·), G'(u', ·)⟩` (theory 3), as matrix products of the
 * engine in float64: of all pairs of positions one product for each pair of examples, along a line of positions one
 * product of examples with examples for each position. What is not a real number of one gate alone (residual sums
 * before a gate, max-pools, grouped convolutions) stays with contract.ts.
 */
import type { Engine, Program } from "../../engine/index.ts";
import { type DenseArray, float64, graph, input, matMul, transpose } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import type { Shortcuts } from "./pair.ts";
import { type PairLines, pairCountOf, type Size } from "./pair-lines.ts";
import { areEqual, mapsOf, mixesChannels, nodeAt, type PathKernelPlan } from "./plan.ts";
import type { ExampleSide } from "./side.ts";
import { type KernelShape, pairCount } from "./terms.ts";

/** Numbers of a block of pairs, all gates together, unless one pair has more: 128 MiB. */
const MOST_NUMBERS = 2 ** 24;

/** Ready for the pairs of two sets of examples at a time. */
export interface GateProducts extends AsyncDisposable {
  /** Rows and columns of a block of pairs, at most `most` each, that memory is meant for. */
  blockSize(most: number): Size;
  /** What the pair kernel may take instead of contracting these gates, for the pairs of `left` and `right` alone. */
  block(left: readonly ExampleSide[], right: readonly ExampleSide[]): Promise<Shortcuts>;
}

/**
 * Undefined if the network has no such gates.
 * @param mostNumbers of a block, unless one pair has more
 */
export async function openGateProducts(
  network: GatedNetwork,
  plan: PathKernelPlan,
  engine: Engine,
  mostNumbers = MOST_NUMBERS,
): Promise<GateProducts | undefined> {
  const gates = new Map(plan.positions.flatMap((position) => productShape(network, plan, position)));
  if (gates.size === 0) return undefined;
  const perPair = [...gates.values()].reduce((sum, shape) => sum + pairCount(shape), 0);
  const square = await engine.compile(squareGraph());
  const lines = await engine.compile(linesGraph());
  return {
    blockSize(most) {
      const columns = Math.min(most, Math.max(1, Math.floor(mostNumbers / perPair)));
      return [Math.min(most, Math.max(1, Math.floor(mostNumbers / perPair / columns))), columns];
    },
    async block(left, right) {
      const shortcuts = new Map<number, (a: ExampleSide, b: ExampleSide) => Float64Array>();
      for (const [position, shape] of gates) {
        const products =
          shape.pairs === "all"
            ? await squareProducts(square, position, shape, left, right)
            : await lineProducts(lines, position, { ...shape, pairs: shape.pairs }, left, right);
        const [size, rows, columns] = [pairCount(shape), indexOf(left), indexOf(right)];
        shortcuts.set(position, (a, b) => {
          const start = ((rows.get(a) ?? 0) * right.length + (columns.get(b) ?? 0)) * size;
          return products.subarray(start, start + size);
        });
      }
      return new Map([...shortcuts].map(([position, of]) => [position, gatedSum(network, position, of)]));
    },
    async [Symbol.asyncDispose]() {
      await square[Symbol.asyncDispose]();
      await lines[Symbol.asyncDispose]();
    },
  };
}

const indexOf = (sides: readonly ExampleSide[]): ReadonlyMap<ExampleSide, number> =>
  new Map(sides.map((side, index) => [side, index]));

type Shortcut = Shortcuts extends ReadonlyMap<number, infer S> ? S : never;

/** The kernel behind a gate, summed over its channels. */
function gatedSum(
  network: GatedNetwork,
  position: number,
  products: (a: ExampleSide, b: ExampleSide) => Float64Array,
): Shortcut {
  const gate = nodeAt(network, position);
  if (gate.kind !== "gate") throw new Error(`unreachable: node ${position} is no gate`);
  return (a, b, of) => {
    const [before] = of(gate.input);
    if (before?.kind !== "uniform" || before.kernel === undefined) {
      throw new Error(`unreachable: gates of node ${position} behind no weights`);
    }
    const kernel = Float64Array.from(before.kernel);
    const own = products(a, b);
    for (let i = 0; i < kernel.length; i++) kernel[i]! *= own[i]!;
    return [{ kind: "summed", kernel }];
  };
}

/** The shape of a real gate right behind weights that mix all channels, and read only by such or summed. */
function productShape(
  network: GatedNetwork,
  plan: PathKernelPlan,
  position: number,
): readonly (readonly [number, KernelShape])[] {
  const node = nodeAt(network, position);
  if (node.kind !== "gate" || (node.rule.kind !== "soft" && node.rule.kind !== "leaky")) return [];
  if (!mixesChannels(network, node.input)) return [];
  const next = plan.consumers.get(position) ?? [];
  if (next.length === 0 || !next.every((one) => mixesChannels(network, one) || plan.summed.has(one))) return [];
  const pairs = plan.pairs.get(position);
  const before = plan.pairs.get(node.input);
  // what the kernel before it holds beside that would have to be left out first
  if (pairs === undefined || before === undefined || !areEqual(before, pairs)) return [];
  return [[position, { ...mapsOf(node), pairs }]];
}

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

async function squareProducts(
  program: Program,
  gate: number,
  { channels, positions }: KernelShape,
  left: readonly ExampleSide[],
  right: readonly ExampleSide[],
): Promise<Float64Array> {
  const size = channels * positions;
  const [rows, columns] = [new Float64Array(left.length * size), new Float64Array(right.length * size)];
  for (const [i, side] of left.entries()) placeTransposed(side.gate(gate), channels, rows, i * size, channels, 1);
  for (const [j, side] of right.entries()) columns.set(side.gate(gate), j * size);
  return await productsOf(program, {
    left: float64([left.length, 1, positions, channels], rows),
    right: float64([right.length, channels, positions], columns),
  });
}

async function lineProducts(
  program: Program,
  gate: number,
  { channels, positions, pairs }: KernelShape & { readonly pairs: PairLines },
  left: readonly ExampleSide[],
  right: readonly ExampleSide[],
): Promise<Float64Array> {
  const [n, m] = [left.length, right.length];
  const [rows, columns] = [new Float64Array(n * channels * positions), new Float64Array(m * channels * positions)];
  for (const [i, side] of left.entries())
    placeTransposed(side.gate(gate), channels, rows, i * channels, n * channels, 1);
  for (const [j, side] of right.entries()) placeTransposed(side.gate(gate), channels, columns, j, m * channels, m);
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
  gates: Float64Array,
  channels: number,
  to: Float64Array,
  start: number,
  positionStride: number,
  channelStride: number,
): void {
  const positions = gates.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < positions; u++) {
      to[start + u * positionStride + c * channelStride] = gates[c * positions + u]!;
    }
  }
}

async function productsOf(program: Program, feeds: Readonly<Record<string, DenseArray>>): Promise<Float64Array> {
  const { products } = (await program.run(feeds)).fetched;
  if (products?.dtype !== "float64") throw new Error("unreachable: no float64 products");
  return products.data;
}
