/** The optimizers by kind: all of `Optimizer["kind"]`. */
export const OPTIMIZER_KINDS = ["sgd", "adam", "adamw", "rmsprop"] as const;
/** The kind of an optimizer. */
export type OptimizerKind = (typeof OPTIMIZER_KINDS)[number];
