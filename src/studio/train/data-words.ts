/** What there is to say of data that were opened. */
export interface DataWords {
  readonly name: string;
  readonly train: number;
  readonly test: number;
  readonly classes: readonly string[];
  /** What was decided, a sentence each. */
  readonly told: readonly string[];
  /** The command's options for them. */
  readonly option: string;
  /** Where the command trains on something else. */
  readonly note: string | undefined;
}
