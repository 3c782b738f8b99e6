import { createHash } from "node:crypto";
import { GatewiseError } from "../../errors.ts";
import { CLASSES, type Dataset, type TestSet } from "../dataset.ts";
import { datasetFromIdx, examplesFromIdx, type IdxFile, type IdxPart } from "../idx-dataset.ts";
import type { LocatedFiles } from "./locate.ts";
import { IDX_NAMES, type IdxName, OFFICIAL_FILES } from "./official-files.ts";
import { decompressed, readBytes } from "./read-file.ts";

/**
 * Reads a data set of four IDX files.
 * @throws GatewiseError if a file is missing or damaged, or it is another data set
 */
export async function loadIdx(name: IdxName, located: LocatedFiles): Promise<Dataset> {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    readPart(name, located, "trainImages"),
    readPart(name, located, "trainLabels"),
    readPart(name, located, "testImages"),
    readPart(name, located, "testLabels"),
  ]);
  refuseOther(name, located, "trainLabels", trainLabels);
  return datasetFromIdx(name, { trainImages, trainLabels, testImages, testLabels }, located.folder);
}

/**
 * Reads the two test files alone.
 * @throws GatewiseError if a file is missing or damaged, or it is another data set
 */
export async function loadIdxTest(name: IdxName, located: LocatedFiles): Promise<TestSet> {
  const images = await readPart(name, located, "testImages");
  const labels = await readPart(name, located, "testLabels");
  refuseOther(name, located, "testLabels", labels);
  const test = examplesFromIdx(images, labels, CLASSES[name]);
  return { name, classes: CLASSES[name], inputShape: test.inputs.shape.slice(1), test, source: located.folder };
}

/** The files of MNIST and Fashion-MNIST have the same names and shapes: only their bytes tell them apart. */
function refuseOther(
  name: IdxName,
  { folder }: LocatedFiles,
  part: "trainLabels" | "testLabels",
  file: StoredFile,
): void {
  const other = IDX_NAMES.find((candidate) => isPartOf(candidate, part, file));
  if (other === undefined || other === name) return;
  throw new GatewiseError({
    received: `${folder}: the files of ${other}`,
    expected: `those of ${name}, which have the same names`,
    next: `ask for ${other}, or give the folder of ${name} with \`dataDir\``,
  });
}

interface StoredFile extends IdxFile {
  readonly bytes: Uint8Array;
  /** As on disk, compressed or not. */
  readonly stored: Uint8Array;
}

async function readPart(name: IdxName, { folder, paths }: LocatedFiles, part: IdxPart): Promise<StoredFile> {
  const path = paths[part];
  if (path === undefined) {
    throw new GatewiseError({
      code: "file-not-found",
      received: `${folder}: no ${OFFICIAL_FILES[name].files[part].name}`,
      expected: `it (or its .gz) beside the other files of ${name}`,
      next: `run \`fetchDataset("${name}")\`, or complete the folder`,
    });
  }
  const stored = await readBytes(path);
  return { name: path, stored, bytes: await decompressed(stored, path) };
}

/** Labels are small: hashing them costs nothing. */
function isPartOf(name: IdxName, part: "trainLabels" | "testLabels", { bytes, stored }: StoredFile): boolean {
  const { of, digest } = OFFICIAL_FILES[name].files[part].sha256;
  return (
    createHash("sha256")
      .update(of === "content" ? bytes : stored)
      .digest("hex") === digest
  );
}
