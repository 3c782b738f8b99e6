/** How far a stage of an answer is. */
export interface StageProgress {
  /** `gates`, `kernel`, `features`, …: one after the other. */
  readonly stage: string;
  /** What is counted: `inputs`, `pairs`, `tiles`, … */
  readonly things: string;
  readonly done: number;
  readonly of: number;
}

/** What every long answer takes. */
export interface Asking {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

/** The counter that the rooms below call, of one stage. */
export const counter =
  ({ onProgress }: Asking, stage: string, things: string): ((done: number, of: number) => void) =>
  (done, of) =>
    onProgress?.({ stage, things, done, of });
