/** The nearest of many examples for each of many others, as plain data that a worker thread can be given. */
import { type Neighbor, nearer, neighborOf, type PackedGates, type PairTelling } from "../gates/index.ts";
import { Breaths, overlapPairs, type PathEnds } from "../kernels/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type OpenGates, openGatePairs } from "../paths/index.ts";

/** Examples whose pairs are counted: behind dense chains by overlaps, else gate by gate. */
export type PathSides =
  | { readonly kind: "overlaps"; readonly rows: PackedGates; readonly columns: PackedGates; readonly ends: PathEnds }
  | {
      readonly kind: "open gates";
      readonly network: GatedNetwork;
      readonly rows: readonly OpenGates[];
      readonly columns: readonly OpenGates[];
    };

export interface NeighborWork {
  readonly sides: PathSides;
  /** Base-2 logarithms of the active paths of each row and of each column. */
  readonly log2Own: readonly [rows: Float64Array, columns: Float64Array];
  /** Neighbors kept of each row. */
  readonly top: number;
  /** Of each row the column that is the same example, or −1. */
  readonly same: Int32Array;
  /** Whether a row meets only the columns behind its own: of pairs of one set, each counts once. */
  readonly isHalf: boolean;
}

/** Ranks rows, here or in threads. */
export interface RowRanker extends AsyncDisposable {
  /** Blocks of rows that are under way at once. */
  readonly ahead: number;
  /** The nearest columns of rows `from` to `to`, the nearest first. */
  readonly rank: (from: number, to: number) => Promise<readonly (readonly Neighbor[])[]>;
}

export type OpenRanker = (work: NeighborWork, signal: AbortSignal | undefined) => RowRanker;

export const tellingOf = (sides: PathSides): PairTelling =>
  sides.kind === "overlaps"
    ? overlapPairs(sides.rows, sides.columns, sides.ends)
    : openGatePairs(sides.network, sides.rows, sides.columns);

/** Ranks one row after the other. */
export function rowRanking({ sides, log2Own, top, same, isHalf }: NeighborWork): (row: number) => readonly Neighbor[] {
  const tell = tellingOf(sides);
  const told = new Float64Array(2);
  const [rowPaths, columnPaths] = log2Own;
  return (row) => {
    const best: Neighbor[] = [];
    const own = same[row] ?? -1;
    for (let column = isHalf ? own + 1 : 0; column < columnPaths.length; column++) {
      if (column === own) continue;
      tell(row, column, told);
      const one = neighborOf(column, told[0]!, [columnPaths[column]!, rowPaths[row]!], told[1]!);
      const last = best.at(-1);
      if (best.length === top && last !== undefined && nearer(last, one) <= 0) continue;
      let at = best.length;
      for (; at > 0 && nearer(one, best[at - 1]!) < 0; at--);
      best.splice(at, 0, one);
      if (best.length > top) best.pop();
    }
    return best;
  };
}

/** Told seconds of a pair: breaths are taken by them, nothing else depends on it. */
const PAIR_SECONDS = { overlaps: 3e-7, "open gates": 1e-4 } as const satisfies Record<PathSides["kind"], number>;

/** Ranks rows in this thread. */
export const rankHere: OpenRanker = (work, signal) => {
  const rankRow = rowRanking(work);
  const breaths = new Breaths(signal);
  const seconds = PAIR_SECONDS[work.sides.kind] * work.log2Own[1].length;
  return {
    ahead: 1,
    rank: async (from, to) => {
      const ranked: (readonly Neighbor[])[] = [];
      for (let row = from; row < to; row++) {
        ranked.push(rankRow(row));
        await breaths.after(seconds);
      }
      return ranked;
    },
    [Symbol.asyncDispose]: async () => {},
  };
};
