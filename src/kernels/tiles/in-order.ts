/** Tiles that are begun ahead and taken in order. */
import type { TileMaker } from "./tile-maker.ts";
import type { TileRanges } from "./tile-plan.ts";

/** Tiles one behind the other: which there are, and from which on they are made. */
export interface TileSequence {
  readonly of: number;
  readonly skip: number;
  readonly at: (index: number) => TileRanges;
}

export interface MadeTile<T> {
  readonly index: number;
  readonly ranges: TileRanges;
  readonly made: T;
  /** Tiles that are made, this one and any of those behind it. */
  readonly count: number;
}

/** What `make` gives for each tile, so many begun before the first is waited for. */
export async function* inOrder<T>(
  { of, skip, at }: TileSequence,
  maker: TileMaker,
  make: (...ranges: TileRanges) => Promise<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<MadeTile<T>> {
  const begun: Promise<T>[] = [];
  let count = skip;
  try {
    for (let index = skip; index < of; index++) {
      signal?.throwIfAborted();
      for (let next = index + begun.length; next < Math.min(of, index + maker.ahead); next++) {
        const [rows, columns] = at(next);
        const made = make(rows, columns);
        // a failure is told where it is waited for
        made.then(
          () => (count += 1),
          () => {},
        );
        begun.push(made);
      }
      const next = begun.shift();
      if (next === undefined) throw new Error("unreachable: nothing begun");
      const made = await orStopped(next, signal);
      yield { index, ranges: at(index), made, count };
    }
  } finally {
    // a stop waits for no tile
    if (signal?.aborted === true) await maker[Symbol.asyncDispose]();
    await Promise.allSettled(begun);
  }
}

/**
 * What a promise gives, or a failure as soon as the signal comes. Not a race with one promise of the signal: that would keep
 * what every race has given until the signal comes.
 */
function orStopped<T>(made: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return made;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    made.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
