/** By what a neural path kernel may be divided. */
export const NORMALIZATIONS = ["none", "width", "trace"] as const;
/** `width`: each overlap over the units of its layer; `trace`: the whole over its trace. */
export type Normalization = (typeof NORMALIZATIONS)[number];
