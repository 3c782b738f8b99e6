import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  appendGuarded,
  appendText,
  type Lock,
  type LockOptions,
  type LockWorld,
  lockDirectory,
  makeFolder,
  readIfThere,
  THIS_WORLD,
  writeGuarded,
  writeWhole,
} from "../../data/node/index.ts";
import { optionsIn } from "../../options.ts";
import type { Store } from "../store.ts";

/**
 * A folder as a store; it is made by the first file, or by its lock.
 * @param lockOptions how its lock waits for another's end
 */
export function folderStore(directory: string, lockOptions: LockOptions = {}): Store {
  return storeIn(directory, optionsIn(lockOptions), THIS_WORLD);
}

/**
 * As {@link folderStore}, with locks of another world.
 * @param around the lock that is held on a folder around this one
 */
export function storeIn(
  directory: string,
  lockOptions: LockOptions,
  world: LockWorld,
  around: () => Lock | undefined = () => undefined,
): Store {
  let held: Lock | undefined;
  const guard = (): Lock | undefined => held ?? around();
  const nameOf = (file?: string): string => (file === undefined ? directory : join(directory, file));
  return {
    nameOf,
    list: () => readdir(directory).catch(() => []),
    read: (file, atMost) => readIfThere(nameOf(file), atMost),
    write: async (file, content) => {
      const lock = guard();
      // a directory that is gone under its lock is not made again
      if (held === undefined) {
        await lock?.check();
        await makeFolder(directory);
      }
      await (lock === undefined ? writeWhole(nameOf(file), content) : writeGuarded(lock, nameOf(file), content));
    },
    append: (file, text) => {
      const lock = guard();
      return lock === undefined ? appendText(nameOf(file), text) : appendGuarded(lock, nameOf(file), text);
    },
    remove: async (file) => {
      await guard()?.check();
      await rm(nameOf(file), { force: true });
    },
    at: (name) => storeIn(nameOf(name), lockOptions, world, guard),
    lock: async (waiting = {}) => {
      await makeFolder(directory);
      const lock = await lockDirectory(directory, { ...lockOptions, ...waiting }, world);
      held = lock;
      return {
        [Symbol.asyncDispose]: async () => {
          held = undefined;
          await lock[Symbol.asyncDispose]();
        },
      };
    },
  };
}
