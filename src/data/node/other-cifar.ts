/** The other versions in which CIFAR is published, which are not read: each is named, with where the binary one is. */
import { join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import type { CifarName } from "../cifar-dataset.ts";
import { foreignFormat } from "../foreign-format.ts";
import { OFFICIAL_ARCHIVES } from "./cifar-archives.ts";
import { namesIn } from "./locate.ts";
import { firstBytes } from "./read-file.ts";
import { isRegular } from "./regular-file.ts";

/** What a folder or an archive of another version is called, and which one it is. */
const OTHERS = {
  cifar10: [
    { name: "cifar-10-python.tar.gz", version: "Python" },
    { name: "cifar-10-batches-py", version: "Python" },
    { name: "cifar-10-matlab.tar.gz", version: "Matlab" },
    { name: "cifar-10-batches-mat", version: "Matlab" },
  ],
  cifar100: [
    { name: "cifar-100-python.tar.gz", version: "Python" },
    { name: "cifar-100-python", version: "Python" },
    { name: "cifar-100-matlab.tar.gz", version: "Matlab" },
    { name: "cifar-100-matlab", version: "Matlab" },
  ],
} as const satisfies Record<CifarName, readonly { readonly name: string; readonly version: string }[]>;

/** Pickled batches by their names, with which they may lie in any folder. */
const PICKLES = {
  cifar10: ["data_batch_1", "test_batch"],
  cifar100: ["train", "test"],
} as const satisfies Record<CifarName, readonly string[]>;

/** The error for a place that holds another version, or undefined. */
export async function findOtherVersion(name: CifarName, root: string): Promise<GatewiseError | undefined> {
  for (const folder of [join(root, name), root]) {
    const names = await namesIn(folder);
    const other = OTHERS[name].find((one) => names.has(one.name));
    if (other !== undefined) return otherVersion(name, join(folder, other.name), other.version);
    for (const file of PICKLES[name]) {
      const path = join(folder, file);
      if (names.has(file) && (await isPickled(path))) return otherVersion(name, path, "Python");
    }
  }
  return undefined;
}

/**
 * Refuses a file of the Python version under another name.
 * @param start its first bytes
 */
export function refusePickled(name: CifarName, path: string, start: Uint8Array): void {
  if (foreignFormat(start) === "pickle") throw otherVersion(name, path, "Python");
}

const isPickled = async (path: string): Promise<boolean> =>
  (await isRegular(path)) && foreignFormat(await firstBytes(path)) === "pickle";

/** @param path a file, folder or archive of the version */
export function otherVersion(name: CifarName, path: string, version: string): GatewiseError {
  const { file, mirrors } = OFFICIAL_ARCHIVES[name];
  return new GatewiseError({
    code: "unsupported-file",
    received: `${path}: the ${version} version of ${name}${version === "Python" ? " (pickled batches)" : ""}`,
    expected: "its binary version, whose files end in .bin",
    next: `run \`fetchDataset("${name}")\`, or fetch ${file} from ${mirrors[0]}`,
  });
}
