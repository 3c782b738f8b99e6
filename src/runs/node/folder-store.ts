import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  appendText,
  type LockOptions,
  lockDirectory,
  makeFolder,
  readIfThere,
  writeWhole,
} from "../../data/node/index.ts";
import { optionsIn } from "../../options.ts";
import type { Store } from "../store.ts";

/**
 * A folder as a store; it is made by the first file, or by its lock.
 * @param lockOptions how long its lock waits for another's end
 */
export function folderStore(directory: string, lockOptions: LockOptions = {}): Store {
  optionsIn(lockOptions);
  const nameOf = (file?: string): string => (file === undefined ? directory : join(directory, file));
  return {
    nameOf,
    list: () => readdir(directory).catch(() => []),
    read: (file, atMost) => readIfThere(nameOf(file), atMost),
    write: async (file, content) => {
      await makeFolder(directory);
      await writeWhole(nameOf(file), content);
    },
    append: (file, text) => appendText(nameOf(file), text),
    remove: (file) => rm(nameOf(file), { force: true }),
    at: (name) => folderStore(nameOf(name), lockOptions),
    lock: async () => {
      await makeFolder(directory);
      return await lockDirectory(directory, lockOptions);
    },
  };
}
