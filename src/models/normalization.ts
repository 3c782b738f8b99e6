/** By what a neural path kernel may be divided; `width`: each overlap over the units of its layer; `trace`: the whole over its trace. */
export type Normalization = "none" | "width" | "trace";

/** All of them. */
export const NORMALIZATIONS = ["none", "width", "trace"] as const satisfies readonly Normalization[];
