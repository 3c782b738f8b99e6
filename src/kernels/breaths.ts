/** Told seconds of work between two breaths: what is drawn and stopped meanwhile waits no longer. */
const BETWEEN = 0.02;

/** Behind what waits already: at once where a host can say so, after its least delay (a millisecond in Node) elsewhere. */
const later: (then: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : (then) => setTimeout(then, 0);

/**
 * Lets timers, progress and signals through between pieces of work in this thread: by the time that the work is told to
 * take, for no clock is read here. A breath may take a millisecond, so that there is not one for each row.
 */
export class Breaths {
  private worked = 0;

  constructor(private readonly signal: AbortSignal | undefined) {}

  /** Behind work of so many seconds: what has to be waited for, mostly nothing. */
  after(seconds: number): Promise<void> | undefined {
    this.worked += seconds;
    if (this.worked < BETWEEN) return undefined;
    this.worked = 0;
    return this.breathe();
  }

  /** @throws what the signal was stopped for */
  async breathe(): Promise<void> {
    this.signal?.throwIfAborted();
    await new Promise((resolve) => later(() => resolve(undefined)));
    this.signal?.throwIfAborted();
  }
}
