import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import type { DatasetName } from "../dataset.ts";
import { IDX_PARTS } from "../idx-dataset.ts";
import { checkOfficialFile, type FileFinding } from "./check-file.ts";
import { type DownloadOptions, download, type FetchProgress, sizeOnDisk } from "./download.ts";
import { fileError } from "./file-error.ts";
import { OFFICIAL_FILES, type OfficialFile, type OfficialFiles } from "./official-files.ts";

export type { FetchProgress };

/** Without data for so long, a mirror is given up. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** Where a fetched data set goes, and where it comes from. */
export interface FetchOptions {
  /** The files go to `directory/NAME/`, where `loadDataset` finds them with this directory as a place. */
  readonly directory: string;
  /** Base addresses, each ending in `/`, instead of the well-known ones. */
  readonly mirrors?: readonly string[];
  /** The published files, where they are not the known ones. */
  readonly files?: OfficialFiles["files"];
  /** Called after each piece received. */
  readonly progress?: (state: FetchProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds without data after which the next mirror is tried; 30,000 if left out. */
  readonly timeoutMs?: number;
}

/** A file that is there and was checked. */
export interface FetchedFile {
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  /** The mirror that delivered it; undefined if it was there already. */
  readonly from: string | undefined;
}

/**
 * Downloads a data set's files, each checked by SHA-256 before it gets its name. A download that breaks off leaves a
 * `.part` file, which the next mirror or the next call continues. Nothing is fetched for `digits`, which is embedded.
 * @throws GatewiseError if a file comes whole from no mirror (with each mirror's reason), or cannot be written
 * @throws the signal's reason if it is aborted
 */
export async function fetchDataset(name: DatasetName, options: FetchOptions): Promise<readonly FetchedFile[]> {
  if (name === "digits") return [];
  const { mirrors, files } = { ...OFFICIAL_FILES[name], ...options };
  const folder = join(options.directory, name);
  try {
    await mkdir(folder, { recursive: true });
  } catch (thrown) {
    throw fileError(thrown, folder, "a folder to write to");
  }
  const fetched: FetchedFile[] = [];
  for (const part of IDX_PARTS) fetched.push(await fetchFile(name, files[part], folder, mirrors, options));
  return fetched;
}

async function fetchFile(
  name: DatasetName,
  official: OfficialFile,
  folder: string,
  mirrors: readonly string[],
  { progress = () => {}, signal, timeoutMs = DEFAULT_TIMEOUT_MS }: FetchOptions,
): Promise<FetchedFile> {
  const file = `${official.name}.gz`;
  const path = join(folder, file);
  if ((await sizeOnDisk(path)) !== undefined) {
    const { bytes, problem } = await checkFetched(path, official);
    if (problem === undefined) return { file, path, bytes, from: undefined };
  }
  const reasons: string[] = [];
  for (const mirror of mirrors) {
    const outcome = await fetchFrom(mirror, official, path, { file, progress, signal, timeoutMs });
    if (outcome.kind === "done") return { file, path, bytes: outcome.bytes, from: mirror };
    reasons.push(`${mirror}: ${outcome.reason}`);
  }
  throw new GatewiseError({
    received: `${file}: not to be had (${reasons.join("; ")})`,
    expected: "one mirror to deliver it whole",
    next: `run "gatewise data fetch ${name}" again, which goes on where it stopped, or put the file into ${folder} yourself`,
  });
}

type Outcome = { readonly kind: "done"; readonly bytes: number } | { readonly kind: "failed"; readonly reason: string };

/** One mirror: what is there already is continued; if the whole is then wrong, once more from the start. */
async function fetchFrom(
  mirror: string,
  official: OfficialFile,
  path: string,
  options: DownloadOptions,
): Promise<Outcome> {
  const part = `${path}.part`;
  const continued = ((await sizeOnDisk(part)) ?? 0) > 0;
  const reason = await download(`${mirror}${options.file}`, part, options);
  if (reason !== undefined) return { kind: "failed", reason };
  const { bytes, problem } = await checkFetched(part, official);
  try {
    if (problem === undefined) {
      await rename(part, path);
      return { kind: "done", bytes };
    }
    await rm(part);
  } catch (thrown) {
    throw fileError(thrown, path, "a file that can be replaced");
  }
  return continued ? await fetchFrom(mirror, official, path, options) : { kind: "failed", reason: problem };
}

/** What comes from the network must be compared by digest, not by shape alone. */
async function checkFetched(path: string, official: OfficialFile): Promise<FileFinding> {
  const finding = await checkOfficialFile(path, official);
  return finding.hashed || finding.problem !== undefined
    ? finding
    : { ...finding, problem: "not the published .gz file" };
}
