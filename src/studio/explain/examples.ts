import { sizeOf } from "../../graph/index.ts";
import { carried } from "../app/page.ts";
import { readCarriedDigits } from "../data/carried-digits.ts";
import { unpacked } from "../desk/unpacked.ts";

/** Inputs to choose from, compare with and look for neighbors among. */
export interface ExampleList {
  /** `[count, size]`. */
  readonly data: Float64Array;
  readonly count: number;
  /** Numbers of one. */
  readonly size: number;
  /** One each, where they have labels. */
  readonly labels: readonly number[] | undefined;
  /** What a command would call their file. */
  readonly file: string;
}

const PIXELS = 784;
const SHOWN = 200;

/** Digits, where a model reads as many pixels as they have; nothing for others. */
export async function startExamples(document: Document, inputShape: readonly number[]): Promise<ExampleList> {
  const size = sizeOf(inputShape);
  if (size !== PIXELS) return { data: new Float64Array(), count: 0, size, labels: undefined, file: "input.npy" };
  const { test } = readCarriedDigits(await unpacked(carried(document, "digits")));
  const bytes = test.inputs.data.subarray(0, SHOWN * PIXELS);
  // as float32 has it: what the command reads from a file
  const data = Float64Array.from(bytes, (byte) => Math.fround(byte / 255));
  return { data, count: SHOWN, size, labels: Array.from(test.labels.data.subarray(0, SHOWN)), file: "digits.npy" };
}
