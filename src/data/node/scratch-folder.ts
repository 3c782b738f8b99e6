/** A folder for what one command unpacks and hands from process to process; gone when the command is. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LARGEST_IN_MEMORY } from "../own/block-order.ts";
import { fileError } from "./file-error.ts";
import { makeFolder, readIfThere } from "./files.ts";
import { hasEnded, isSeen, readHolder, thisHolder } from "./lock-holder.ts";

/** Where data are put that memory should not hold. */
export interface Scratch {
  readonly path: string;
  /** Bytes of one array that are kept in memory; what is larger goes to the folder. */
  readonly inMemory: number;
}

const PREFIX = "scratch-";
const HOLDER = "holder.json";
/** Bytes of it. */
const LONGEST_HOLDER = 4096;

/**
 * Makes one, and removes those of commands that were killed on this machine.
 * @param parent is made where it is not there
 * @param prefix that the folders of this kind have in common
 * @throws GatewiseError if the system refuses
 */
export async function scratchFolder(parent: string, prefix = PREFIX): Promise<Scratch & AsyncDisposable> {
  await makeFolder(parent);
  await removeLeftScratch(parent, prefix);
  try {
    const path = await mkdtemp(join(parent, prefix));
    await writeFile(join(path, HOLDER), JSON.stringify({ id: PREFIX, ...(await thisHolder()) }));
    return {
      ...{ path, inMemory: LARGEST_IN_MEMORY },
      [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
    };
  } catch (thrown) {
    throw fileError(thrown, parent, "a folder for what is unpacked");
  }
}

/**
 * Removes the folders of commands that were killed on this machine.
 * @returns what was removed
 */
export async function removeLeftScratch(parent: string, prefix = PREFIX): Promise<readonly string[]> {
  const mine = await thisHolder();
  const removed: string[] = [];
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix)).sort()) {
    const bytes = await readIfThere(join(parent, name, HOLDER), LONGEST_HOLDER).catch(() => undefined);
    const holder = bytes && readHolder(bytes);
    if (holder === undefined || !isSeen(holder, mine) || !(await hasEnded(holder))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
    removed.push(join(parent, name));
  }
  return removed;
}
