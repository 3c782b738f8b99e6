/** The digits that the page carries: the first of the embedded data set's training and test examples, in its order. */
import type { Examples } from "../../data/index.ts";
import { denseArray } from "../../graph/index.ts";

const SIDE = 28;
const PIXELS = SIDE ** 2;

/** How many: all 10,000 would be a third of the package. */
export const CARRIED_DIGITS = { train: 3000, test: 1000 } as const;

export interface CarriedDigits {
  readonly train: Examples;
  readonly test: Examples;
}

/** The bytes of both parts, images before labels. */
export function carriedBytes({ train, test }: CarriedDigits): Uint8Array {
  const parts = [train.inputs.data, train.labels.data, test.inputs.data, test.labels.data];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @param bytes as {@link carriedBytes} gives them */
export function readCarriedDigits(bytes: Uint8Array): CarriedDigits {
  const { train, test } = CARRIED_DIGITS;
  const start = train * (PIXELS + 1);
  return { train: examplesOf(bytes.subarray(0, start), train), test: examplesOf(bytes.subarray(start), test) };
}

const examplesOf = (bytes: Uint8Array, count: number): Examples => ({
  inputs: denseArray("uint8", [count, SIDE, SIDE], bytes.slice(0, count * PIXELS)),
  labels: denseArray("uint8", [count], bytes.slice(count * PIXELS)),
});
