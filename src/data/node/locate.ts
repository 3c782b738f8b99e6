import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { IDX_PARTS, type IdxPart } from "../idx-dataset.ts";
import { fileError } from "./file-error.ts";
import { OFFICIAL_FILES, type StoredName } from "./official-files.ts";

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
export async function locateFiles(name: StoredName, places: DataPlaces): Promise<LocatedFiles> {
  const { torchvisionFolder, files } = OFFICIAL_FILES[name];
  const roots = [places.dataDir, places.environment.GATEWISE_DATA, places.cacheDir].filter((root) => !!root);
  const looked: string[] = [];
  for (const root of roots) {
    if (root === undefined) continue;
    looked.push(root);
    const entries = await namesIn(root, ["ENOENT"]);
    if (entries === undefined) continue;
    for (const folder of [join(root, name), join(root, torchvisionFolder, "raw"), root]) {
      const names = new Set(folder === root ? entries : await namesIn(folder, ["ENOENT", "ENOTDIR"]));
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
  }
  throw new GatewiseError({
    received: `data set ${name}: not in ${looked.join(", ")}`,
    expected: `its four IDX files in one of them, or in ${name}/ or ${torchvisionFolder}/raw/ there`,
    next: `run "gatewise data fetch ${name}", or say with --data-dir where the files are`,
  });
}

/** The names that a file goes by; what `fetchDataset` writes comes first, so it wins over an older copy beside it. */
function fileNames(official: string): readonly string[] {
  const dotted = official.replace(/-(idx\d-ubyte)$/, ".$1");
  return [`${official}.gz`, official, `${dotted}.gz`, dotted];
}

/** Names of a folder's entries, or undefined if the system answers with one of the `absent` codes. */
async function namesIn(folder: string, absent: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (absent.includes(codeOf(thrown) ?? "")) return undefined;
    throw fileError(thrown, folder, "a folder that holds data sets");
  }
}
