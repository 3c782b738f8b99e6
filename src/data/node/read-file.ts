import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { codeOf, GatewiseError, messageOf } from "../../errors.ts";
import { fileError } from "./file-error.ts";
import { refusePointer } from "./git-lfs.ts";
import { openRegular, readRegular } from "./regular-file.ts";

const decompress = promisify(gunzip);
/** Ten times the largest official file: a gzip file that swells beyond it is not one of them. */
const MAX_DECOMPRESSED = 512 * 1024 * 1024;

/**
 * @param atMost bytes that the file may have
 * @throws GatewiseError if it is larger, no regular file, or the system refuses
 */
export async function readBytes(path: string, atMost?: number): Promise<Uint8Array> {
  return await readRegular(path, atMost);
}

/** Whether the bytes start as gzip data does; an IDX file starts with zeros. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Whether a file starts as gzip data does, without reading the rest.
 * @throws GatewiseError if the system refuses
 */
export async function startsAsGzip(path: string): Promise<boolean> {
  return isGzip(await firstBytes(path));
}

/** As many bytes as tell what a file is. */
const FIRST = 512;

/**
 * The first bytes of a file, without reading the rest.
 * @throws GatewiseError if it is no regular file, stands for another, or the system refuses
 */
export async function firstBytes(path: string): Promise<Uint8Array> {
  await using file = await openRegular(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST), 0, FIRST, 0);
    refusePointer(buffer, path);
    return buffer.subarray(0, bytesRead);
  } catch (thrown) {
    throw fileError(thrown, path, "a readable file");
  }
}

/**
 * The bytes, decompressed if they are gzip data, whatever the file's name says.
 * @param file names the file in errors
 * @throws GatewiseError if the gzip data are truncated, damaged or swell beyond any official file
 */
export async function decompressed(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    return await decompress(bytes, { maxOutputLength: MAX_DECOMPRESSED });
  } catch (cause) {
    switch (codeOf(cause)) {
      case "Z_BUF_ERROR":
        throw new GatewiseError({
          code: "damaged-file",
          received: `${file}: gzip data that end too early`,
          expected: "a whole gzip file",
          next: "the file is truncated: fetch it again",
          cause,
        });
      case "ERR_BUFFER_TOO_LARGE":
        throw new GatewiseError({
          code: "too-large",
          received: `${file}: more than ${MAX_DECOMPRESSED} bytes of content`,
          expected: "a file of a data set",
          next: "fetch the official file",
          cause,
        });
      default:
        throw new GatewiseError({
          code: "damaged-file",
          received: `${file}: damaged gzip data (${messageOf(cause)})`,
          expected: "a whole gzip file",
          next: "the file is damaged: fetch it again",
          cause,
        });
    }
  }
}
