import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../../errors.ts";
import { fileError } from "./file-error.ts";

/** Makes a folder and those above it. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (thrown) {
    throw fileError(thrown, path, "a folder to write to");
  }
}

/** The bytes of a file, or undefined if there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw fileError(thrown, path, "a readable file");
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
    // what cannot be removed was never made (ENOTDIR), or is overwritten by the next attempt
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError(thrown, path, "a file that can be written");
  }
}

/** A new name survives a power cut only when its folder is synced; Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Adds text to the end of a file, and waits until it is on the disk: what is written after it may count on it. */
export async function appendText(path: string, text: string): Promise<void> {
  try {
    await using file = await open(path, "a");
    await file.writeFile(text);
    await file.sync();
  } catch (thrown) {
    throw fileError(thrown, path, "a file that can be written");
  }
}
