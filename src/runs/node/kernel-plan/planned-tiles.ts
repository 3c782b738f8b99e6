/**
 * The tiles of a planned kernel, each a whole file: that it is there is all the bookkeeping. Whoever makes one holds its lock
 * meanwhile, so that others make other ones; two that made the same would write the same.
 */

import { writeNpy } from "../../../data/index.ts";
import { isRegular, type Lock, lockFile, readNpyFile, tellKept, writeGuarded } from "../../../data/node/index.ts";
import { GatewiseError } from "../../../errors.ts";
import { float32, float64 } from "../../../graph/index.ts";
import type { KernelValues, TileRanges } from "../../../kernels/index.ts";
import type { Asking } from "../../../models/index.ts";
import {
  type GatheredSummary,
  gatherParts,
  type KernelParts,
  partDType,
  type ResultPlace,
} from "../../../models/node/index.ts";
import { isSymmetric, type KernelPlan, planDigest, plannedShape, plannedTiles, tilePath } from "./plan-file.ts";

/** One of so many tasks that make tiles, from 0. */
export interface TaskShare {
  readonly task: number;
  /** As many as there are tiles, where nobody tells their number. */
  readonly tasks: number | undefined;
}

export interface MakingOptions extends Asking {
  /** Its own tiles come first, those of the others behind them; one after the other unless given. */
  readonly share?: TaskShare | undefined;
  /** Told each tile that was made. */
  readonly onTile?: ((tile: number) => void) | undefined;
}

/** What a process has done for a planned kernel. */
export interface MadeTiles {
  readonly tiles: number;
  /** By this process. */
  readonly made: number;
  /** That are not there: others are at them. */
  readonly missing: readonly number[];
}

/**
 * Makes the tiles that are not there and that nobody else makes.
 * @param open what makes them, where there are some to make
 */
export async function makePlannedTiles(
  directory: string,
  plan: KernelPlan,
  open: () => Promise<KernelParts>,
  { share, onTile, ...asking }: MakingOptions = {},
): Promise<MadeTiles> {
  const ranges = plannedTiles(plan);
  let parts: KernelParts | undefined;
  let made = 0;
  const make = async (tile: number, lock: Lock): Promise<void> => {
    const [rows, columns] = ranges[tile] ?? [];
    if (rows === undefined || columns === undefined) throw new Error(`unreachable: no tile ${tile}`);
    parts ??= await open();
    const values = await parts.make([rows, columns], asking);
    const shape = [rows.to - rows.from, columns.to - columns.from];
    const array = values instanceof Float32Array ? float32(shape, values) : float64(shape, values);
    await writeGuarded(lock, tilePath(directory, tile), writeNpy(array));
    tellKept();
    made += 1;
    onTile?.(tile);
  };
  try {
    let left: readonly number[] = inTaskOrder([...ranges.keys()], share);
    // first what nobody holds; then what is still missing, whose holders may be dead: that takes a lease to find out
    for (const awaitLease of [false, true]) {
      const held: number[] = [];
      for (const tile of left) {
        asking.signal?.throwIfAborted();
        if (await isThere(directory, tile)) continue;
        await using lock = await lockOf(directory, tile, awaitLease, asking.signal);
        if (lock === undefined) held.push(tile);
        else if (!(await isThere(directory, tile))) await make(tile, lock);
      }
      left = held;
    }
    const missing: number[] = [];
    for (const tile of left) if (!(await isThere(directory, tile))) missing.push(tile);
    return { tiles: ranges.length, made, missing: missing.toSorted((a, b) => a - b) };
  } finally {
    await parts?.[Symbol.asyncDispose]();
  }
}

const isThere = (directory: string, tile: number): Promise<boolean> => isRegular(tilePath(directory, tile));

/** The lock of a tile; undefined while another has it. */
async function lockOf(
  directory: string,
  tile: number,
  awaitLease: boolean,
  signal: AbortSignal | undefined,
): Promise<Lock | undefined> {
  try {
    return await lockFile(tilePath(directory, tile), { patienceMs: 0, awaitLease, ...(signal && { signal }) });
  } catch (thrown) {
    if (thrown instanceof GatewiseError && thrown.code === "in-use") return undefined;
    throw thrown;
  }
}

/** Its own ones first, those of the next task behind them, and so on. */
function inTaskOrder(tiles: readonly number[], share: TaskShare | undefined): readonly number[] {
  if (share === undefined) return tiles;
  const { task, tasks = tiles.length } = share;
  const turn = (tile: number): number => (tile + tasks - (task % tasks)) % tasks;
  return tiles.toSorted((a, b) => turn(a) - turn(b) || a - b);
}

/** The tiles that are not there. */
export async function missingTiles(directory: string, plan: KernelPlan): Promise<readonly number[]> {
  const missing: number[] = [];
  for (const tile of plannedTiles(plan).keys()) if (!(await isThere(directory, tile))) missing.push(tile);
  return missing;
}

/**
 * The whole in one file, with the bytes that it has where it is made at once.
 * @throws GatewiseError if tiles are missing, telling which, or damaged
 */
export async function gatherPlanned(
  directory: string,
  plan: KernelPlan,
  out: ResultPlace,
  asking: Asking = {},
): Promise<GatheredSummary> {
  const ranges = plannedTiles(plan);
  const missing = await missingTiles(directory, plan);
  if (missing.length > 0) {
    throw new GatewiseError({
      received: `${directory} without ${missing.length} of its ${ranges.length} tiles: ${tileNumbers(missing)}`,
      expected: "all of them",
      next: `make them: gatewise ${plan.matrix.kind === "ntk" ? "ntk" : "npk"} run ${directory}`,
    });
  }
  const { matrix, exponent } = plan;
  return await gatherParts(
    {
      ...{ matrix, exponent, ranges },
      shape: plannedShape(plan),
      symmetric: isSymmetric(plan),
      digest: planDigest(plan),
      read: (tile) => readTile(tilePath(directory, tile), partDType(matrix), ranges[tile]),
    },
    out,
    asking,
  );
}

async function readTile(
  path: string,
  wanted: "float32" | "float64",
  ranges: TileRanges | undefined,
): Promise<KernelValues> {
  const { dtype, shape, data } = await readNpyFile(path);
  const sizes = ranges?.map(({ from, to }) => to - from) ?? [];
  const isOfPlan = dtype === wanted && shape.join() === sizes.join();
  if (isOfPlan && (data instanceof Float32Array || data instanceof Float64Array)) return data;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${path} of ${dtype} and shape [${shape.join(", ")}]`,
    expected: `a tile of ${wanted} and shape [${sizes.join(", ")}]`,
    next: "delete it and make it again",
  });
}

/** `3, 5–8`: runs of following numbers, the first ones of many. */
export function tileNumbers(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const words = runs.slice(0, MOST_RUNS).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return `${words.join(", ")}${runs.length > MOST_RUNS ? ", …" : ""}`;
}

const MOST_RUNS = 10;
