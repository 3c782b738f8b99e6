/** NumPy's `.npz`: a zip archive with a `.npy` file for each array (`np.savez`, `np.savez_compressed`), read array by array. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { GatewiseError, messageOf } from "../../../errors.ts";
import { LONGEST_NPY_HEADER } from "../../npy-header.ts";
import {
  contentStart,
  damagedZip,
  directoryPlace,
  LONGEST_ZIP_END,
  ZIP_HEADER,
  type ZipMember,
  zipMembers,
} from "../../own/zip-directory.ts";
import { fileError } from "../file-error.ts";
import type { Scratch } from "../scratch-folder.ts";
import { arrayInFile, arrayOf, readPart, type StoredArray } from "./npy-array.ts";

/** What is unpacked at once in memory, without a folder for it. */
const MOST_BYTES = 2 ** 31;
/** Deflate makes at most 1,032 bytes of one (zlib's technical notes); a claim beyond that is a lie. */
const MOST_RATIO = 1032;
/** What takes memory worth talking of is no data where it unpacks to so many times its size: images do to 3 to 20 times. */
const LARGE_BYTES = 2 ** 28;
const LARGE_RATIO = 200;
/** What a member may claim beside, for a header. */
const SLACK = 2 ** 16;
/** Packed bytes that are read, and unpacked ones that come, at once. */
const PIECE = 2 ** 18;

/** Bytes that are read as they are asked for. */
export interface ByteSource {
  readonly size: number;
  read(start: number, length: number): Promise<Uint8Array>;
}

/** An archive whose directory was read. */
export interface NpzArchive {
  /** Names of its arrays, in the order of the archive. */
  readonly names: readonly string[];
  /**
   * An array: its header is read now, its elements as they are asked for, and then the checksum is looked at.
   * @throws GatewiseError if it is damaged, or larger than memory should hold
   */
  array(name: string): Promise<StoredArray>;
}

/**
 * Opens an archive.
 * @param file names it in errors
 * @param scratch a folder for arrays that memory should not hold; they are unpacked in memory otherwise
 * @throws GatewiseError if it is no zip archive, or holds no array
 */
export async function openNpz(source: ByteSource, file: string, scratch?: Scratch): Promise<NpzArchive> {
  const { size } = source;
  const tail = Math.min(size, LONGEST_ZIP_END);
  const place = directoryPlace(await source.read(size - tail, tail), size, file);
  const directory = await source.read(place.start, place.length);
  const members = zipMembers(directory, place, (name) => name.endsWith(".npy"), file);
  if (members.length === 0) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: a zip archive without arrays`,
      expected: "an .npz archive, as np.savez writes it",
      next: "unpack it, if it holds other data",
    });
  }
  const archive = { source, file };
  const byName = new Map(members.map((member) => [member.name.slice(0, -".npy".length), member]));
  return {
    names: [...byName.keys()],
    async array(name) {
      const member = byName.get(name);
      if (member === undefined) throw new Error(`unreachable: no member ${name}`);
      const what = `${file}: ${name}`;
      checkSizes(what, member, scratch !== undefined);
      if (scratch !== undefined && member.originalSize > scratch.inMemory) {
        const path = join(scratch.path, `array-${members.indexOf(member)}.npy`);
        try {
          await writeFile(path, unpacked(archive, member, what));
        } catch (thrown) {
          throw fileError(thrown, path, "a folder with room for what is unpacked");
        }
        return { ...(await arrayInFile(path)), name: what };
      }
      const head = await firstOf(unpacked(archive, member, what), Math.min(member.originalSize, LONGEST_NPY_HEADER));
      return arrayOf(head, what, member.originalSize, async (start, length) => {
        const elements = new Uint8Array(length);
        let at = -start;
        for await (const piece of unpacked(archive, member, what)) {
          if (at + piece.length > 0) elements.set(at < 0 ? piece.subarray(-at) : piece, Math.max(at, 0));
          at += piece.length;
        }
        return elements;
      });
    },
  };
}

/** The bytes of a file. */
export const fileSource = (path: string, size: number): ByteSource => ({
  size,
  read: (start, length) => readPart(path, start, length),
});

async function firstOf(pieces: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const head = new Uint8Array(length);
  let at = 0;
  for await (const piece of pieces) {
    head.set(piece.subarray(0, length - at), at);
    at += piece.length;
    if (at >= length) break;
  }
  return head;
}

/**
 * The content of a member, piece by piece: no more than it claims, all of it, and with its checksum, or an error at the piece
 * that shows it.
 */
async function* unpacked(
  { source, file }: { readonly source: ByteSource; readonly file: string },
  member: ZipMember,
  what: string,
): AsyncGenerator<Uint8Array, undefined> {
  const start = contentStart(await source.read(member.start, ZIP_HEADER), member, file);
  if (start + member.size > source.size) throw damagedZip(file, `${member.name} ends beyond the file`);
  const packed = piecesOf(source, start, member.size);
  let [came, checksum] = [0, 0];
  for await (const piece of member.isDeflated ? inflated(packed, what) : packed) {
    came += piece.length;
    if (came > member.originalSize)
      throw otherContent(what, `more than the ${member.originalSize} bytes that it claims`);
    checksum = crc32(piece, checksum);
    yield piece;
  }
  if (came < member.originalSize)
    throw otherContent(what, `${came} of the ${member.originalSize} bytes that it claims`);
  if (checksum === member.checksum) return undefined;
  throw otherContent(what, `content of checksum ${hex(checksum)} in place of ${hex(member.checksum)}`);
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");

async function* piecesOf(source: ByteSource, start: number, size: number): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < size; at += PIECE) yield await source.read(start + at, Math.min(PIECE, size - at));
  return undefined;
}

async function* inflated(packed: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array, undefined> {
  const inflate = createInflateRaw({ chunkSize: PIECE });
  const pieces = Readable.from(packed);
  // what the disk refuses ends the unpacking, too
  finished(pieces, (failed) => void (failed && inflate.destroy(failed)));
  pieces.pipe(inflate);
  try {
    for await (const piece of inflate) yield piece;
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GatewiseError) throw thrown;
    throw otherContent(what, messageOf(thrown), thrown);
  } finally {
    pieces.destroy();
    inflate.destroy();
  }
}

const otherContent = (what: string, why: string, cause?: unknown): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${what}: damaged zip data (${why})`,
    expected: "the content that was written",
    next: "the file is damaged: write it again with np.savez",
    ...(cause === undefined ? {} : { cause }),
  });

function checkSizes(
  what: string,
  { size, originalSize, isDeflated }: Pick<ZipMember, "size" | "originalSize" | "isDeflated">,
  hasFolder: boolean,
): void {
  if (!isDeflated && originalSize !== size) {
    throw otherContent(what, `${size} stored bytes of ${originalSize}`);
  }
  const ratio = originalSize > LARGE_BYTES ? LARGE_RATIO : MOST_RATIO;
  if (originalSize > ratio * size + SLACK) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${what}: ${size} bytes that claim to unpack to ${originalSize}`,
      expected: `at most ${ratio} times as many`,
      next: "the file is damaged, or made to fill memory: give its arrays as .npy files",
    });
  }
  if (hasFolder || originalSize <= MOST_BYTES) return;
  throw new GatewiseError({
    code: "too-large",
    received: `${what}, which unpacks to ${originalSize} bytes`,
    expected: `at most ${MOST_BYTES}: it is unpacked in memory`,
    next: "save its arrays as .npy files, which are read by blocks",
  });
}
