/** Element types that a kernel is written in; it is computed in float64. */
export const KERNEL_DTYPES = ["float64", "float32"] as const;
