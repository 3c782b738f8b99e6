import { join } from "node:path";
import { CLASSES } from "../dataset.ts";
import type { DatasetName } from "../dataset-names.ts";
import { examplesFromIdx, IDX_PARTS } from "../idx-dataset.ts";
import { checkOfficialFile, type FileCheck } from "./check-file.ts";
import { DIGITS_FILES, digitsPath, readDigitsFile } from "./digits-files.ts";
import { type DataPlaces, locateFiles } from "./locate.ts";
import { locateCifar } from "./locate-cifar.ts";
import { type IdxName, OFFICIAL_FILES, type OfficialFiles } from "./official-files.ts";
import { readBytes } from "./read-file.ts";
import { verifyCifar } from "./verify-cifar.ts";

/**
 * Checks each file of a data set against the published one, in the folder that `loadDataset` would read.
 * @param files the published files, where they are not the known ones (data sets of IDX files)
 * @throws GatewiseError if no place holds any of them, or the system refuses to read one
 */
export async function verifyDataset(
  name: DatasetName,
  places: DataPlaces,
  files?: OfficialFiles["files"],
): Promise<readonly FileCheck[]> {
  switch (name) {
    case "digits":
      return await verifyDigits();
    case "mnist":
    case "fashion-mnist":
      return await verifyIdx(name, places, files);
    case "cifar10":
    case "cifar100":
      return await verifyCifar(name, await locateCifar(name, places));
  }
}

async function verifyIdx(
  name: IdxName,
  places: DataPlaces,
  files: OfficialFiles["files"] | undefined,
): Promise<readonly FileCheck[]> {
  const { folder, paths } = await locateFiles(name, places);
  const official = files ?? OFFICIAL_FILES[name].files;
  const checks: FileCheck[] = [];
  for (const part of IDX_PARTS) {
    const file = official[part].name;
    const path = paths[part];
    if (path === undefined) {
      checks.push({ file, path: join(folder, `${file}.gz`), bytes: 0, ok: false, hashed: false, problem: "missing" });
      continue;
    }
    const finding = await checkOfficialFile(path, official[part]);
    checks.push({ file, path, ok: finding.problem === undefined, ...finding });
  }
  return checks;
}

/** The embedded digits have no published digest: they are whole if images and labels read and agree. */
async function verifyDigits(): Promise<readonly FileCheck[]> {
  const { images, labels } = DIGITS_FILES;
  examplesFromIdx(await readDigitsFile(images), await readDigitsFile(labels), CLASSES.digits);
  return await Promise.all(
    [images, labels].map(async (file) => {
      const path = digitsPath(file);
      return { file, path, bytes: (await readBytes(path)).length, ok: true, hashed: false };
    }),
  );
}
