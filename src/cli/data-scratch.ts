import { type Scratch, scratchFolder } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import type { DataFiles } from "../experiments/index.ts";

/**
 * A folder for files of one's own, which are read once and used by several processes; none for a data set by its name, and
 * where none can be made: everybody reads the files then.
 */
export async function dataScratch(
  data: string | DataFiles | undefined,
  cacheDir: string,
): Promise<(Scratch & AsyncDisposable) | undefined> {
  if (data === undefined || typeof data === "string") return undefined;
  try {
    return await scratchFolder(cacheDir);
  } catch (thrown) {
    if (thrown instanceof GatewiseError) return undefined;
    throw thrown;
  }
}
