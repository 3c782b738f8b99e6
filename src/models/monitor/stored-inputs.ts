/** Inputs of references as a file keeps them: a byte a number. Only their directions are compared. */
import { type Inputs, inputRows } from "../../gates/index.ts";
import { type DenseArray, denseArray, float32, sizeOf } from "../../graph/index.ts";
import { byteRows } from "../../kernels/index.ts";

/** Pixels as they were, or numbers rounded to 1/127 of the largest of their example, with 128 added. */
export const STORED_KINDS = ["bytes", "rounded"] as const satisfies readonly StoredInputs["kind"][];

/** Inputs, a byte a number, each up to a factor of its own. */
export interface StoredInputs {
  readonly kind: "bytes" | "rounded";
  /** `[n, …inputShape]` */
  readonly data: DenseArray<"uint8">;
}

const CENTER = 128;
const LARGEST = 127;

export function storedInputs(inputs: Inputs): StoredInputs {
  const { shape, data } = inputs;
  const bytes = byteRows(inputs);
  if (bytes !== undefined) return { kind: "bytes", data: denseArray("uint8", shape, bytes.data) };
  const size = sizeOf(shape.slice(1));
  const rounded = new Uint8Array(data.length);
  for (let from = 0; from < data.length; from += size) {
    let largest = 0;
    for (let i = from; i < from + size; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const factor = largest === 0 ? 0 : LARGEST / largest;
    for (let i = from; i < from + size; i++) rounded[i] = CENTER + Math.round(factor * data[i]!);
  }
  return { kind: "rounded", data: denseArray("uint8", shape, rounded) };
}

/** Stored inputs `from` to `to` as {@link directions} has them. */
export function storedDirections({ kind, data: { shape, data } }: StoredInputs, from: number, to: number) {
  const size = sizeOf(shape.slice(1));
  const shift = kind === "bytes" ? 0 : CENTER;
  const values = Float32Array.from(data.subarray(from * size, to * size), (byte) => byte - shift);
  return unitRows(values, to - from, size);
}

/** Inputs of these places as rows of length 1, `[n, size]`; an input of zeros stays one. */
export function directions(inputs: Inputs, places: ArrayLike<number>): DenseArray<"float32"> {
  const { shape, data } = rowsAt(inputs, places);
  const size = sizeOf(shape.slice(1));
  return unitRows(data, places.length, size);
}

/** Inputs of these places, `[n, …inputShape]`: a copy. */
export function rowsAt(inputs: Inputs, places: ArrayLike<number>): DenseArray<"float32"> {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const rows = new Float32Array(places.length * size);
  for (let i = 0; i < places.length; i++) rows.set(inputRows(inputs, places[i]!, places[i]! + 1).data, i * size);
  return float32([places.length, ...shape], rows);
}

function unitRows(rows: Float32Array, count: number, size: number): DenseArray<"float32"> {
  for (let from = 0; from < rows.length; from += size) {
    let square = 0;
    for (let i = from; i < from + size; i++) square += rows[i]! ** 2;
    const factor = square === 0 ? 0 : 1 / Math.sqrt(square);
    for (let i = from; i < from + size; i++) rows[i]! *= factor;
  }
  return float32([count, size], rows);
}
