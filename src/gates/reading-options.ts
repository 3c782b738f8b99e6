/** How the engine reads what many examples decide: some of them at a time. */
export interface ReadingOptions {
  /** Examples a run of the engine, which are held at a time; 64, fewer of large maps, unless told otherwise. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Examples that are read, of all. */
  readonly onProgress?: ((examples: number, of: number) => void) | undefined;
}
