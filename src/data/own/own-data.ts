/** Data of one's own: where they are and how they are to be read, as plain data; and what was found there. */
import type { ExampleSet, InputSet } from "../example-set.ts";
import type { ImageLayout } from "./image-layout.ts";
import type { Color } from "./pixels.ts";
import type { RawTargets } from "./raw-targets.ts";
import type { TargetKind, TargetWords } from "./targets.ts";

/** Files of one's own as a data set. All but the path is optional, and told by the files where it is left out. */
export interface OwnData {
  /** A file or folder. */
  readonly path: string;
  /** Names of arrays in an `.npz` file or a folder of `.npy` files: inputs and labels, then those of the test set. */
  readonly keys?: readonly string[] | undefined;
  /** Labels of a file that holds inputs alone. */
  readonly labels?: string | undefined;
  /** The test set, where it is in a file of its own, and its labels. */
  readonly testData?: string | undefined;
  readonly testLabels?: string | undefined;
  /** Columns of a table that hold what is to be predicted, by name or number from 1. */
  readonly label?: readonly string[] | undefined;
  /** Columns of a table that are left out. */
  readonly drop?: readonly string[] | undefined;
  /** Whether the first line of a table names its columns. */
  readonly header?: boolean | undefined;
  readonly layout?: ImageLayout | undefined;
  readonly color?: Color | undefined;
  readonly targets?: TargetKind | undefined;
  /** Share of the examples that become the test set where there is none; 0.2 unless told otherwise. */
  readonly testShare?: number | undefined;
  /** Chooses them; 0 unless told otherwise, whatever the seed of a training: all runs are tested on the same examples. */
  readonly splitSeed?: number | undefined;
}

/** Share of the test set where files have none. */
export const USUAL_TEST_SHARE = 0.2;

/** Inputs and targets as files have them. */
export interface RawPart {
  readonly inputs: InputSet;
  readonly targets: RawTargets;
}

/** What the files of a data set hold. */
export interface RawData {
  readonly train: RawPart;
  readonly test: RawPart | undefined;
  /** How images in arrays were turned. */
  readonly layout: ImageLayout | undefined;
  /** Whether inputs are read from the files as they are: `.npy`, of which nothing is to be parsed or unpacked. */
  readonly staysInFiles: boolean;
  /** What the elements of a vector are called, where they have names. */
  readonly features: readonly string[] | undefined;
  /** What was decided and left out, a sentence each, for whoever gave the files. */
  readonly told: readonly string[];
}

/** A data set of one's own, described and ready to be read. */
export interface OwnDataset {
  /** For names of runs: that of the file or folder, without its ending. */
  readonly name: string;
  readonly source: string;
  readonly inputShape: readonly number[];
  readonly dtype: InputSet["dtype"];
  readonly words: TargetWords;
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  /** Whether the test set was split off; otherwise it is the files' own, or all examples. */
  readonly isSplit: boolean;
  /** Whether inputs are read from the files as they are: `.npy`, of which nothing is to be parsed or unpacked. */
  readonly staysInFiles: boolean;
  readonly layout: ImageLayout | undefined;
  readonly features: readonly string[] | undefined;
  readonly told: readonly string[];
  /** Of all inputs and targets; of parts of them, where they are large. */
  readonly digest: string;
}
