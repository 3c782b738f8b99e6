import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { IdxPart } from "../../src/data/index.ts";
import type { OfficialFiles } from "../../src/data/node/index.ts";
import { tinyImages, tinyLabels } from "./idx-file.ts";

/** Decompressed files of a data set of 6 + 4 examples of 2×3 pixels. */
export const TINY_FILES: Readonly<Record<IdxPart, Uint8Array>> = {
  trainImages: tinyImages(6),
  trainLabels: tinyLabels(6),
  testImages: tinyImages(4, 100),
  testLabels: tinyLabels(4),
};

export const OFFICIAL_NAMES = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const satisfies Record<IdxPart, string>;
const PARTS = ["trainImages", "trainLabels", "testImages", "testLabels"] as const satisfies readonly IdxPart[];

/** The tiny files as if they had been published, by digest of their content. */
export const TINY_OFFICIAL: OfficialFiles["files"] = {
  trainImages: published("trainImages", [6, 2, 3]),
  trainLabels: published("trainLabels", [6]),
  testImages: published("testImages", [4, 2, 3]),
  testLabels: published("testLabels", [4]),
};

function published(part: IdxPart, shape: readonly number[]): OfficialFiles["files"][IdxPart] {
  const digest = createHash("sha256").update(TINY_FILES[part]).digest("hex");
  return { name: OFFICIAL_NAMES[part], shape, sha256: { of: "content", digest } };
}

/** How the files of a data set may lie in a folder. */
export type Spelling = "plain" | "gz" | "dotted" | "dotted-gz";

export const spelled = (part: IdxPart, spelling: Spelling): string => {
  const name = OFFICIAL_NAMES[part];
  const base = spelling.startsWith("dotted") ? name.replace("-idx", ".idx") : name;
  return spelling.endsWith("gz") ? `${base}.gz` : base;
};

/** Writes the tiny files into `folder`, which is made. */
export async function writeTinyFiles(
  folder: string,
  spelling: Spelling,
  { files = TINY_FILES, without = [] }: { files?: typeof TINY_FILES; without?: readonly IdxPart[] } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const part of PARTS) {
    if (without.includes(part)) continue;
    const bytes = spelling.endsWith("gz") ? gzipSync(files[part]) : files[part];
    await writeFile(join(folder, spelled(part, spelling)), bytes);
  }
}
