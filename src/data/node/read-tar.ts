/**
 * Reads a tar archive as a stream: bytes from the disk are hashed, decompressed if they are gzip data, and handed on in
 * pieces. Nothing is kept, so memory stays at a few pieces; the time is that of gunzip, which works on another thread.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { createTarDecoder } from "modern-tar";
import { codeOf, GatewiseError, messageOf } from "../../errors.ts";
import { fileError } from "./file-error.ts";
import { startsAsGzip } from "./read-file.ts";

/** Node's own 16 and 64 KiB cost a third more time on an archive of 170 MB. */
const PIECE = 256 * 1024;

/** Takes the content of one file of the archive. */
export interface EntryReader {
  take(piece: Uint8Array): void;
  end(): void;
}

/** The archive as a whole. */
export interface TarDigest {
  /** MD5 of the bytes on disk. */
  readonly md5: string;
  /** Whether they are gzip data. */
  readonly compressed: boolean;
}

/**
 * @param visit gets each file's path in the archive and its size, and returns who reads it, or undefined to skip it
 * @throws GatewiseError if the archive is truncated or damaged, or cannot be read; whatever `visit` and readers throw
 */
export async function readTar(
  path: string,
  visit: (file: string, bytes: number) => EntryReader | undefined,
): Promise<TarDigest> {
  const compressed = await startsAsGzip(path);
  const hash = createHash("md5");
  const stored = createReadStream(path, { highWaterMark: PIECE });
  stored.on("data", (piece) => hash.update(piece));
  const content = compressed ? createGunzip({ chunkSize: PIECE }) : new PassThrough();
  // its failures come out of `content` as well, where they are caught
  const flow = pipeline(stored, content).catch(() => {});
  try {
    for await (const { header, body } of Readable.toWeb(content).pipeThrough(createTarDecoder({ strict: true }))) {
      const reader = header.type === "file" ? visit(header.name, header.size) : undefined;
      // what nobody reads is read all the same: canceling it makes modern-tar 0.8.6 lose the entry after a small one
      for await (const piece of body) reader?.take(piece);
      reader?.end();
    }
  } catch (thrown) {
    stored.destroy();
    throw archiveError(thrown, path);
  } finally {
    await flow;
  }
  return { md5: hash.digest("hex"), compressed };
}

/** A failure as the user's error; a GatewiseError of a reader and our own bugs stay as they are. */
function archiveError(thrown: unknown, path: string): unknown {
  if (thrown instanceof GatewiseError) return thrown;
  const code = codeOf(thrown);
  if (code === "Z_BUF_ERROR") {
    return new GatewiseError({
      code: "damaged-file",
      received: `${path}: gzip data that end too early`,
      expected: "a whole archive",
      next: "the file is truncated: fetch it again",
      cause: thrown,
    });
  }
  // the tar reader throws plain errors without a code
  const isTarError = thrown instanceof Error && thrown.constructor === Error && code === undefined;
  if (isTarError || code?.startsWith("Z_")) {
    return new GatewiseError({
      code: "damaged-file",
      received: `${path}: damaged ${isTarError ? "tar" : "gzip"} data (${messageOf(thrown)})`,
      expected: "a whole archive",
      next: "the file is damaged: fetch it again",
      cause: thrown,
    });
  }
  return fileError(thrown, path, "a readable file");
}
