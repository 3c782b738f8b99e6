/**
 * How a page learns that its worker is gone. Browsers tell of no crash; but a worker that is gone gives back its locks, and who
 * waits for one is told. Where pages have no locks (an address without an origin) they learn of errors only.
 */

/**
 * Holds a lock for as long as this worker lives: called in it.
 * @param onHeld told the lock's name
 */
export function holdLife(onHeld: (name: string) => void): void {
  const name = `gatewise-${crypto.randomUUID()}`;
  const forEver = new Promise<never>(() => {});
  locks()
    ?.request(name, () => {
      onHeld(name);
      return forEver;
    })
    .catch(() => {});
}

/** Calls back when the worker that holds the lock is gone: called in the page. */
export function watchLife(name: string, onGone: () => void): void {
  locks()
    ?.request(name, onGone)
    .catch(() => {});
}

const locks = (): LockManager | undefined => (globalThis.isSecureContext ? navigator.locks : undefined);
