import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { IDX_PARTS, type IdxPart } from "../idx-dataset.ts";
import { fileError } from "./file-error.ts";
import { type IdxName, OFFICIAL_FILES } from "./official-files.ts";
import { isRegular } from "./regular-file.ts";

/** Where data are looked for, in this order; `process.env` serves as the environment. */
export interface DataPlaces {
  readonly dataDir?: string | undefined;
  readonly environment: { readonly GATEWISE_DATA?: string | undefined };
  readonly cacheDir: string;
}

/** A folder that holds a data set, and the path of each part, undefined for one that is missing there or not asked for. */
export interface LocatedFiles {
  readonly folder: string;
  readonly paths: Readonly<Record<IdxPart, string | undefined>>;
}

/**
 * The first folder that holds any of the data set's files: in each place D, `D/NAME`, torchvision's `D/…/raw`, D itself.
 * @param parts those that are asked for
 * @throws GatewiseError if none does, or a place cannot be read
 */
export async function locateFiles(
  name: IdxName,
  places: DataPlaces,
  parts: readonly IdxPart[] = IDX_PARTS,
): Promise<LocatedFiles> {
  const { torchvisionFolder, files } = OFFICIAL_FILES[name];
  const { found, looked } = await searchPlaces(places, async (root) => {
    for (const folder of [join(root, name), join(root, torchvisionFolder, "raw"), root]) {
      const pathOf = async (part: IdxPart): Promise<string | undefined> =>
        parts.includes(part) ? await fileAmong(folder, fileNames(files[part].name)) : undefined;
      const paths = {
        trainImages: await pathOf("trainImages"),
        trainLabels: await pathOf("trainLabels"),
        testImages: await pathOf("testImages"),
        testLabels: await pathOf("testLabels"),
      };
      if (IDX_PARTS.some((part) => paths[part] !== undefined)) return { folder, paths };
    }
    return undefined;
  });
  if (found !== undefined) return found;
  throw new GatewiseError({
    code: "file-not-found",
    received: `data set ${name}: ${notIn(looked)}`,
    expected: `its ${parts.length === IDX_PARTS.length ? "four IDX files" : "test files, images and labels,"} in one of them, or in ${name}/ or ${torchvisionFolder}/raw/ there`,
    next: `run \`fetchDataset("${name}")\`, or say with \`dataDir\` where the files are`,
  });
}

/** Where nothing was found, in words. */
export const notIn = (looked: readonly string[]): string =>
  looked.length === 0 ? "no folder to look in" : `not in ${looked.join(", ")}`;

/**
 * What `search` finds in the first place that holds it, and the places looked at.
 * @throws GatewiseError if a place is there but cannot be read
 */
export async function searchPlaces<T>(
  { dataDir, environment, cacheDir }: DataPlaces,
  search: (root: string) => Promise<T | undefined>,
): Promise<{ readonly found: T | undefined; readonly looked: readonly string[] }> {
  const looked: string[] = [];
  for (const root of [dataDir, environment.GATEWISE_DATA, cacheDir]) {
    if (!root) continue;
    looked.push(root);
    if (!(await isThere(root))) continue;
    const found = await search(root);
    if (found !== undefined) return { found, looked };
  }
  return { found: undefined, looked };
}

/** The names that a file goes by; what `fetchDataset` writes comes first, so it wins over an older copy beside it. */
function fileNames(official: string): readonly string[] {
  const dotted = official.replace(/-(idx\d-ubyte)$/, ".$1");
  return [`${official}.gz`, official, `${dotted}.gz`, dotted];
}

/**
 * The file of a folder that has one of these names. A folder in place of a file is looked into: archives from Kaggle
 * unpack each file into a folder of its name.
 */
export async function fileAmong(folder: string, candidates: readonly string[]): Promise<string | undefined> {
  const names = await namesIn(folder);
  const there = candidates.filter((name) => names.has(name)).map((name) => join(folder, name));
  for (const path of there) if (await isRegular(path)) return path;
  for (const path of there) {
    for (const name of candidates) if (await isRegular(join(path, name))) return join(path, name);
  }
  // a pipe, or a folder with something else: reading it says what it is
  return there[0];
}

/** Whether a place can be searched; one that is no folder is a mistake, not a place without data. */
async function isThere(root: string): Promise<boolean> {
  return (await readNames(root, ["ENOENT"])) !== undefined;
}

/** Names of a folder's entries; none if there is no such folder. */
export async function namesIn(path: string): Promise<ReadonlySet<string>> {
  return new Set(await readNames(path, ["ENOENT", "ENOTDIR"]));
}

/** Names of a folder's entries, or undefined if the system answers with one of the `absent` codes. */
async function readNames(folder: string, absent: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (absent.includes(codeOf(thrown) ?? "")) return undefined;
    throw fileError(thrown, folder, "a folder that holds data sets");
  }
}
