/** What tells whether data are the same as they were: a run that goes on must find those that it began with, a trial those of its plan. */
import { createHash, type Hash } from "node:crypto";
import { bytesOf, sizeOf } from "../../graph/index.ts";
import type { ExampleSet } from "../example-set.ts";

/** Inputs beyond so many bytes are told by blocks of them. */
const MOST_BYTES = 2 ** 28;
/** Blocks of large inputs that are read, from the first to the last, and how much of each. */
const SAMPLES = 256;
const SAMPLE_BYTES = 2 ** 18;

/**
 * SHA-256 of all targets, and of the inputs: of all, or of 256 blocks that are spread over them where they take more than
 * 256 MiB. Of what was read, not of files: the same data in another form have the same digest.
 */
export async function dataDigest(train: ExampleSet, test: ExampleSet): Promise<string> {
  const hash = createHash("sha256");
  const samples = [await addSet(hash, train), await addSet(hash, test)];
  return `${samples.includes("some") ? "sha256-of-samples" : "sha256"}:${hash.digest("hex")}`;
}

async function addSet(hash: Hash, set: ExampleSet): Promise<"all" | "some"> {
  const { size, exampleShape, dtype, labels } = set;
  hash.update(JSON.stringify([size, exampleShape, dtype, labels.shape, labels.dtype]));
  hash.update(bytesOf(labels));
  const bytes = sizeOf(exampleShape) * (dtype === "uint8" ? 1 : 4);
  const rows = Math.max(1, Math.floor(SAMPLE_BYTES / bytes));
  const isWhole = size * bytes <= MOST_BYTES;
  const blocks = isWhole ? Math.ceil(size / rows) : SAMPLES;
  for (let block = 0; block < blocks; block++) {
    const start = isWhole ? block * rows : Math.floor((block * (size - rows)) / (SAMPLES - 1));
    hash.update(bytesOf(await set.readBlock(start, Math.min(rows, size - start))));
  }
  return isWhole ? "all" : "some";
}
