import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder of real data, oracles and models beside the repository (`$GATEWISE_SHARED`), or undefined without it. */
export function sharedFolder(): string | undefined {
  const folder = resolve(process.env.GATEWISE_SHARED ?? "../shared");
  return existsSync(folder) ? folder : undefined;
}

/**
 * The path of something in the shared folder. Where it is missing it says so on standard error, and the test skips:
 * `it.skipIf(path === undefined)(…)`.
 */
export function sharedPath(...parts: readonly string[]): string | undefined {
  const folder = sharedFolder();
  const path = folder === undefined ? undefined : join(folder, ...parts);
  if (path !== undefined && existsSync(path)) return path;
  console.error(`SKIPPED: ${parts.join("/")} is missing in the shared folder (set GATEWISE_SHARED to it)`);
  return undefined;
}
