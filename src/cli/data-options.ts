/** `--data` and what reads files of one's own: the same options of every command that takes data. */
import type { Command } from "commander";
import { COLORS, DATASET_NAMES, IMAGE_LAYOUTS, TARGET_KINDS } from "../data/index.ts";

/** What `--data` may be, in words. */
export const DATA_CHOICES = `${DATASET_NAMES.join(", ")}, or a file or folder of your own`;

/** Adds the options of files of one's own to a command. */
export const withFileOptions = (command: Command): Command =>
  command
    .option("--keys <x,y,…>", "arrays of an .npz file or folder: inputs, labels, and those of the test set")
    .option("--labels <file>", "labels of a single .npy file of inputs")
    .option("--label <column>", "column of a table to predict, by name or number from 1; several for several values")
    .option("--drop <columns>", "columns of a table to leave out")
    .option("--header <yes|no>", "whether the first line of a table names its columns (default: told by the line)")
    .option("--test-data <file>", "test set of a table or .npy file (default: a part is split off)")
    .option("--test-labels <file>", "labels of a test set in a .npy file")
    .option("--test-share <x>", "share that is split off for testing where there is no test set (default: 0.2)")
    .option("--split-seed <n>", "chooses that part, stratified by class (default: 0)")
    .option("--targets <what>", `${TARGET_KINDS.join(" or ")}, in place of what the labels look like`)
    .option("--layout <order>", `${IMAGE_LAYOUTS.join(" or ")}: axes of images in arrays`)
    .option("--color <what>", `${COLORS.join(" or ")}: of image files`);

/** Adds the options that normalize inputs to a command. */
export const withNormalizationOptions = (command: Command): Command =>
  command
    .option("--scale <x>", "inputs are multiplied by it (default: 1/255 of bytes)")
    .option("--mean <a,b,…>", "subtracted from scaled inputs: one number, or one for each channel or feature")
    .option("--std <a,b,…>", "what is left is divided by it")
    .option("--standardize", "mean 0 and deviation 1 of each channel or feature, computed on the training set");

/** Names of these options, as commander gives them. */
export const DATA_OPTIONS = [
  "keys",
  "labels",
  "label",
  "drop",
  "header",
  "testData",
  "testLabels",
  "testShare",
  "splitSeed",
  "targets",
  "layout",
  "color",
  "scale",
  "mean",
  "std",
  "standardize",
] as const;
