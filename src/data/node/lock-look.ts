/** What can be seen of a directory's lock without taking it: for whoever tells of work that others do. */
import { join } from "node:path";
import { findLock, type Holder, isBlank } from "./lock-holder.ts";
import { type LockWorld, THIS_WORLD } from "./lock-world.ts";

/** A lock that somebody has taken. */
export interface LockLook {
  /** Whether its holder is there, or gives signs of life; `silent` of one that is gone, whose lock anybody may take. */
  readonly state: "beating" | "silent";
  /** Where it is, and its number there; undefined of a lock that tells nothing. */
  readonly host: string | undefined;
  readonly pid: number | undefined;
}

/**
 * Looks at the locks of directories.
 * @param now milliseconds since 1970: clocks of machines that differ by as much as a lease mislead it, never a lock itself
 * @returns undefined of a directory that nobody holds
 */
export async function lockLooker(
  now: () => number,
  world: LockWorld = THIS_WORLD,
): Promise<(directory: string) => Promise<LockLook | undefined>> {
  const mine: Holder = { id: "", ...(await world.holder()) };
  return async (directory) => {
    const found = await findLock(join(directory, "lock"));
    if (found === undefined) return undefined;
    const { holder, touched } = found;
    if (holder === undefined) {
      return { state: isBlank(found) ? "silent" : "beating", host: undefined, pid: undefined };
    }
    const { host, pid, leaseMs = Number.POSITIVE_INFINITY } = holder;
    const seen = await world.look(holder, mine);
    const isSilent = seen === "ended" || (seen === "unseen" && now() - Number(touched) / 1e6 > leaseMs);
    return { state: isSilent ? "silent" : "beating", host, pid };
  };
}
