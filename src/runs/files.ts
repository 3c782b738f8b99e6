import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, GatewiseError, messageOf } from "../errors.ts";

/** What to do about a failed system call. */
const ADVICE: Readonly<Record<string, readonly [expected: string, next: string]>> = {
  ENOSPC: ["free space on its disk", "free some space, then resume: all that was written before is whole"],
  EDQUOT: ["free space in the quota", "free some space, then resume: all that was written before is whole"],
  EACCES: ["permission to use it", "change its permissions, or choose another folder with --out"],
  EPERM: ["permission to use it", "change its permissions, or choose another folder with --out"],
  EROFS: ["a disk that can be written", "choose another folder with --out"],
  ENOENT: ["an existing file or folder", "check the path"],
  ENOTDIR: ["a folder", "check the path: a part of it is a file"],
  EISDIR: ["a file", "check the path: it is a folder"],
};

/** A failed system call on `path`, as an error that says what to do. */
export function fileError(path: string, thrown: unknown): GatewiseError {
  const [expected, next] = ADVICE[codeOf(thrown) ?? ""] ?? ["a file system that works", "look at what the system said"];
  return new GatewiseError({ received: `${path}: ${messageOf(thrown)}`, expected, next, cause: thrown });
}

/** Makes a folder and those above it. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (thrown) {
    throw fileError(path, thrown);
  }
}

/** The bytes of a file, or undefined if there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw fileError(path, thrown);
  }
}

/**
 * Writes a file that is there as a whole or not at all, also after SIGKILL or a power cut: a temporary name, synced,
 * renamed, and the folder synced.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, "w");
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw fileError(path, thrown);
  }
}

/** A new name survives a power cut only when its folder is synced; Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Adds text to the end of a file. */
export async function appendText(path: string, text: string): Promise<void> {
  try {
    await using file = await open(path, "a");
    await file.writeFile(text);
  } catch (thrown) {
    throw fileError(path, thrown);
  }
}
