/** Words that options of commands are chosen from, where the library has no list of them. */

export const NPK_PARTS = ["full", "diagonal", "trace"] as const;

export const NTK_PARTS = ["value", "feature", "all"] as const;

export const VALUE_DTYPES = ["float32", "float64"] as const;

/** What `sweep submit --on` knows. */
export const SCHEDULERS = ["slurm"] as const;
