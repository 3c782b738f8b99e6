import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  appendGuarded,
  appendText,
  fileError,
  type Lock,
  type LockOptions,
  type LockWorld,
  lockDirectory,
  makeFolder,
  readIfThere,
  removeGuarded,
  THIS_WORLD,
  writeError,
  writeGuarded,
  writeWhole,
} from "../../data/node/index.ts";
import { codeOf } from "../../errors.ts";
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
  // one store a place: what holds the lock of a place is asked for all that is written there
  const places = new Map<string, Store>();
  const guard = (): Lock | undefined => held ?? around();
  const nameOf = (file?: string): string => (file === undefined ? directory : join(directory, file));
  return {
    nameOf,
    list: () =>
      readdir(directory).catch((thrown) => {
        if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return [];
        throw fileError(thrown, directory, "a folder that can be read");
      }),
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
      const lock = guard();
      if (lock !== undefined) return await removeGuarded(lock, nameOf(file));
      await rm(nameOf(file), { force: true }).catch(async (thrown) => {
        throw await writeError(thrown, nameOf(file), "a file that can be removed");
      });
    },
    at: (name) => {
      const place = places.get(name) ?? storeIn(nameOf(name), lockOptions, world, guard);
      places.set(name, place);
      return place;
    },
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
