import { basename, join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import { assembleCifar, type CifarName, cifarFiles } from "../cifar-dataset.ts";
import type { FileCheck } from "./check-file.ts";
import { OFFICIAL_ARCHIVES } from "./cifar-archives.ts";
import { sizeOnDisk } from "./download.ts";
import { loadArchive, readBatch } from "./load-cifar.ts";
import type { LocatedCifar } from "./locate-cifar.ts";

/**
 * Checks a CIFAR data set: an archive by its published MD5, unpacked files by size and labels only, since no digest of
 * them is published.
 * @param official the published MD5, where it is not the known one
 * @throws GatewiseError if the system refuses to read a file
 */
export async function verifyCifar(
  name: CifarName,
  located: LocatedCifar,
  official: string = OFFICIAL_ARCHIVES[name].md5,
): Promise<readonly FileCheck[]> {
  switch (located.kind) {
    case "archive":
      return [await verifyArchive(name, located.path, official)];
    case "folder":
      return await verifyFolder(name, located.folder, located.paths);
  }
}

async function verifyArchive(name: CifarName, path: string, official: string): Promise<FileCheck> {
  const check = { file: basename(path), path, bytes: (await sizeOnDisk(path)) ?? 0 };
  try {
    const { md5, compressed } = await loadArchive(name, path);
    if (!compressed) return { ...check, ok: true, hashed: false };
    if (md5 === official) return { ...check, ok: true, hashed: true };
    const problem = `MD5 ${md5}, expected ${official}: whole, but other bytes than the published`;
    return { ...check, ok: false, hashed: true, problem };
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    return { ...check, ok: false, hashed: false, problem: thrown.message };
  }
}

async function verifyFolder(
  name: CifarName,
  folder: string,
  paths: ReadonlyMap<string, string>,
): Promise<readonly FileCheck[]> {
  const assembly = assembleCifar(name);
  const checks: FileCheck[] = [];
  for (const file of cifarFiles(name)) {
    const path = paths.get(file);
    if (path === undefined) {
      const missing = { file, path: join(folder, file), bytes: 0 };
      checks.push({ ...missing, ok: false, hashed: false, problem: "missing" });
      continue;
    }
    const check = { file, path, bytes: (await sizeOnDisk(path)) ?? 0, hashed: false };
    try {
      await readBatch(name, assembly, file, path);
      checks.push({ ...check, ok: true });
    } catch (thrown) {
      if (!(thrown instanceof GatewiseError)) throw thrown;
      checks.push({ ...check, ok: false, problem: thrown.message });
    }
  }
  return checks;
}
