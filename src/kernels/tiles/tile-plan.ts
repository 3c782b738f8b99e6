/** In which tiles a kernel is made, one behind the other. */

/** Examples from `from` up to, and without, `to`. */
export interface ExampleRange {
  readonly from: number;
  readonly to: number;
}

/** What of a kernel its tiles are told by. */
export interface TiledShape {
  readonly rows: number;
  readonly columns: number;
  /** Whether rows and columns are the same examples: then tiles below the diagonal are left out. */
  readonly symmetric: boolean;
  /** Rows and columns of a tile. */
  readonly edge: number;
}

export type TileRanges = readonly [rows: ExampleRange, columns: ExampleRange];

export const tileCount = ({ rows, columns, symmetric, edge }: TiledShape): number => {
  const [down, across] = [Math.ceil(rows / edge), Math.ceil(columns / edge)];
  return symmetric ? (down * (down + 1)) / 2 : down * across;
};

/** Rows and columns of a tile by its number: row by row. */
export function tileAt({ rows, columns, symmetric, edge }: TiledShape, index: number): TileRanges {
  const across = Math.ceil(columns / edge);
  let [row, column] = [0, index];
  if (symmetric) for (; column >= across - row; row++) column -= across - row;
  else [row, column] = [Math.floor(index / across), index % across];
  const range = (at: number, end: number): ExampleRange => ({ from: at * edge, to: Math.min((at + 1) * edge, end) });
  return [range(row, rows), range(symmetric ? row + column : column, columns)];
}

/** Pairs of examples in a tile; those that are mirrored count once. */
export function tilePairs({ symmetric }: TiledShape, [rows, columns]: TileRanges): number {
  const [height, width] = [rows.to - rows.from, columns.to - columns.from];
  return symmetric && rows.from === columns.from ? (height * (height + 1)) / 2 : height * width;
}

/** The tiles that hold a part of the kernel; of a symmetric one those on and above the diagonal. */
export function coveringTiles(shape: TiledShape, [a, b]: TileRanges): readonly TileRanges[] {
  const { rows, columns, symmetric, edge } = shape;
  const ranges: TileRanges[] = [];
  for (let top = Math.floor(a.from / edge) * edge; top < a.to; top += edge) {
    for (let left = Math.floor(b.from / edge) * edge; left < b.to; left += edge) {
      if (symmetric && left < top) continue;
      const [bottom, right] = [Math.min(top + edge, rows), Math.min(left + edge, columns)];
      ranges.push([
        { from: top, to: bottom },
        { from: left, to: right },
      ]);
    }
  }
  return ranges;
}

/** Whether a tile has a place below the diagonal as well. */
export const isMirrored = ({ symmetric }: TiledShape, a: ExampleRange, b: ExampleRange): boolean =>
  symmetric && a.from !== b.from;
