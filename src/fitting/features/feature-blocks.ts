/** Features that are read by blocks of rows, and worked at by several engines. */
import { type BlockProducts, type Matrix, matrix } from "../block-products.ts";
import type { KernelRows } from "../kernel-rows.ts";

/** Engines with their products: each works at a block of its own. What comes out is the same with any number of them. */
export type ProductTeams = readonly [BlockProducts, ...BlockProducts[]];

export interface FeatureBlock {
  readonly from: number;
  readonly to: number;
  /** `[to − from, R]` */
  readonly features: Matrix;
}

/** Rows of a block: enough for the engine's products, and few beside the matrix of the features' products. */
const MOST_ROWS = 2048;
const BLOCK_NUMBERS = 2 ** 21;

const rowsAtOnce = (columns: number): number =>
  Math.max(128, Math.min(MOST_ROWS, Math.floor(BLOCK_NUMBERS / columns / 128) * 128));

/** How long work over all blocks may be stopped, and tells its progress. */
export interface BlockWork {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
}

/**
 * What `work` makes of each block, in the order of the blocks; while one is taken, the other teams are at the next ones.
 * @param work of a block, by one of the teams, from 0
 */
export async function* overBlocks<T>(
  features: KernelRows,
  teams: number,
  work: (block: FeatureBlock, team: number) => Promise<T>,
  { signal, onProgress }: BlockWork = {},
): AsyncGenerator<FeatureBlock & { readonly made: T }> {
  const { rows, columns } = features;
  const step = rowsAtOnce(columns);
  const begun: Promise<FeatureBlock & { readonly made: T }>[] = [];
  const begin = async (from: number): Promise<FeatureBlock & { readonly made: T }> => {
    const to = Math.min(from + step, rows);
    const block = { from, to, features: matrix(to - from, columns, await features.read(from, to)) };
    return { ...block, made: await work(block, (from / step) % teams) };
  };
  try {
    for (let from = 0; from < rows; from += step) {
      signal?.throwIfAborted();
      for (let next = from + begun.length * step; next < rows && begun.length < teams; next += step) {
        const made = begin(next);
        // a failure is told where it is waited for
        made.catch(() => {});
        begun.push(made);
      }
      const next = begun.shift();
      if (next === undefined) throw new Error("unreachable: nothing begun");
      const made = await next;
      yield made;
      onProgress?.(made.to / rows);
    }
  } finally {
    await Promise.allSettled(begun);
  }
}
