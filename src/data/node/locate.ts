import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { IDX_PARTS, type IdxPart } from "../idx-dataset.ts";
import { fileError } from "./file-error.ts";
import { type IdxName, OFFICIAL_FILES } from "./official-files.ts";

/** Where data are looked for, in this order; `process.env` serves as the environment. */
export interface DataPlaces {
  readonly dataDir?: string | undefined;
  readonly environment: { readonly GATEWISE_DATA?: string | undefined };
  readonly cacheDir: string;
}

/** A folder that holds a data set, and the path of each part, undefined for one that is missing there. */
export interface LocatedFiles {
  readonly folder: string;
  readonly paths: Readonly<Record<IdxPart, string | undefined>>;
}

/**
 * The first folder that holds any of the data set's files: in each place D, `D/NAME`, torchvision's `D/…/raw`, D itself.
 * @throws GatewiseError if none does, or a place cannot be read
 */
export async function locateFiles(name: IdxName, places: DataPlaces): Promise<LocatedFiles> {
  const { torchvisionFolder, files } = OFFICIAL_FILES[name];
  const { found, looked } = await searchPlaces(places, async (root) => {
    for (const folder of [join(root, name), join(root, torchvisionFolder, "raw"), root]) {
      const names = await namesIn(folder);
      const pathOf = (part: IdxPart): string | undefined => {
        const found = fileNames(files[part].name).find((file) => names.has(file));
        return found === undefined ? undefined : join(folder, found);
      };
      const paths = {
        trainImages: pathOf("trainImages"),
        trainLabels: pathOf("trainLabels"),
        testImages: pathOf("testImages"),
        testLabels: pathOf("testLabels"),
      };
      if (IDX_PARTS.some((part) => paths[part] !== undefined)) return { folder, paths };
    }
    return undefined;
  });
  if (found !== undefined) return found;
  throw new GatewiseError({
    received: `data set ${name}: not in ${looked.join(", ")}`,
    expected: `its four IDX files in one of them, or in ${name}/ or ${torchvisionFolder}/raw/ there`,
    next: `run "gatewise data fetch ${name}", or say with --data-dir where the files are`,
  });
}

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
