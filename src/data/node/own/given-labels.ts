/** Training labels that stand in a file of their own, in place of those of a data set; and files that choose some examples. */

import { createHash } from "node:crypto";
import { GatewiseError } from "../../../errors.ts";
import { type ChosenExamples, chosenPositions } from "../../chosen-examples.ts";
import { readNpy } from "../../npy.ts";
import { targetCount } from "../../own/raw-targets.ts";
import { type TargetRows, type TargetWords, targetRows } from "../../own/targets.ts";
import { shortDigest } from "../../short-digest.ts";
import { readBytes } from "../read-file.ts";
import { arrayInBytes } from "./npy-array.ts";
import { targetsIn } from "./read-arrays.ts";

/** Bytes of a file of labels: words of a hundred million examples are no labels. */
const LONGEST_FILE = 2 ** 31 - 1;

/** `sha256:…` of a file. */
export const labelsDigest = async (path: string): Promise<string> => digestOf(await readBytes(path, LONGEST_FILE));

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** @throws GatewiseError for another file than before */
async function sameBytes(
  { file, digest }: { readonly file: string; readonly digest: string },
  what: string,
): ReturnType<typeof readBytes> {
  const bytes = await readBytes(file, LONGEST_FILE);
  if (digestOf(bytes) === digest) return bytes;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${file}, which is not what it was`,
    expected: `${what} with the digest ${shortDigest(digest)}`,
    next: "bring the file back, or start a new run with it",
  });
}

/**
 * The training examples that a `.npy` file chooses.
 * @param chosen with the digest that the file had when it was looked at
 * @param of training examples
 * @throws GatewiseError for another file than before, or one with numbers that are none of examples
 */
export async function givenExamples({ file, digest = "" }: ChosenExamples, of: number): Promise<Int32Array> {
  return chosenPositions(readNpy(await sameBytes({ file, digest }, "the numbers"), file), file, of);
}

/**
 * The labels of a `.npy` file: numbers or names of classes, one for each training example in its order.
 * @param file with the digest that it had when it was looked at
 * @param words the classes
 * @param count of training examples
 * @throws GatewiseError for another file than before, of another length, or with a label that is no class
 */
export async function givenLabels(
  { file, digest }: { readonly file: string; readonly digest: string },
  words: TargetWords,
  count: number,
): Promise<TargetRows> {
  const bytes = await sameBytes({ file, digest }, "the labels");
  const targets = await targetsIn(arrayInBytes(bytes, file));
  if (targetCount(targets) === count) return targetRows(targets, words);
  throw new GatewiseError({
    code: "damaged-file",
    received: `${file}: ${targetCount(targets)} labels`,
    expected: `${count}, one for each training example in its order`,
    next: "give as many; of files without a test set the part that is split off is none of the training",
  });
}
