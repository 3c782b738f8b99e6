import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { assembleCifar, CIFAR_LAYOUTS, type CifarAssembly, type CifarName } from "../cifar-dataset.ts";
import type { Dataset, Examples, TestSet } from "../dataset.ts";
import { OFFICIAL_ARCHIVES } from "./cifar-archives.ts";
import { fileError } from "./file-error.ts";
import type { LocatedCifar } from "./locate-cifar.ts";
import { otherVersion, refusePickled } from "./other-cifar.ts";
import { decompressed, firstBytes, isGzip, readBytes } from "./read-file.ts";
import { readTar, type TarDigest } from "./read-tar.ts";

/** Bytes of a piece in which an unpacked file is read. */
const PIECE = 1024 * 1024;

/** Digests of single files are not published. */
const NOT_COMPARED = "an MD5 is published of the .tar.gz alone, so its bytes were not compared";

/**
 * Reads a CIFAR data set. An archive is streamed into the arrays: CIFAR-10's 170 MB take 1.8 s of processor time, gunzip alone 1.4 s.
 * An archive whose MD5 is not the published one is read all the same, and the result's notice says so.
 * @param official the published MD5, where it is not the known one
 * @throws GatewiseError if a file is missing or damaged
 */
export async function loadCifar(
  name: CifarName,
  located: LocatedCifar,
  official: string = OFFICIAL_ARCHIVES[name].md5,
): Promise<Dataset> {
  switch (located.kind) {
    case "archive":
      return await loadDigestedArchive(name, located.path, official);
    case "folder": {
      const { folder, paths } = located;
      const assembly = assembleCifar(name);
      for (const [file, path] of paths) await readBatch(name, assembly, file, path);
      const dataset = assembly.finish(folder);
      return withNotice(
        { ...dataset, source: `${folder} (unpacked: ${NOT_COMPARED})` },
        folder,
        sizeRemarks(name, dataset),
      );
    }
  }
}

/**
 * Reads the test examples alone; of an archive the rest is passed over.
 * @throws GatewiseError if a file is missing or damaged
 */
export async function loadCifarTest(
  name: CifarName,
  located: LocatedCifar,
  official: string = OFFICIAL_ARCHIVES[name].md5,
): Promise<TestSet> {
  const assembly = assembleCifar(name, CIFAR_LAYOUTS[name].test.files);
  switch (located.kind) {
    case "archive": {
      const { path } = located;
      const { md5, compressed } = await readArchive(name, path, assembly);
      const test = assembly.finishTest(path);
      const remarks = compressed && md5 !== official ? [otherDigest(md5, official)] : [];
      return withNotice(test, path, [...remarks, ...sizeRemarks(name, test)]);
    }
    case "folder": {
      const { folder, paths } = located;
      for (const [file, path] of paths) await readBatch(name, assembly, file, path);
      const test = assembly.finishTest(folder);
      return withNotice(test, folder, sizeRemarks(name, test));
    }
  }
}

async function loadDigestedArchive(name: CifarName, path: string, official: string): Promise<Dataset> {
  const { dataset, md5, compressed } = await loadArchive(name, path);
  const sizes = sizeRemarks(name, dataset);
  if (!compressed) return withNotice({ ...dataset, source: `${path} (decompressed: ${NOT_COMPARED})` }, path, sizes);
  if (md5 === official) return withNotice({ ...dataset, source: `${path} (MD5 as published)` }, path, sizes);
  return withNotice({ ...dataset, source: `${path} (MD5 ${md5}, not the published one)` }, path, [
    otherDigest(md5, official),
    ...sizes,
  ]);
}

const otherDigest = (md5: string, official: string): string =>
  `MD5 ${md5}, not the published ${official}: pixels differ from the official ones; accuracies may lie a little beside the published`;

/**
 * Reads an archive, whatever its digest.
 * @throws GatewiseError if the archive or a file in it is damaged, or a file is missing
 */
export async function loadArchive(name: CifarName, path: string): Promise<TarDigest & { readonly dataset: Dataset }> {
  const assembly = assembleCifar(name);
  const digest = await readArchive(name, path, assembly);
  return { dataset: assembly.finish(path), ...digest };
}

const readArchive = (name: CifarName, path: string, assembly: CifarAssembly): Promise<TarDigest> =>
  readTar(path, (entry, bytes) => {
    if (/^cifar-100?-(batches-py|python)\/./.test(entry)) throw otherVersion(name, path, "Python");
    return assembly.open(basename(entry), `${path}: ${entry}`, bytes);
  });

/**
 * Reads one unpacked file, compressed or not, into its place.
 * @throws GatewiseError if it is damaged or cannot be read
 */
export async function readBatch(name: CifarName, assembly: CifarAssembly, file: string, path: string): Promise<void> {
  const start = await firstBytes(path);
  refusePickled(name, path, start);
  if (isGzip(start)) {
    const bytes = await decompressed(await readBytes(path), path);
    const reader = assembly.open(file, path, bytes.length);
    reader?.take(bytes);
    reader?.end();
    return;
  }
  try {
    const reader = assembly.open(file, path, (await stat(path)).size);
    for await (const piece of createReadStream(path, { highWaterMark: PIECE })) reader?.take(piece);
    reader?.end();
  } catch (thrown) {
    throw fileError(thrown, path, "a readable file");
  }
}

/** What is to be said of a data set that is smaller than the official one. */
function sizeRemarks(name: CifarName, { train, test }: TestSet & Partial<Dataset>): readonly string[] {
  const layout = CIFAR_LAYOUTS[name];
  const remark = (part: "training" | "test", { labels }: Examples, official: number): readonly string[] =>
    labels.data.length === official ? [] : [`${labels.data.length} of the ${official} ${part} examples`];
  return [
    ...(train === undefined ? [] : remark("training", train, layout.train.files.length * layout.train.examples)),
    ...remark("test", test, layout.test.files.length * layout.test.examples),
  ];
}

const withNotice = <T extends TestSet>(dataset: T, path: string, remarks: readonly string[]): T =>
  remarks.length === 0 ? dataset : { ...dataset, notice: `${path}: ${remarks.join("; ")}` };
