/** What a run keeps of the kernel of its gates: `kernels.jsonl`, one line a measurement, and the first and the last matrix. */
import { z } from "zod";
import type { DenseArray } from "../graph/index.ts";
import { parseJson } from "./parse-json.ts";

const Epoch = z.int().min(0);
const MeasuredLine = z.strictObject({
  /** 0 before training. */
  epoch: Epoch,
  classes: z.array(z.strictObject({ label: z.int().min(0), examples: z.int().min(1) })),
  gates: z.enum(["exact", "as bits"]),
  nu: z.number(),
  nuPerClass: z.array(z.number()),
  jitter: z.number(),
  alignment: z.number(),
  centeredAlignment: z.number(),
  effectiveRank: z.number(),
  eigenvalues: z.array(z.number()),
});
/** An epoch whose kernel could not be measured, and why. */
const UnmeasuredLine = z.strictObject({ epoch: Epoch, unmeasured: z.string() });
const KernelLineFile = z.union([MeasuredLine, UnmeasuredLine]);

export type KernelMeasurement = z.infer<typeof MeasuredLine>;
export type KernelLine = z.infer<typeof KernelLineFile>;

/** The kernel of a run's gates over its epochs. */
export interface RunKernels {
  /** In the order of the epochs. */
  readonly measurements: readonly KernelMeasurement[];
  /** Why epochs were not measured, each reason once. */
  readonly unmeasured: readonly string[];
  /** `[n, n]` at the first and the last measured epoch; undefined if that was not written. */
  readonly start: DenseArray<"float64"> | undefined;
  readonly last: DenseArray<"float64"> | undefined;
}

/** Reads one line of a `kernels.jsonl`. */
export const readKernelLine = (line: string, file: string): KernelLine => parseJson(KernelLineFile, line, file);
