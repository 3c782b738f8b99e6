/** What examples should give, as files have it: numbers or words, one or several an example. */

/** Where the target of an example stands: `labels.npy, element 17`. */
export type TargetPlace = (example: number) => string;

/** Targets that were read and not yet looked at. */
export type RawTargets =
  | {
      readonly kind: "numbers";
      /** `[n]`, or `[n, k]` with several an example. */
      readonly shape: readonly number[];
      readonly data: Float64Array;
      /** What the columns are called, where they have names. */
      readonly names?: readonly string[] | undefined;
      /** Booleans in the file. */
      readonly isBoolean?: boolean | undefined;
      readonly place: TargetPlace;
    }
  | { readonly kind: "words"; readonly words: readonly string[]; readonly place: TargetPlace };

/** Number of examples. */
export const targetCount = (targets: RawTargets): number =>
  targets.kind === "words" ? targets.words.length : (targets.shape[0] ?? 0);
