/** What a run keeps of the kernel of its gates: `kernels.jsonl`, one line a measurement, and the first and the last matrix. */
import { z } from "zod";
import type { DenseArray } from "../graph/index.ts";
import { parseJson } from "./parse-json.ts";

const Epoch = z.int().min(0);

/** What the kernel of a run's gates was at one epoch: a line of `kernels.jsonl`. */
export interface KernelMeasurement {
  /** 0 before training. */
  readonly epoch: number;
  /** Measured examples by class. */
  readonly classes: readonly { readonly label: number; readonly examples: number }[];
  /** Soft gates are measured as they are, or as the bits that they are near. */
  readonly gates: "exact" | "as bits";
  /** `ν` of theory 3.9, of all classes and of each against the others. */
  readonly nu: number;
  readonly nuPerClass: readonly number[];
  /** What had to be added to the diagonal for it, relative to `trace/n`. */
  readonly jitter: number;
  readonly alignment: number;
  readonly centeredAlignment: number;
  readonly effectiveRank: number;
  /** Of the trace-normalized kernel, largest first. */
  readonly eigenvalues: readonly number[];
}
const MeasuredLine: z.ZodType<KernelMeasurement> = z.strictObject({
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
export const KernelLineFile = z.union([MeasuredLine, UnmeasuredLine]);

export type KernelLine = KernelMeasurement | z.infer<typeof UnmeasuredLine>;

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
