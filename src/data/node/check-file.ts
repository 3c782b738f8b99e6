import { createHash } from "node:crypto";
import { GatewiseError } from "../../errors.ts";
import { readIdx } from "../idx.ts";
import type { OfficialFile } from "./official-files.ts";
import { decompressed, isGzip, readBytes } from "./read-file.ts";

/** What a check found: the file's size, whether its digest could be compared, and what is wrong, if anything. */
export interface FileFinding {
  readonly bytes: number;
  readonly hashed: boolean;
  readonly problem?: string;
}

/** The state of one file of a data set. */
export interface FileCheck {
  readonly file: string;
  /** Where it is, or should be. */
  readonly path: string;
  /** Size on disk; 0 if it is missing. */
  readonly bytes: number;
  readonly ok: boolean;
  /** Whether it was compared by digest; without, `ok` says only that it reads and has the right shape. */
  readonly hashed: boolean;
  readonly problem?: string;
}

/**
 * Compares a file with the published one: by shape, and by SHA-256 where its digest is known. Of a file whose digest is
 * known for the published `.gz` only, decompressed bytes cannot be compared.
 * @throws GatewiseError if the file cannot be read; wrong bytes are a finding
 */
export async function checkOfficialFile(path: string, official: OfficialFile): Promise<FileFinding> {
  const stored = await readBytes(path);
  const { name, shape, sha256 } = official;
  const hashed = sha256.of === "content" || isGzip(stored);
  const finding = { bytes: stored.length, hashed };
  try {
    const content = await decompressed(stored, name);
    const found = readIdx(content, name).shape;
    if (found.join() !== shape.join()) {
      return { ...finding, problem: `shape [${found.join(", ")}], expected [${shape.join(", ")}]` };
    }
    const digest = createHash("sha256")
      .update(sha256.of === "content" ? content : stored)
      .digest("hex");
    if (!hashed || digest === sha256.digest) return finding;
    return { ...finding, problem: `SHA-256 ${digest}, expected ${sha256.digest}` };
  } catch (thrown) {
    if (thrown instanceof GatewiseError) return { ...finding, problem: thrown.message };
    throw thrown;
  }
}
