/** Tiles of a kernel by the machine of pairs: one row meets eight columns at a time. */
import type { Breaths } from "../breaths.ts";
import { allocateHere, type TileMaker, type TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { type PackedExamples, packedAt } from "./packed-example.ts";
import type { RunnableProgram } from "./pair-program.ts";
import { LANES, openProgram, type ProgramInstance } from "./program-instance.ts";

/** Plain data. */
export interface ProgramWork {
  readonly kind: "program";
  readonly program: RunnableProgram;
  readonly rows: PackedExamples;
  /** The rows themselves where the kernel is one of inputs with themselves. */
  readonly columns: PackedExamples;
  /** Where it is compiled already. */
  readonly machine?: WebAssembly.Module | undefined;
}

/** Makes tiles in this thread, one at a time. */
export async function openProgramTiles(work: ProgramWork, breaths: Breaths | undefined): Promise<TileMaker> {
  const machine = await openProgram(work.program, work.machine);
  return {
    ahead: 1,
    allocate: allocateHere,
    write: (rows, columns, to) => writeTile(machine, work, [rows, columns], to, breaths),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function writeTile(
  machine: ProgramInstance,
  { program, rows, columns }: ProgramWork,
  [{ from: top, to: bottom }, { from: start, to: end }]: readonly [ExampleRange, ExampleRange],
  { tile, mirrored }: TilePlace,
  breaths: Breaths | undefined,
): Promise<void> {
  const onDiagonal = rows === columns && top === start;
  const pause = pauseOf(program, breaths);
  // on the diagonal the tile is its own mirror
  const below = mirrored ?? (onDiagonal ? tile : undefined);
  for (let group = start; group < end; group += LANES) {
    const last = Math.min(group + LANES, end);
    machine.setRight(examplesOf(columns, group, last));
    for (let i = top; i < (onDiagonal ? last : bottom); i++) {
      const values = await machine.runInPieces(packedAt(rows, i), pause);
      for (let j = onDiagonal ? Math.max(i, group) : group; j < last; j++) {
        const value = values[j - group]!;
        tile.data[tile.start + (i - top) * tile.stride + j - start] = value;
        if (below !== undefined) below.data[below.start + (j - start) * below.stride + i - top] = value;
      }
    }
  }
}

/** The kernel of each example with itself. */
export async function programDiagonal(
  { program, rows }: Pick<ProgramWork, "program" | "rows">,
  breaths: Breaths,
  onProgress: ((done: number, of: number) => void) | undefined,
): Promise<Float64Array<ArrayBuffer>> {
  const machine = await openProgram(program);
  const diagonal = new Float64Array(rows.count);
  for (let group = 0; group < rows.count; group += LANES) {
    const last = Math.min(group + LANES, rows.count);
    machine.setRight(examplesOf(rows, group, last));
    const values = await machine.runInPieces("selves", pauseOf(program, breaths));
    diagonal.set(values.subarray(0, last - group), group);
    onProgress?.(last, rows.count);
  }
  return diagonal;
}

const pauseOf = ({ secondsPerPair, pieces }: RunnableProgram, breaths: Breaths | undefined) => {
  const seconds = (LANES * secondsPerPair) / pieces.length;
  return () => breaths?.after(seconds);
};

const examplesOf = (examples: PackedExamples, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => packedAt(examples, from + i));
