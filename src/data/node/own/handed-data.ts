/**
 * Data of one's own as arrays in a folder: what one process has read and understood, for those that train on it. They need
 * not parse tables, unpack archives and decode images once more, and large inputs are read by blocks whatever form they had.
 */
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { bytesOf, type DenseArray, denseArray, float32 } from "../../../graph/index.ts";
import type { ExampleSet, InputSet } from "../../example-set.ts";
import { npyHeader } from "../../npy.ts";
import { examplesInBlock } from "../../own/block-order.ts";
import { IMAGE_LAYOUTS } from "../../own/image-layout.ts";
import type { OwnDataset } from "../../own/own-data.ts";
import { TARGET_KINDS, type TargetRows } from "../../own/targets.ts";
import { fileError } from "../file-error.ts";
import { readIfThere } from "../files.ts";
import type { Scratch } from "../scratch-folder.ts";
import { arrayInFile } from "./npy-array.ts";
import { inputsIn } from "./read-arrays.ts";

const FILE = "data.json";
/** Blocks of inputs that are written at once. */
const BLOCKS = 16;

/** All of a data set but its arrays. */
const Handed = z.strictObject({
  name: z.string(),
  source: z.string(),
  inputShape: z.array(z.int()),
  dtype: z.enum(["uint8", "float32"]),
  words: z.strictObject({ kind: z.enum(TARGET_KINDS), names: z.array(z.string()) }),
  isSplit: z.boolean(),
  staysInFiles: z.boolean(),
  layout: z.enum(IMAGE_LAYOUTS).optional(),
  features: z.array(z.string()).optional(),
  told: z.array(z.string()),
  digest: z.string(),
});

const folderOf = ({ path }: Pick<Scratch, "path">, digest: string): string => join(path, digest.replace(":", "-"));

/**
 * Writes a data set for other processes, unless it is of files that they read as they are.
 * @throws GatewiseError if the system refuses
 */
export async function handOver({ train, test, ...described }: OwnDataset, scratch: Scratch): Promise<void> {
  if (described.staysInFiles) return;
  const folder = folderOf(scratch, described.digest);
  try {
    await mkdir(folder);
    await writeSet(join(folder, "train"), train);
    await writeSet(join(folder, "test"), test);
    await writeFile(join(folder, "part"), JSON.stringify(described));
    await rename(join(folder, "part"), join(folder, FILE));
  } catch (thrown) {
    throw fileError(thrown, folder, "a folder with room for the data");
  }
}

/**
 * A data set that was handed over; undefined where none of this digest was.
 * @param scratch path of the folder
 */
export async function handedOver(scratch: string, digest: string): Promise<OwnDataset | undefined> {
  const folder = folderOf({ path: scratch }, digest);
  const text = await readIfThere(join(folder, FILE));
  if (text === undefined) return undefined;
  const { layout, features, ...described } = Handed.parse(JSON.parse(text.toString()));
  const [train, test] = [await readSet(join(folder, "train")), await readSet(join(folder, "test"))];
  return { ...described, layout, features, train, test };
}

async function writeSet(name: string, set: ExampleSet): Promise<void> {
  const { size, exampleShape, dtype, labels } = set;
  await using file = await open(`${name}-inputs.npy`, "wx");
  await file.writeFile(npyHeader(dtype, [size, ...exampleShape]));
  const each = BLOCKS * examplesInBlock(exampleShape);
  for (let start = 0; start < size; start += each) {
    await file.writeFile(bytesOf(await set.readBlock(start, Math.min(each, size - start))));
  }
  await writeFile(`${name}-labels.npy`, Buffer.concat([npyHeader(labels.dtype, labels.shape), bytesOf(labels)]));
}

async function readSet(name: string): Promise<ExampleSet> {
  const inputs: InputSet = await inputsIn(await arrayInFile(`${name}-inputs.npy`), undefined);
  const { type, shape, elements } = await arrayInFile(`${name}-labels.npy`);
  const labels = labelsOf(type.kind, shape, await elements());
  return { ...inputs, labels };
}

function labelsOf(kind: string, shape: readonly number[], { buffer }: Uint8Array): TargetRows {
  switch (kind) {
    case "float":
      return float32(shape, new Float32Array(buffer));
    case "integer":
      return denseArray("int32", shape, new Int32Array(buffer));
    default:
      return denseArray("uint8", shape, new Uint8Array(buffer)) satisfies DenseArray<"uint8">;
  }
}
