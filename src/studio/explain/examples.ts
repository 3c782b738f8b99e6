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
  /** Whether there is such a file, as its user has opened it. */
  readonly isOpened: boolean;
}

/** Examples among which neighbors are looked for. */
export const SEARCHED = 200;

/** The first of a list, and what a command calls a file of them. */
export function firstOf(list: ExampleList, most: number): Pick<ExampleList, "data" | "count" | "file"> {
  const count = Math.min(list.count, most);
  const isWhole = list.isOpened && count === list.count;
  const file = isWhole ? list.file : `${list.file.replace(/\.npy$/, "")}-first-${count}.npy`;
  return { data: list.data.subarray(0, count * list.size), count, file };
}

const PIXELS = 784;
const SHOWN = 200;

/** Digits, where a model reads as many pixels as they have; nothing for others. */
export async function startExamples(document: Document, inputShape: readonly number[]): Promise<ExampleList> {
  const size = sizeOf(inputShape);
  if (size !== PIXELS)
    return { data: new Float64Array(), count: 0, size, labels: undefined, file: "input.npy", isOpened: false };
  const { test } = readCarriedDigits(await unpacked(carried(document, "digits")));
  const bytes = test.inputs.data.subarray(0, SHOWN * PIXELS);
  // as float32 has it: what the command reads from a file
  const data = Float64Array.from(bytes, (byte) => Math.fround(byte / 255));
  const labels = Array.from(test.labels.data.subarray(0, SHOWN));
  return { data, count: SHOWN, size, labels, file: "digits.npy", isOpened: false };
}
