import { createRequire } from "node:module";
import { GatewiseError } from "../../errors.ts";
import type { IdxFile } from "../idx-dataset.ts";
import { decompressed, readBytes } from "./read-file.ts";

/** Names of the packed files (scripts/pack-digits.ts), below the package's `#digits/`. */
export const DIGITS_FILES = { images: "images-idx3-ubyte.gz", labels: "labels-idx1-ubyte.gz" } as const;

/**
 * Path of a packed file. The package's own name for it, `#digits/…`, means the same from `src` and from `dist`.
 * @throws GatewiseError if the package was not built
 */
export function digitsPath(file: string): string {
  try {
    return createRequire(import.meta.url).resolve(`#digits/${file}`);
  } catch (cause) {
    throw new GatewiseError({
      code: "file-not-found",
      received: `embedded digits: ${file} is missing`,
      expected: "it in the package's dist/digits folder",
      next: 'run "npm run build", or install the package again',
      cause,
    });
  }
}

/** A packed file's decompressed bytes. */
export async function readDigitsFile(file: string): Promise<IdxFile> {
  const path = digitsPath(file);
  return { name: path, bytes: await decompressed(await readBytes(path), path) };
}
