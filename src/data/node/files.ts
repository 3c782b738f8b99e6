import { constants } from "node:fs";
import { access, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, GatewiseError } from "../../errors.ts";
import { fileError } from "./file-error.ts";
import { checkWritable, readRegular } from "./regular-file.ts";

/**
 * Makes a folder and those above it. One by one: Node's own way to make several never ends in a folder that says "no
 * such file" where it takes none, and says the same of a read-only disk.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeWithParents(path);
  } catch (thrown) {
    const expected = "a folder to write to";
    // what is missing above was made, or tried
    throw codeOf(thrown) === "ENOENT" ? takesNothing(thrown, path, expected) : fileError(thrown, path, expected);
  }
}

async function makeWithParents(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "ENOENT" && !(await isThere(dirname(path)))) {
      await makeWithParents(dirname(path));
      await makeWithParents(path);
      return;
    }
    // another process may have made it meanwhile; a read-only disk says so also of what is there
    const isMade = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isMade) throw thrown;
  }
}

/**
 * The bytes of a file, or undefined if there is none.
 * @param atMost bytes that it may have
 * @throws GatewiseError if it is larger, no regular file, or the system refuses
 */
export async function readIfThere(path: string, atMost?: number): Promise<Buffer | undefined> {
  try {
    return await readRegular(path, atMost);
  } catch (thrown) {
    if (thrown instanceof GatewiseError && codeOf(thrown.cause) === "ENOENT") return undefined;
    throw thrown;
  }
}

/**
 * Writes a file that is there as a whole or not at all, also after SIGKILL or a power cut: a temporary name, synced,
 * renamed, and the folder synced. One writer at a time: `lockFile`, or the lock of the directory, keeps others away.
 * @throws GatewiseError if something else than a file has the name, or the system refuses
 */
export const writeWhole = (path: string, content: Uint8Array | string): Promise<void> =>
  replaceFile(path, content, undefined);

/** Who writes, and whether it still may: a lock. */
export interface WriteGuard {
  /** No other writer's; in the names of temporary files. */
  readonly id: string;
  /** @throws GatewiseError if another writes here now */
  check(): Promise<void>;
}

/**
 * As {@link writeWhole}, by the holder of a lock: looked at before the file is begun and before it gets its name. Its
 * temporary name is the holder's own. Who takes the lock over removes it, so that a writer which is stopped between the
 * last look and the renaming finds nothing to rename when it wakes.
 */
export async function writeGuarded(guard: WriteGuard, path: string, content: Uint8Array | string): Promise<void> {
  await guard.check();
  await replaceFile(path, content, guard);
}

async function replaceFile(path: string, content: Uint8Array | string, guard: WriteGuard | undefined): Promise<void> {
  await checkWritable(path);
  const temporary = guard === undefined ? `${path}.tmp` : `${path}.${guard.id}.tmp`;
  try {
    await using file = await open(temporary, WRITE_ANEW);
    await file.writeFile(content);
    await file.sync();
    await guard?.check();
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (thrown) {
    // what cannot be removed was never made (ENOTDIR), or is overwritten by the next attempt
    await rm(temporary, { force: true }).catch(() => {});
    throw await guardedError(thrown, path, guard);
  }
}

/**
 * Removes a file, by the holder of a lock, if it is there: into a folder of the holder's own, and gone with it. Who takes the
 * lock over removes that folder, so that a holder which is stopped behind the last look has nowhere to move the other's file to.
 */
export async function removeGuarded(guard: WriteGuard, path: string): Promise<void> {
  await guard.check();
  if (!(await isThere(path))) return;
  const aside = `${path}.${guard.id}.tmp`;
  try {
    await mkdir(aside);
    await guard.check();
    await rename(path, join(aside, basename(path)));
    await syncFolder(dirname(path));
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ESTALE") await guard.check();
    throw await writeError(thrown, path, "a file that can be removed");
  } finally {
    // what is left of it goes with the lock
    await rm(aside, { force: true, recursive: true }).catch(() => {});
  }
}

/** What is gone from under a writer may be so because another has come to its place. */
async function guardedError(thrown: unknown, path: string, guard: WriteGuard | undefined): Promise<unknown> {
  if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ESTALE") await guard?.check();
  return await writeError(thrown, path, "a file that can be written");
}

/** Without waiting, if it is a pipe, for somebody to read it. */
const WRITE_ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NONBLOCK ?? 0);

/** A new name survives a power cut only when its folder is synced; Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Adds text to the end of a file, and waits until it is on the disk: what is written after it may count on it. */
export const appendText = (path: string, text: string): Promise<void> => appendTo(path, text, undefined);

/**
 * As {@link appendText}, by the holder of a lock. Looked at behind the opening: who takes the lock over puts new files in
 * the place of what is added to, and what a writer that was stopped in between still adds goes to the old one.
 */
export const appendGuarded = (guard: WriteGuard, path: string, text: string): Promise<void> =>
  appendTo(path, text, guard);

async function appendTo(path: string, text: string, guard: WriteGuard | undefined): Promise<void> {
  await checkWritable(path);
  try {
    await using file = await open(path, "a");
    await guard?.check();
    await file.writeFile(text);
    await file.sync();
  } catch (thrown) {
    throw await guardedError(thrown, path, guard);
  }
}

/**
 * A failed writing as the user's error. Some folders (those of `/proc`, for one) say "no such file" where they take
 * none: then it is not the path that is wrong.
 */
export async function writeError(thrown: unknown, path: string, expected: string): Promise<unknown> {
  const isMissing = codeOf(thrown) === "ENOENT" && !(await isThere(dirname(path)));
  return codeOf(thrown) !== "ENOENT" || isMissing
    ? fileError(thrown, path, expected)
    : takesNothing(thrown, path, expected);
}

const takesNothing = (cause: unknown, path: string, expected: string): GatewiseError =>
  new GatewiseError({
    code: "file-access",
    received: `${path}: its folder takes no new entries`,
    expected,
    next: "use another folder",
    cause,
  });

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
