import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder beside the repository (`$GATEWISE_SHARED`) with what is not ours to copy, or undefined without it. */
export function sharedFolder(): string | undefined {
  const folder = resolve(process.env.GATEWISE_SHARED ?? "../shared");
  return existsSync(folder) ? folder : undefined;
}

/**
 * The path of real data or of other people's models in the shared folder. Where it is missing it says so on standard
 * error, and the test skips: `it.skipIf(path === undefined)(…)`. Golden values are in `test/golden`, and never skip.
 */
export function sharedPath(...parts: readonly ["data" | "models", ...string[]]): string | undefined {
  const folder = sharedFolder();
  const path = folder === undefined ? undefined : join(folder, ...parts);
  if (path !== undefined && existsSync(path)) return path;
  console.error(`SKIPPED: ${parts.join("/")} is missing in the shared folder (set GATEWISE_SHARED to it)`);
  return undefined;
}
