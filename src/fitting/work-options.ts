/** Long work may be stopped, and tells how far it is: a share from 0 to 1. */
export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** The progress of a part of the work, as that of the whole. */
export const part = (onProgress: WorkOptions["onProgress"], from: number, to: number): WorkOptions["onProgress"] =>
  onProgress && ((share) => onProgress(from + share * (to - from)));
