import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import { optionsIn } from "../../options.ts";
import type { DatasetName } from "../dataset-names.ts";
import type { OfficialArchive } from "./cifar-archives.ts";
import { type DownloadOptions, download, type FetchProgress, sizeOnDisk } from "./download.ts";
import { fileError } from "./file-error.ts";
import { makeFolder, type WriteGuard } from "./files.ts";
import { lockFile } from "./lock.ts";
import type { OfficialFiles } from "./official-files.ts";
import { type PublishedFile, publishedFiles } from "./published-file.ts";

export type { FetchProgress };

/** Without data for so long, or with too few in it, a mirror is given up. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Slower than a modem is not worth waiting for: the largest file would take longer than half a day. */
const LEAST_BYTES_PER_SECOND = 4096;

/** Where a fetched data set goes, and where it comes from. */
export interface FetchOptions {
  /** The files go to `directory/NAME/`, where `loadDataset` finds them with this directory as a place. */
  readonly directory: string;
  /** Base addresses, each ending in `/`, instead of the well-known ones. */
  readonly mirrors?: readonly string[];
  /** The published files, where they are not the known ones. */
  readonly files?: OfficialFiles["files"];
  /** The published archive, where it is not the known one. */
  readonly archive?: OfficialArchive;
  /** Called after each piece received. */
  readonly progress?: (state: FetchProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds without data, or with fewer than the least rate gives, after which the next mirror is tried; 30,000 if left out. */
  readonly timeoutMs?: number;
  /** 4,096 if left out. */
  readonly leastBytesPerSecond?: number;
}

/** A file that is there and was checked. */
export interface FetchedFile {
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  /** The digest that it was compared by, which is the one that its publisher gives. */
  readonly digest: "SHA-256" | "MD5";
  /** The mirror that delivered it; undefined if it was there already. */
  readonly from: string | undefined;
}

/**
 * Downloads a data set's files, each checked by its published digest before it gets its name. A download that breaks
 * off leaves a `.part` file, which the next mirror or the next call continues. Archives are kept as they are:
 * `loadDataset` reads them. Nothing is fetched for `digits`, which is embedded.
 * @throws GatewiseError if a file comes whole from no mirror (with each mirror's reason), or cannot be written
 * @throws the signal's reason if it is aborted
 */
export async function fetchDataset(name: DatasetName, options: FetchOptions): Promise<readonly FetchedFile[]> {
  optionsIn(options);
  const { mirrors, files } = publishedFiles(name, options);
  if (files.length === 0) return [];
  const folder = join(options.directory, name);
  await makeFolder(folder);
  const fetched: FetchedFile[] = [];
  for (const file of files) fetched.push(await fetchFile(name, file, folder, options.mirrors ?? mirrors, options));
  return fetched;
}

async function fetchFile(
  name: DatasetName,
  published: PublishedFile,
  folder: string,
  mirrors: readonly string[],
  {
    progress = () => {},
    signal,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    leastBytesPerSecond = LEAST_BYTES_PER_SECOND,
  }: FetchOptions,
): Promise<FetchedFile> {
  const { file, digest, mostBytes, check } = published;
  const path = join(folder, file);
  await using lock = await lockFile(path);
  if ((await sizeOnDisk(path)) !== undefined) {
    const { bytes, problem } = await check(path);
    if (problem === undefined) return { file, path, bytes, digest, from: undefined };
  }
  const reasons: string[] = [];
  for (const mirror of mirrors) {
    const outcome = await fetchFrom(mirror, published, path, {
      file,
      progress,
      signal,
      timeoutMs,
      leastBytesPerSecond,
      mostBytes,
      lock,
    });
    if (outcome.kind === "done") return { file, path, bytes: outcome.bytes, digest, from: mirror };
    reasons.push(`${mirror}: ${outcome.reason}`);
  }
  throw new GatewiseError({
    code: "download-failed",
    received: `${file}: not to be had (${reasons.join("; ")})`,
    expected: "one mirror to deliver it whole",
    next: `run \`fetchDataset("${name}")\` again, which goes on where it stopped, or put the file into ${folder} yourself`,
  });
}

type Outcome = { readonly kind: "done"; readonly bytes: number } | { readonly kind: "failed"; readonly reason: string };

interface FetchFromOptions extends DownloadOptions {
  /** Of the file, held. */
  readonly lock: WriteGuard;
}

/** One mirror: what is there already is continued; if the whole is then wrong, once more from the start. */
async function fetchFrom(
  mirror: string,
  published: PublishedFile,
  path: string,
  options: FetchFromOptions,
): Promise<Outcome> {
  const part = `${path}.part`;
  const continued = ((await sizeOnDisk(part)) ?? 0) > 0;
  await options.lock.check();
  const reason = await download(`${mirror}${options.file}`, part, options);
  if (reason !== undefined) return { kind: "failed", reason };
  const { bytes, problem } = await published.check(part);
  try {
    await options.lock.check();
    if (problem === undefined) {
      await rename(part, path);
      return { kind: "done", bytes };
    }
    await rm(part);
  } catch (thrown) {
    throw fileError(thrown, path, "a file that can be replaced");
  }
  return continued ? await fetchFrom(mirror, published, path, options) : { kind: "failed", reason: problem };
}
