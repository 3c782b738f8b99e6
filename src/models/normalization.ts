/** How kernels are normalized: not, each overlap by its width, or the whole by its trace. */
export type Normalization = "none" | "width" | "trace";

/** All of them. */
export const NORMALIZATIONS = ["none", "width", "trace"] as const satisfies readonly Normalization[];
