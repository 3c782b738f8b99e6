/** What is in examples that somebody should know before training on them: ranges, constant elements, duplicates. */
import { sizeOf } from "../../graph/index.ts";
import type { ExampleSet } from "../example-set.ts";
import { classCounts } from "./prepare.ts";

/** What was found in training and test examples. */
export interface ExampleFindings {
  /** Of the elements of all training inputs. */
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
  readonly deviation: number;
  /** Positions of elements that are the same in all training inputs. */
  readonly constant: readonly number[];
  /** Of each class, in training and in test; empty where targets are values. */
  readonly classes: readonly { readonly train: number; readonly test: number }[];
  /** Undefined where there are too many examples to look for them. */
  readonly duplicates: DuplicateFindings | undefined;
}

/** Inputs that are equal element by element. */
export interface DuplicateFindings {
  /** Training examples whose inputs came before. */
  readonly withinTraining: number;
  /** Test examples whose inputs are among those of training. */
  readonly inBoth: number;
  /** Of those, examples with another target there than in training, where it came first. */
  readonly otherTarget: number;
}

/** Examples that are read at once. */
const BLOCK = 1024;
/** Inputs are known by a hash of 53 bits each: 4 million take 300 MB. */
const MOST_HASHED = 2 ** 22;

/** Reads all examples once, block by block. */
export async function checkExamples(train: ExampleSet, test: ExampleSet, classes: number): Promise<ExampleFindings> {
  const size = sizeOf(train.exampleShape);
  const [lowest, highest] = [
    new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
  ];
  let [count, mean, squares] = [0, 0, 0];
  const isHashed = train.size + test.size <= MOST_HASHED;
  const seen = new Map<number, number>();
  let withinTraining = 0;
  await eachRow(train, (row, example) => {
    for (let i = 0; i < size; i++) {
      const value = row[i]!;
      if (value < lowest[i]!) lowest[i] = value;
      if (value > highest[i]!) highest[i] = value;
      // Welford's update
      count += 1;
      const before = value - mean;
      mean += before / count;
      squares += before * (value - mean);
    }
    if (!isHashed) return;
    const hash = hashOf(row);
    if (seen.has(hash)) withinTraining += 1;
    else seen.set(hash, example);
  });
  let [inBoth, otherTarget] = [0, 0];
  if (isHashed) {
    await eachRow(test, (row, example) => {
      const first = seen.get(hashOf(row));
      if (first === undefined) return;
      inBoth += 1;
      if (!isSameTarget(train, first, test, example)) otherTarget += 1;
    });
  }
  const [trainCounts, testCounts] = [classCounts(train.labels, classes), classCounts(test.labels, classes)];
  return {
    least: lowest.reduce((a, b) => Math.min(a, b)),
    greatest: highest.reduce((a, b) => Math.max(a, b)),
    mean,
    deviation: Math.sqrt(squares / count),
    constant: Array.from(lowest.keys()).filter((i) => lowest[i] === highest[i]),
    classes: Array.from(trainCounts, (own, i) => ({ train: own, test: testCounts[i] ?? 0 })),
    duplicates: isHashed ? { withinTraining, inBoth, otherTarget } : undefined,
  };
}

async function eachRow(
  set: ExampleSet,
  visit: (row: Float32Array | Uint8Array, example: number) => void,
): Promise<void> {
  const size = sizeOf(set.exampleShape);
  for (let start = 0; start < set.size; start += BLOCK) {
    const rows = Math.min(BLOCK, set.size - start);
    const { data } = await set.readBlock(start, rows);
    for (let row = 0; row < rows; row++) visit(data.subarray(row * size, (row + 1) * size), start + row);
  }
}

/** Two multiplicative hashes of 32 bits (FNV-1a, and with Knuth's factor), of which 53 bits are kept. */
function hashOf(row: Float32Array | Uint8Array): number {
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b, 0x9e3779b1) + byte;
    b ^= b >>> 15;
  }
  return (a >>> 0) * 2 ** 21 + ((b >>> 0) & 0x1fffff);
}

function isSameTarget(a: ExampleSet, i: number, b: ExampleSet, j: number): boolean {
  const columns = sizeOf(a.labels.shape.slice(1));
  for (let column = 0; column < columns; column++) {
    if (a.labels.data[i * columns + column] !== b.labels.data[j * columns + column]) return false;
  }
  return true;
}
