/** Pipes, devices, sockets and directories in place of a file: told at once, before a pipe waits for its other end. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { fileError } from "./file-error.ts";
import { refusePointer } from "./git-lfs.ts";

/** What stands in place of a file, or undefined for a regular file. */
function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

function refuseOther(stats: Stats, path: string, expected: string): void {
  const kind = kindOf(stats);
  if (kind === undefined) return;
  const next =
    kind === "a directory" ? "give a file of this name, or remove the directory" : "give the path of a regular file";
  throw new GatewiseError({ code: "file-access", received: `${path}: ${kind}`, expected, next });
}

/**
 * Opens a regular file for reading.
 * @throws GatewiseError if it is none, or the system refuses
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const expected = "a readable file";
  try {
    refuseOther(await stat(path), path, expected);
    // what became a pipe meanwhile does not wait for a writer either
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      refuseOther(await file.stat(), path, expected);
      return file;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  } catch (thrown) {
    throw fileError(thrown, path, expected);
  }
}

/**
 * The bytes of a regular file.
 * @param atMost bytes that it may have, where what it is read for is short
 * @throws GatewiseError if it is none, stands for another file, is larger, or the system refuses
 */
export async function readRegular(path: string, atMost = Number.POSITIVE_INFINITY): Promise<Buffer> {
  await using file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > atMost) throw tooLarge(path, size, atMost);
    const bytes = await file.readFile();
    refusePointer(bytes, path);
    return bytes;
  } catch (thrown) {
    throw fileError(thrown, path, "a readable file");
  }
}

/** A file that is larger than what it is read for can be; told before it is read. */
const tooLarge = (path: string, size: number, atMost: number): GatewiseError =>
  new GatewiseError({
    code: "too-large",
    received: `${path}: ${size} bytes`,
    expected: `at most ${atMost}`,
    next: "it is damaged or another file than it was taken for: restore it, or give another",
  });

/**
 * Refuses to write where there is something else than a regular file or nothing.
 * @throws GatewiseError for a directory, pipe, socket or device
 */
export async function checkWritable(path: string): Promise<void> {
  const stats = await statIfThere(path);
  if (stats !== undefined) refuseOther(stats, path, "a file that can be written");
}

/** What the system knows of a path, through links; undefined where nothing is, or the system does not tell. */
const statIfThere = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

/** Whether a regular file is there. */
export const isRegular = async (path: string): Promise<boolean> => (await statIfThere(path))?.isFile() ?? false;

/** Links that lead to one another are followed so far, as the system does. */
const MOST_LINKS = 40;

/**
 * The one path of a file that may not be there yet, whatever links and spellings lead to it.
 * @throws GatewiseError if its folder is not there, or links lead in a circle
 */
export async function realPathOf(path: string): Promise<string> {
  try {
    // ".." behind a link is the system's to resolve
    let way = path;
    for (let links = 0; ; links++) {
      const real = join(await realpath(dirname(way)), basename(way));
      const stats = await lstat(real).catch(absent);
      if (!stats?.isSymbolicLink()) return real;
      // one link too many: the system says so itself
      if (links === MOST_LINKS) return await realpath(real);
      const target = await readlink(real);
      way = isAbsolute(target) ? target : `${dirname(real)}/${target}`;
    }
  } catch (thrown) {
    throw fileError(thrown, path, "a file that can be written");
  }
}

function absent(thrown: unknown): undefined {
  if (codeOf(thrown) !== "ENOENT") throw thrown;
}

/** Whether two paths lead to one file: by the same real path, or by two names of one content. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = [await statIfThere(a), await statIfThere(b)];
  if (first !== undefined && second !== undefined) return first.dev === second.dev && first.ino === second.ino;
  if (first !== undefined || second !== undefined) return false;
  const real = (path: string): Promise<string> => realPathOf(path).catch(() => resolve(path));
  return (await real(a)) === (await real(b));
}
