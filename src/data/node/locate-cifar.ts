import { join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import { type CifarName, cifarFiles } from "../cifar-dataset.ts";
import { OFFICIAL_ARCHIVES } from "./cifar-archives.ts";
import { type DataPlaces, fileAmong, notIn, searchPlaces } from "./locate.ts";
import { findOtherVersion } from "./other-cifar.ts";

/** Where a CIFAR data set lies: its archive, or a folder with some of its files and the path of each. */
export type LocatedCifar =
  | { readonly kind: "archive"; readonly path: string }
  | { readonly kind: "folder"; readonly folder: string; readonly paths: ReadonlyMap<string, string> };

/**
 * The first that is there: in each place D, in `D/NAME` the archive that `fetchDataset` writes, the files, the unpacked
 * folder; torchvision's folder in D; the archive in D; the files in D itself.
 * @param files those that are asked for, in a folder
 * @throws GatewiseError if there is none, or a place cannot be read
 */
export async function locateCifar(
  name: CifarName,
  places: DataPlaces,
  files: readonly string[] = cifarFiles(name),
): Promise<LocatedCifar> {
  const { file: archive, folder } = OFFICIAL_ARCHIVES[name];
  const { found, looked } = await searchPlaces(places, async (root) => {
    const own = join(root, name);
    return (
      (await archiveIn(own, archive)) ??
      (await folderOf(own, files)) ??
      (await folderOf(join(own, folder), files)) ??
      (await folderOf(join(root, folder), files)) ??
      (await archiveIn(root, archive)) ??
      (await folderOf(root, files))
    );
  });
  if (found !== undefined) return found;
  const other = await searchPlaces(places, (root) => findOtherVersion(name, root));
  if (other.found !== undefined) throw other.found;
  throw new GatewiseError({
    code: "file-not-found",
    received: `data set ${name}: ${notIn(looked)}`,
    expected: `${archive} or ${folder}/ (the binary version) in one of them, or its files in ${name}/ there`,
    next: `run \`fetchDataset("${name}")\`, or say with \`dataDir\` where the files are`,
  });
}

async function archiveIn(folder: string, archive: string): Promise<LocatedCifar | undefined> {
  const path = await fileAmong(folder, [archive, archive.replace(/\.gz$/, "")]);
  return path === undefined ? undefined : { kind: "archive", path };
}

async function folderOf(folder: string, files: readonly string[]): Promise<LocatedCifar | undefined> {
  const paths = new Map<string, string>();
  for (const file of files) {
    const stored = await fileAmong(folder, [file, `${file}.gz`]);
    if (stored !== undefined) paths.set(file, stored);
  }
  return paths.size === 0 ? undefined : { kind: "folder", folder, paths };
}
