import { BYTES } from "../../graph/index.ts";
import type { MatrixPart } from "./mirror.ts";
import type { ExampleRange } from "./tile-plan.ts";

/** Where a tile `[rows, columns]` is written; in float32, rounded once. */
export interface TilePlace {
  readonly tile: MatrixPart;
  /** Where the tile is written transposed, if it is. */
  readonly mirrored?: MatrixPart | undefined;
}

/** Makes the tiles of a kernel, in this thread or in others. What is asked for and not made when it is released fails. */
export interface TileMaker extends AsyncDisposable {
  /** Tiles to begin before the first of them is waited for. */
  readonly ahead: number;
  /** Memory that tiles are best written into. */
  allocate(bytes: number): ArrayBuffer | SharedArrayBuffer;
  /**
   * Writes `[rows, columns]` of the kernel in its place; symmetric to the bit where it is one of inputs with themselves.
   * @internal
   */
  write(rows: ExampleRange, columns: ExampleRange, to: TilePlace): Promise<void>;
}

export const allocateHere = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);

/** Room for a tile in the memory that its maker writes best into. */
export function roomFor(maker: TileMaker, dtype: "float32" | "float64", height: number, width: number): MatrixPart {
  const buffer = maker.allocate(height * width * BYTES[dtype]);
  const data = dtype === "float32" ? new Float32Array(buffer) : new Float64Array(buffer);
  return { data, start: 0, stride: width };
}
