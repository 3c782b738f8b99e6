/**
 * The directory of a zip archive (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4): what is in it and where. What stands before
 * each member is not looked at, but for its length: the directory's word counts, as in every unzipper.
 */
import { GatewiseError } from "../../errors.ts";

/** A file in an archive, as the directory tells it. */
export interface ZipMember {
  readonly name: string;
  /** Stored as it is, or deflated. */
  readonly isDeflated: boolean;
  readonly size: number;
  readonly originalSize: number;
  /** CRC-32 of the content. */
  readonly checksum: number;
  /** Where its own header starts in the archive. */
  readonly start: number;
}

/** The end of the directory, of zip64 too, stands in so many last bytes: a comment has at most 65,535. */
export const LONGEST_ZIP_END = 65_535 + 22 + 20 + 56;
/** A directory of a hundred thousand arrays. */
const LONGEST_DIRECTORY = 2 ** 24;
/** Before a member: its header, without name and extra fields. */
export const ZIP_HEADER = 30;

const SIGNATURES = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50, member: 0x04034b50 };
/** What a field of 32 bits says where the number stands in a zip64 field. */
const ELSEWHERE32 = 0xffffffff;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the directory stands. */
export interface DirectoryPlace {
  readonly start: number;
  readonly length: number;
  readonly members: number;
}

/**
 * Finds the directory.
 * @param tail the last {@link LONGEST_ZIP_END} bytes of the archive, or all of a shorter one
 * @param size of the archive
 * @throws GatewiseError for an archive that is truncated, or has parts in other files
 */
export function directoryPlace(tail: Uint8Array, size: number, file: string): DirectoryPlace {
  const view = viewOf(tail);
  let at = tail.length - 22;
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === SIGNATURES.end && at + 22 + view.getUint16(at + 20, true) <= tail.length)
  ) {
    at -= 1;
  }
  if (at < 0) throw damagedZip(file, "it has no end");
  const found = {
    disks: view.getUint16(at + 4, true),
    members: view.getUint16(at + 10, true),
    length: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
  };
  const place = { ...found, ...zip64End(view, at, size, file) };
  if (place.disks !== 0) throw damagedZip(file, "it goes on in other files");
  const end = size - tail.length + at;
  if (place.start + place.length > end) throw damagedZip(file, "its directory ends beyond the file");
  if (place.length > LONGEST_DIRECTORY) throw damagedZip(file, `a directory of ${place.length} bytes`);
  return place;
}

/** What a zip64 archive has in place of the numbers that are too small for it. */
function zip64End(
  view: DataView,
  end: number,
  size: number,
  file: string,
): Partial<DirectoryPlace & { disks: number }> {
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== SIGNATURES.locator64) return {};
  const at = Number(view.getBigUint64(locator + 8, true)) - (size - view.byteLength);
  if (!(at >= 0 && at + 56 <= locator) || view.getUint32(at, true) !== SIGNATURES.end64) {
    throw damagedZip(file, "its zip64 end is not where it should be");
  }
  return {
    disks: view.getUint32(at + 16, true),
    members: Number(view.getBigUint64(at + 32, true)),
    length: Number(view.getBigUint64(at + 40, true)),
    start: Number(view.getBigUint64(at + 48, true)),
  };
}

/**
 * The members of an archive.
 * @param bytes the directory
 * @param wanted names of those that must be readable; others are passed over
 * @throws GatewiseError for a directory that is damaged, two members of one name, and wanted ones that are encrypted or packed
 * in a way of their own
 */
export function zipMembers(
  bytes: Uint8Array,
  { members, start: end }: DirectoryPlace,
  wanted: (name: string) => boolean,
  file: string,
): readonly ZipMember[] {
  const view = viewOf(bytes);
  const found = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < members; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== SIGNATURES.entry) {
      throw damagedZip(file, `its directory has ${i} of ${members} entries`);
    }
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw damagedZip(file, `entry ${i} of its directory ends beyond it`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (wanted(name)) {
      if (found.has(name)) throw damagedZip(file, `two files ${name}`);
      const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
      if ((flags & 1) === 1) throw unsupported(`${file}: ${name}, which is encrypted`);
      if (method !== 0 && method !== 8) throw unsupported(`${file}: ${name}, packed by method ${method}`);
      const sizes = sizesOf(view, at, at + 46 + nameLength, extraLength);
      if (sizes.start + ZIP_HEADER + sizes.size > end) throw damagedZip(file, `${name} ends beyond its directory`);
      found.set(name, { name, isDeflated: method === 8, checksum: view.getUint32(at + 16, true), ...sizes });
    }
    at = next;
  }
  return [...found.values()];
}

/** Sizes and place of a member: those that do not fit 32 bits stand in a zip64 field, in this order. */
function sizesOf(
  view: DataView,
  entry: number,
  extra: number,
  extraLength: number,
): Pick<ZipMember, "originalSize" | "size" | "start"> {
  const [size, originalSize, start] = [20, 24, 42].map((at) => view.getUint32(entry + at, true));
  let [at, left] = zip64Field(view, extra, extraLength);
  const whole = (number = 0): number => {
    if (number !== ELSEWHERE32 || left < 8) return number;
    [at, left] = [at + 8, left - 8];
    return Number(view.getBigUint64(at - 8, true));
  };
  const sizes = { originalSize: whole(originalSize), size: whole(size) };
  return { ...sizes, start: whole(start) };
}

/** Where the zip64 field of an entry starts, and its length; none has the length 0. */
function zip64Field(view: DataView, extra: number, extraLength: number): [at: number, length: number] {
  for (let at = extra; at + 4 <= extra + extraLength; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (id === 1) return [at + 4, Math.min(length, extra + extraLength - at - 4)];
    at += 4 + length;
  }
  return [0, 0];
}

/**
 * Where the content of a member starts.
 * @param header its first {@link ZIP_HEADER} bytes
 * @throws GatewiseError where no member stands
 */
export function contentStart(header: Uint8Array, { start, name }: ZipMember, file: string): number {
  const view = viewOf(header);
  if (header.length < ZIP_HEADER || view.getUint32(0, true) !== SIGNATURES.member) {
    throw damagedZip(file, `${name} is not where its directory says`);
  }
  return start + ZIP_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
}

/** An archive that is not whole. */
export const damagedZip = (file: string, why: string, cause?: unknown): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${file}: damaged zip data (${why})`,
    expected: "a whole .npz archive",
    next: "the file is truncated or damaged: write it again with np.savez",
    ...(cause === undefined ? {} : { cause }),
  });

const unsupported = (received: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-file",
    received,
    expected: "arrays that are stored or deflated, as np.savez writes them",
    next: "write the archive again with np.savez",
  });
