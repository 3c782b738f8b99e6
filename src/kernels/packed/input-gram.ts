/**
 * Inner products of inputs, exact up to float64 rounding.
 *
 * Pixels are bytes divided by 255. The bytes minus 128 have products of at most 2¹⁴, so sums of 1,024 of them are whole
 * numbers below 2²⁴ that float32 holds exactly, in any order: the engine's float32 product, twice as fast as its float64
 * one, is exact for them, and the 128 is put back afterwards. Other inputs are multiplied in float64. So pixels count as
 * the fractions `byte / 255` that they stand for: the rounding of float32 (6e-8) is not part of the kernel.
 */
import type { Engine, ResidentArray } from "../../engine/index.ts";
import type { Inputs } from "../../gates/index.ts";
import {
  add,
  cast,
  type DenseArray,
  float32,
  float64,
  graph,
  input,
  matMul,
  sizeOf,
  slice,
  type Tensor,
} from "../../graph/index.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { type ByteRows, byteRows } from "./byte-rows.ts";

export interface InputGram extends AsyncDisposable {
  /** `[rows, columns]`: inner products of examples `from` to `to` of the two sets. */
  tile(rows: ExampleRange, columns: ExampleRange): Promise<Float64Array<ArrayBuffer>>;
}

const CENTER = 128;
/** Products of centered bytes that float32 sums exactly. */
const EXACT_PRODUCTS = 1024;

/** One set of inputs, and the same as bytes if they are. */
export interface GramSide {
  readonly inputs: Inputs;
  readonly bytes: ByteRows | undefined;
}

/** @param columns another set of inputs, or the same */
export async function openInputGram(engine: Engine, rows: GramSide, columns: GramSide): Promise<InputGram> {
  const [a, b] = [rows.bytes, columns.bytes];
  const left = a && b ? centeredBytes(a) : plain(rows.inputs);
  const right = rows === columns ? left : a && b ? centeredBytes(b) : plain(columns.inputs);
  const program = await engine.compile(gramGraph(left.dtype, left.size));
  // a block of examples goes to the engine once, not once a tile
  const uploads = [new Map<string, Promise<ResidentArray>>(), new Map<string, Promise<ResidentArray>>()] as const;
  const resident = (side: 0 | 1, factor: Factor, range: ExampleRange): Promise<ResidentArray> => {
    const blocks = uploads[left === right ? 0 : side];
    const key = `${range.from}-${range.to}`;
    const block = blocks.get(key) ?? engine.upload(factor.rows(range));
    blocks.set(key, block);
    return block;
  };
  return {
    async tile(a, b) {
      const feeds = { a: await resident(0, left, a), b: await resident(1, right, b) };
      return gramTile((await program.run(feeds)).fetched.products, left, right, a, b);
    },
    async [Symbol.asyncDispose]() {
      for (const block of [...uploads[0].values(), ...uploads[1].values()]) await (await block)[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
    },
  };
}

/** One set as the engine multiplies it. */
interface Factor {
  readonly dtype: "float32" | "float64";
  readonly size: number;
  readonly rows: (range: ExampleRange) => DenseArray<"float32"> | DenseArray<"float64">;
  /** For centered bytes, 128 times the sum of each example's bytes. */
  readonly sums: Float64Array | undefined;
}

function gramGraph(dtype: "float32" | "float64", size: number) {
  const a = input("a", dtype, ["rows", size]);
  const b = input("b", dtype, ["columns", size]);
  const chunk = (x: Tensor<"float32" | "float64">, from: number): Tensor<"float32" | "float64"> =>
    size <= EXACT_PRODUCTS ? x : slice(x, 1, from, Math.min(from + EXACT_PRODUCTS, size));
  const product = (from: number) => matMul(chunk(a, from), chunk(b, from), { transposeB: true });
  if (dtype === "float64" || size <= EXACT_PRODUCTS) return graph({ products: matMul(a, b, { transposeB: true }) });
  const starts = Array.from({ length: Math.ceil(size / EXACT_PRODUCTS) }, (_, i) => i * EXACT_PRODUCTS);
  return graph({
    products: starts.map((from) => cast(product(from), "float64")).reduce((sum, next) => add(sum, next)),
  });
}

function gramTile(
  products: DenseArray | undefined,
  left: Factor,
  right: Factor,
  rows: ExampleRange,
  columns: ExampleRange,
): Float64Array<ArrayBuffer> {
  if (products?.dtype !== "float32" && products?.dtype !== "float64") throw new Error("unreachable: no products");
  const { data } = products;
  const gram = new Float64Array(data.length);
  const width = columns.to - columns.from;
  const { sums } = left;
  if (sums === undefined || right.sums === undefined) {
    gram.set(data);
    return gram;
  }
  const others = right.sums.subarray(columns.from, columns.to);
  for (let i = 0; i < rows.to - rows.from; i++) {
    const row = sums[rows.from + i]! - CENTER * CENTER * left.size;
    const at = i * width;
    for (let j = 0; j < width; j++) gram[at + j] = (data[at + j]! + row + others[j]!) / (255 * 255);
  }
  return gram;
}

/** Squared length of each example, pixels as the fractions that they stand for. */
export function squaredNorms(inputs: Inputs): Float64Array {
  const size = sizeOfExample(inputs);
  const bytes = byteRows(inputs);
  const { data } = bytes ?? inputs;
  return Float64Array.from({ length: data.length / size }, (_, example) => {
    let sum = 0;
    for (let i = example * size; i < (example + 1) * size; i++) sum += data[i]! ** 2;
    return bytes === undefined ? sum : sum / (255 * 255);
  });
}

const sizeOfExample = ({ shape }: Inputs): number => sizeOf(shape.slice(1));

function centeredBytes({ size, examples, data }: ByteRows): Factor {
  const centered = Int8Array.from(data, (byte) => byte - CENTER);
  const sums = Float64Array.from({ length: examples }, (_, example) =>
    data.subarray(example * size, (example + 1) * size).reduce((sum, byte) => sum + CENTER * byte, 0),
  );
  return {
    dtype: "float32",
    size,
    rows: ({ from, to }) => float32([to - from, size], centered.subarray(from * size, to * size)),
    sums,
  };
}

function plain(inputs: Inputs): Factor {
  const size = sizeOfExample(inputs);
  const { data } = inputs;
  return {
    dtype: "float64",
    size,
    rows: ({ from, to }) => float64([to - from, size], data.subarray(from * size, to * size)),
    sums: undefined,
  };
}
