/**
 * The split of the embedded digits: 10,000 real MNIST digits, packed class by class, become 8,000 training and 2,000
 * test examples. Each class is split 80/20 as exactly as whole numbers allow (largest remainders), and the order in
 * which examples come mixes the classes, so that the first N of them are a fair sample. Seed 0, always: the split is
 * part of the data set, not of an experiment.
 */
import { denseArray, sizeOf } from "../graph/index.ts";
import { randomStream } from "../random.ts";
import { CLASSES, type Dataset, type Examples } from "./dataset.ts";
import { examplesFromIdx, type IdxFile } from "./idx-dataset.ts";

const TEST_SHARE = 0.2;
const SEED = 0;

/**
 * The data set of the embedded digits.
 * @param images the packed images, `[n, height, width]`
 * @param labels the packed labels, `[n]`
 * @throws GatewiseError if a file is damaged
 */
export function digitsFromIdx(images: IdxFile, labels: IdxFile, source: string): Dataset {
  const all = examplesFromIdx(images, labels, CLASSES.digits);
  const classes = Array.from({ length: CLASSES.digits }, (_, label) => positionsOf(label, all.labels.data));
  const testCounts = splitCounts(classes.map((members) => members.length));
  const test: number[] = [];
  const train: number[] = [];
  for (const [label, members] of classes.entries()) {
    const order = randomStream(SEED, "digits", "split", label).permutation(members.length);
    const tests = testCounts[label] ?? 0;
    for (const [place, i] of order.entries()) (place < tests ? test : train).push(members[i]!);
  }
  return {
    name: "digits",
    classes: CLASSES.digits,
    inputShape: all.inputs.shape.slice(1),
    train: pickShuffled(all, train, "train"),
    test: pickShuffled(all, test, "test"),
    source,
  };
}

function positionsOf(label: number, labels: Uint8Array): number[] {
  const positions: number[] = [];
  for (let i = 0; i < labels.length; i++) if (labels[i] === label) positions.push(i);
  return positions;
}

/** Test examples of each class: the shares rounded down, then one more for the largest remainders. */
function splitCounts(sizes: readonly number[]): readonly number[] {
  const shares = sizes.map((size) => size * TEST_SHARE);
  const total = Math.round(shares.reduce((sum, share) => sum + share, 0));
  const missing = total - shares.reduce((sum, share) => sum + Math.floor(share), 0);
  const byRemainder = shares
    .map((share, label) => ({ label, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.label - b.label);
  const roundedUp = new Set(byRemainder.slice(0, missing).map(({ label }) => label));
  return shares.map((share, label) => Math.floor(share) + (roundedUp.has(label) ? 1 : 0));
}

function pickShuffled(all: Examples, chosen: readonly number[], part: "train" | "test"): Examples {
  const order = randomStream(SEED, "digits", "order", part).permutation(chosen.length);
  const inputShape = all.inputs.shape.slice(1);
  const pixels = sizeOf(inputShape);
  const inputs = new Uint8Array(chosen.length * pixels);
  const labels = new Uint8Array(chosen.length);
  for (let i = 0; i < chosen.length; i++) {
    const from = chosen[order[i]!]!;
    inputs.set(all.inputs.data.subarray(from * pixels, (from + 1) * pixels), i * pixels);
    labels[i] = all.labels.data[from]!;
  }
  return {
    inputs: denseArray("uint8", [chosen.length, ...inputShape], inputs),
    labels: denseArray("uint8", [chosen.length], labels),
  };
}
