/** Weights in files beside an ONNX model. The locations come from the model, which may be a stranger's. */
import { lstat, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { FOREIGN_NAMES, foreignFormat } from "../../data/index.ts";
import { fileError } from "../../data/node/index.ts";
import { codeOf, GatewiseError } from "../../errors.ts";
import { type ExternalData, type ExternalFile, quoted } from "../../graph/index.ts";

/** As much as an ONNX file itself may hold. */
const MOST_BYTES = 2 ** 31 - 1;

const FETCH_LFS = 'run "git lfs pull" in its repository, or download the file from its page';

const INSIDE = "a file in the model's folder or below it";

/**
 * Reads what a model takes from the files beside it, and nothing outside its folder, or the repository of Hugging Face's
 * cache that the folder belongs to.
 * @param model path of the model
 * @throws GatewiseError for locations that leave the folder, by name or by link, or are no regular files, missing files,
 * and more than 2 GiB in all
 */
export async function readExternalData(model: string, files: readonly ExternalFile[]): Promise<ExternalData> {
  const data = new Map<string, Uint8Array>();
  let room = MOST_BYTES;
  for (const file of files) {
    const bytes = await readInside(dirname(model), file, room);
    room -= bytes.length;
    data.set(file.location, bytes);
  }
  return data;
}

/** Where those files are, without reading them. See {@link readExternalData}. */
export async function externalPaths(model: string, files: readonly ExternalFile[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const file of files) paths.push((await inside(file, () => regularInside(dirname(model), file))).path);
  return paths;
}

const readInside = (folder: string, file: ExternalFile, room: number): Promise<Uint8Array> =>
  inside(file, async () => {
    const { path, size } = await regularInside(folder, file);
    // a file that is too short is refused by who knows its tensors
    const count = Math.min(size, file.bytes);
    if (count > room) throw refused(file, `, ${count} bytes of it`, `at most ${MOST_BYTES} in all files`);
    const bytes = await firstBytes(path, count);
    if (foreignFormat(bytes) === "git-lfs") {
      throw refused(file, `, ${FOREIGN_NAMES["git-lfs"]}`, "the weights themselves", FETCH_LFS);
    }
    return bytes;
  });

async function inside<T>(file: ExternalFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw fileError(thrown, `${file.tensor} with its data in the file ${quoted(file.location)}`, INSIDE);
  }
}

async function regularInside(
  folder: string,
  file: ExternalFile,
): Promise<{ readonly path: string; readonly size: number }> {
  const path = await pathInside(folder, file);
  // before it is opened: a pipe would wait for a writer
  const stats = await stat(path);
  if (!stats.isFile()) {
    throw refused(file, stats.isDirectory() ? ", which is a folder" : ", which is no regular file", INSIDE);
  }
  return { path, size: stats.size };
}

/** The real path of a location. Names of Windows are refused everywhere: what a model means must not hang on the system. */
async function pathInside(folder: string, file: ExternalFile): Promise<string> {
  const { location } = file;
  if (isAbsolute(location) || /^[a-z]:|[\\\0]/i.test(location) || location.split("/").includes("..")) {
    throw refused(file, "", INSIDE);
  }
  const path = await realPath(join(folder, location), file);
  const home = await realpath(folder);
  if (isBelow(home, path) || (await isOfOneRepository(home, path))) return path;
  throw refused(file, ", a link out of the folder", INSIDE);
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Whether both lie in one repository of Hugging Face's cache, whose files are links from `REPO/snapshots/REVISION/…` to
 * `REPO/blobs/HASH` (huggingface.co/docs/huggingface_hub/guides/manage-cache). A repository is no stranger to its own
 * files; those folders must be its own, not links to elsewhere.
 * @param home real path of the model's folder
 * @param path real path of the file
 */
async function isOfOneRepository(home: string, path: string): Promise<boolean> {
  for (let folder = home; dirname(folder) !== folder; folder = dirname(folder)) {
    if (basename(dirname(folder)) !== "snapshots") continue;
    const repository = dirname(dirname(folder));
    const blobs = join(repository, "blobs");
    const stats = await lstat(blobs).catch(() => undefined);
    if (stats?.isDirectory()) return isBelow(blobs, path) || isBelow(join(repository, "snapshots"), path);
  }
  return false;
}

async function realPath(path: string, file: ExternalFile): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT") throw thrown;
    throw refused(file, ", which is not there", INSIDE, "copy it to the model, or save the model as one file");
  }
}

async function firstBytes(path: string, count: number): Promise<Uint8Array> {
  await using file = await open(path);
  const bytes = new Uint8Array(count);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, filled, count - filled, filled);
    filled += bytesRead;
    if (bytesRead === 0) return bytes.subarray(0, filled);
  }
}

const refused = (
  { tensor, location }: ExternalFile,
  why: string,
  expected: string,
  next = "export the model again, or save it as one file",
): GatewiseError =>
  new GatewiseError({
    code: "file-not-found",
    received: `${tensor} with its data in the file ${quoted(location)}${why}`,
    expected,
    next,
  });
