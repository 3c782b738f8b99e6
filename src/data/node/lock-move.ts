import { randomUUID } from "node:crypto";
import { link, rename, rm } from "node:fs/promises";
import { codeOf } from "../../errors.ts";
import { writeError } from "./files.ts";
import { type FoundLock, findLock } from "./lock-holder.ts";

/**
 * Takes a lock's file away if it is the one that is meant: moved first, looked at where nobody replaces it, and put back
 * if another has come to its place meanwhile. Who finds his lock moved looks again (`HeldLock.check`).
 */
export async function removeLock(lock: string, isMeant: (found: FoundLock) => boolean): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
    const found = await findLock(aside);
    if (found !== undefined && !isMeant(found)) await link(aside, lock);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT" && codeOf(thrown) !== "EEXIST")
      throw await writeError(thrown, lock, "a lock file that can be written");
  } finally {
    // what stays of it means nothing to anybody
    await rm(aside, { force: true }).catch(() => {});
  }
}
