/** The data sets by name; `digits` comes with the package, the others are looked for on disk. */
export const DATASET_NAMES = ["digits", "mnist", "fashion-mnist", "cifar10", "cifar100"] as const;
/** One of {@link DATASET_NAMES}. */
export type DatasetName = (typeof DATASET_NAMES)[number];
