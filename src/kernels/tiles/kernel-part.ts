/** A part of a kernel that is made without the rest of it. */
import { inOrder } from "./in-order.ts";
import { copyRows, type MatrixPart, mirror } from "./mirror.ts";
import { roomFor } from "./tile-maker.ts";
import { coveringTiles, type ExampleRange, isMirrored, type TileRanges } from "./tile-plan.ts";
import type { KernelTilesOptions, KernelValues, TiledKernel } from "./tiled-kernel.ts";

/** How a part of a kernel is made. */
export interface KernelPartOptions extends Omit<KernelTilesOptions, "skip"> {
  /** Whether numbers depend on the tile that they are made in: then whole ones are, of which the part is cut. */
  readonly wholeTiles: boolean;
  /** Tiles that are done. */
  readonly onProgress?: ((tiles: number, of: number) => void) | undefined;
}

/**
 * A part of the kernel, `[rows, columns]`, with the numbers of the whole to the bit.
 * @param rows of a symmetric kernel the columns themselves, or none of them behind the first column
 */
export async function kernelPart(
  kernel: TiledKernel,
  [rows, columns]: TileRanges,
  { wholeTiles, dtype = "float64", signal, onProgress }: KernelPartOptions,
): Promise<KernelValues> {
  await using maker = await kernel.open();
  const covering = coveringTiles(kernel, [rows, columns]);
  const wanted = wholeTiles ? covering : covering.map((ranges) => overlapOf(ranges, [rows, columns]));
  const stride = columns.to - columns.from;
  const numbers = (rows.to - rows.from) * stride;
  const data = dtype === "float32" ? new Float32Array(numbers) : new Float64Array(numbers);
  const make = async (a: ExampleRange, b: ExampleRange): Promise<MatrixPart> => {
    const tile = roomFor(maker, dtype, a.to - a.from, b.to - b.from);
    await maker.write(a, b, { tile });
    return tile;
  };
  const sequence = { of: wanted.length, skip: 0, at: (index: number) => wanted[index] ?? [rows, columns] };
  for await (const { ranges, made, count } of inOrder(sequence, maker, make, signal)) {
    const [a, b] = overlapOf(ranges, [rows, columns]);
    const [height, width] = [a.to - a.from, b.to - b.from];
    const start = made.start + (a.from - ranges[0].from) * made.stride + b.from - ranges[1].from;
    copyRows({ ...made, start }, height, width, {
      data,
      start: (a.from - rows.from) * stride + b.from - columns.from,
      stride,
    });
    if (isMirrored(kernel, ranges[0], ranges[1]) && rows.from === columns.from) {
      const below = { data, start: (b.from - rows.from) * stride + a.from - columns.from, stride };
      mirror({ ...made, start }, height, width, below);
    }
    onProgress?.(count, wanted.length);
  }
  return data;
}

const overlapOf = ([rows, columns]: TileRanges, [a, b]: TileRanges): TileRanges => [
  { from: Math.max(rows.from, a.from), to: Math.min(rows.to, a.to) },
  { from: Math.max(columns.from, b.from), to: Math.min(columns.to, b.to) },
];
