/** Before a second is over, an estimate is worth little. */
const FIRST_MS = 1000;

/**
 * Tells the seconds that are left of like things that are worked off: what is left at the mean rate since the first call,
 * of which a resumed count is no part. A rate of the last few things alone, as bars have it, follows each burst.
 * @param clock milliseconds from any fixed point
 * @returns undefined before it can be told
 */
export function secondsLeft(clock: () => number): (done: number, of: number) => number | undefined {
  let first: { readonly time: number; readonly done: number } | undefined;
  return (done, of) => {
    const time = clock();
    first ??= { time, done };
    const [elapsed, made] = [time - first.time, done - first.done];
    return made > 0 && elapsed >= FIRST_MS ? ((of - done) * elapsed) / made / 1000 : undefined;
  };
}
