/**
 * A kernel too large for memory as a `.npy` file, tile by tile. It grows under a temporary name beside a small state
 * file that counts the tiles which are safely on the disk, so an interrupted computation goes on where it stopped and
 * ends in the same bytes; the final name appears when everything is there.
 */
import { writeSync } from "node:fs";
import { access, type FileHandle, open, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { npyHeader } from "../../data/index.ts";
import {
  checkWritable,
  lockFile,
  readIfThere,
  tellKept,
  type WriteGuard,
  writeError,
  writeGuarded,
} from "../../data/node/index.ts";
import { codeOf, GatewiseError } from "../../errors.ts";
import { BYTES } from "../../graph/index.ts";
import { mirror } from "../tiles/mirror.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import type { KernelTile, KernelValues } from "../tiles/tiled-kernel.ts";

/** A kernel on disk that is written tile by tile and can be gone on with. */
export interface KernelFile {
  readonly path: string;
  readonly dtype: "float32" | "float64";
  readonly shape: readonly [rows: number, columns: number];
  /** Tiles are mirrored at the diagonal. */
  readonly symmetric: boolean;
  /** What the kernel is computed from, as a digest: a file of other inputs, gates or options is not continued. */
  readonly digest: string;
  /** Factor on every value, 1 unless the kernel is normalized: then tiles in float64 are rounded only once. */
  readonly scale?: number;
  /** The lock of the file (`lockFile`), where the caller holds it already; else it is taken while tiles are written. */
  readonly lock?: WriteGuard | undefined;
  /** Tiles between two states, which wait for the disk: 16, about a second's work, unless told otherwise. */
  readonly saveEvery?: number;
}

/** Bytes of a state, generously: a digest and a number. */
const LONGEST_STATE = 4096;

const partOf = ({ path }: KernelFile): string => `${path}.part`;
const stateOf = ({ path }: KernelFile): string => `${path}.part.json`;

/**
 * Number of tiles that an interrupted computation of the same kernel has left, 0 where there is none.
 * @throws GatewiseError if the file that is there belongs to another kernel
 */
export async function finishedTiles(file: KernelFile): Promise<number> {
  const text = (await readIfThere(stateOf(file), LONGEST_STATE))?.toString();
  // a state alone is left where the end came between the last two steps
  if (text === undefined || !(await exists(partOf(file)))) return 0;
  const state = readState(text, stateOf(file));
  if (state.digest === file.digest) return state.tiles;
  throw new GatewiseError({
    code: "already-exists",
    received: `${partOf(file)}, which was begun with another model, other inputs or options`,
    expected: "an unfinished file of this kernel",
    next: "give the same options as at first, choose another `path`, or delete the two .part files",
  });
}

interface State {
  readonly digest: string;
  readonly tiles: number;
}

function readState(text: string, name: string): State {
  const [, digest, tiles] = /^\{"digest":"([0-9a-f]+)","tiles":(\d{1,9})\}\n$/.exec(text) ?? [];
  if (digest !== undefined && tiles !== undefined) return { digest, tiles: Number(tiles) };
  throw new GatewiseError({
    code: "damaged-file",
    received: `${name} with other content`,
    expected: "the state of an unfinished kernel",
    next: "delete the two .part files and start again",
  });
}

/**
 * Writes tiles as they come and gives the file its name at the end.
 * @param tiles those behind {@link finishedTiles}, in order
 * @param onTile after each tile
 * @throws GatewiseError if another process writes the file, the tiles do not go on where it stands, or the system refuses;
 * what was written so far stays and can be continued, unless its numbers have failed: they would fail again
 */
export async function writeKernelFile(
  file: KernelFile,
  tiles: AsyncIterable<KernelTile>,
  onTile: (tile: KernelTile) => void = () => {},
): Promise<void> {
  const header = npyHeader(file.dtype, file.shape);
  if (file.lock === undefined) {
    await using lock = await lockFile(file.path);
    await writeKernelFile({ ...file, lock }, tiles, onTile);
    return;
  }
  const { lock } = file;
  try {
    for (const path of [file.path, partOf(file), stateOf(file)]) await checkWritable(path);
    const finished = await finishedTiles(file);
    const [rows, columns] = file.shape;
    const bytes = header.length + rows * columns * BYTES[file.dtype];
    const { bavail, bsize } = await statfs(dirname(file.path));
    checkDisk(file, bytes - (finished > 0 ? (await stat(partOf(file))).blocks * 512 : 0), bavail * bsize);
    await lock.check();
    if (finished > 0) tellKept();
    await using part = await openPart(file, header, finished > 0);
    await writeTiles(part, file, lock, header.length, goingOn(file, tiles, finished), onTile);
    await part.sync();
    await lock.check();
    await rename(partOf(file), file.path);
    await rm(stateOf(file), { force: true });
  } catch (thrown) {
    if (thrown instanceof GatewiseError && thrown.code === "numerical-failure")
      for (const path of [partOf(file), stateOf(file)]) await rm(path, { force: true });
    if (thrown instanceof GatewiseError || codeOf(thrown) === undefined) throw thrown;
    throw await writeError(thrown, file.path, "a file that can be written");
  }
}

/**
 * Whether the disk has room for a kernel, before anything is computed: a file of full length may begin where there is none.
 * @param missing bytes that are not on the disk yet
 * @param free bytes that are left
 */
export function checkDisk({ path, dtype, shape: [rows, columns] }: KernelFile, missing: number, free: number): void {
  if (missing <= free) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const half = dtype === "float64" ? "take float32, which is half as large, " : "";
  throw new GatewiseError({
    code: "too-large",
    received: `a kernel of ${rows} × ${columns} numbers in ${dtype}, ${gigabytes(missing)}, for a disk with ${gigabytes(free)} free`,
    expected: `room for ${path}`,
    next: `${half}${half === "" ? "" : "or "}fewer inputs, or write it to another disk`,
  });
}

/** The tiles, once the first is the one behind those in the file: it may have changed since they were asked for. */
async function* goingOn(
  file: KernelFile,
  tiles: AsyncIterable<KernelTile>,
  finished: number,
): AsyncIterable<KernelTile> {
  let next = finished + 1;
  for await (const tile of tiles) {
    if (tile.done !== next) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${partOf(file)} with ${next - 1} tiles done, and tile ${tile.done}`,
        expected: "tiles that go on where the file stands",
        next: "another process has written it meanwhile: give the command again",
      });
    }
    next += 1;
    yield tile;
  }
}

async function writeTiles(
  part: FileHandle,
  file: KernelFile,
  lock: WriteGuard,
  start: number,
  tiles: AsyncIterable<KernelTile>,
  onTile: (tile: KernelTile) => void,
): Promise<void> {
  let saving = Promise.resolve();
  try {
    for await (const tile of tiles) {
      const { rows, columns, values } = tile;
      await lock.check();
      writeTile(part, file, start, rows, columns, values);
      if (file.symmetric && rows.from !== columns.from) writeTile(part, file, start, columns, rows, mirrored(tile));
      if (tile.done % (file.saveEvery ?? 16) === 0 || tile.done === tile.of) {
        await saving;
        // the disk works while the next tiles are computed: what they write is not counted yet
        saving = saveState(part, file, lock, tile.done);
        saving.catch(() => {});
      }
      onTile(tile);
    }
  } finally {
    await saving;
  }
}

/** The unfinished file, begun anew unless there is one to continue. */
async function openPart(file: KernelFile, header: Uint8Array, isBegun: boolean): Promise<FileHandle> {
  if (isBegun) return await open(partOf(file), "r+");
  const part = await open(partOf(file), "w+");
  const [rows, columns] = file.shape;
  writeAll(part, header, 0);
  // of full length from the start, so that a full disk is not found out at the end where the system can tell
  await part.truncate(header.length + rows * columns * BYTES[file.dtype]);
  return part;
}

async function saveState(part: FileHandle, file: KernelFile, lock: WriteGuard, tiles: number): Promise<void> {
  await part.sync();
  await writeGuarded(lock, stateOf(file), `${JSON.stringify({ digest: file.digest, tiles })}\n`);
  tellKept();
}

/**
 * Puts the rows of a tile into their places. In this thread and not in the pool of the system's calls: to hand over a
 * write of a few kilobytes takes several times as long as the write, and there are millions of them.
 */
function writeTile(
  part: FileHandle,
  { dtype, shape: [, width], scale = 1 }: KernelFile,
  start: number,
  rows: ExampleRange,
  columns: ExampleRange,
  values: KernelValues,
): void {
  const size = columns.to - columns.from;
  const scaled = scale === 1 ? values : values.map((value) => value * scale);
  const converted = (): KernelValues => (dtype === "float64" ? new Float64Array(scaled) : new Float32Array(scaled));
  const elements = scaled.BYTES_PER_ELEMENT === BYTES[dtype] ? scaled : converted();
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  const row = size * BYTES[dtype];
  for (let i = rows.from; i < rows.to; i++) {
    const position = start + (i * width + columns.from) * BYTES[dtype];
    writeAll(part, bytes.subarray((i - rows.from) * row, (i - rows.from + 1) * row), position);
  }
}

/** The tile as it belongs below the diagonal. */
function mirrored({ rows, columns, values, mirrored: made }: KernelTile): KernelValues {
  if (made !== undefined) return made;
  const data = new Float64Array(values.length);
  const [height, width] = [rows.to - rows.from, columns.to - columns.from];
  mirror({ data: values, start: 0, stride: width }, height, width, { data, start: 0, stride: height });
  return data;
}

/** The system may write less than it is asked to, the last time before a disk is full: then the next call says so. */
function writeAll(part: FileHandle, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(part.fd, bytes, done, bytes.length - done, position + done);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
