import { DIRECT_LIMIT } from "./positive-factor.ts";
import { EIGENVALUE_LIMIT } from "./spectrum.ts";

/** What a process takes before it works (measured). */
const PROCESS_BYTES = 200e6;

/**
 * About the most bytes that `fitKernel` takes at once, in a process of its own (measured at 2,000 to 10,000 examples).
 * @param kernelBytes of the kernel itself, in its own element type
 */
export function kernelFitBytes(examples: number, kernelBytes: number): number {
  // the band form with its reflections and the columns of Q, of all examples or of the sample that ridges are chosen on
  const form = 16 * Math.min(examples, EIGENVALUE_LIMIT) ** 2;
  const factor = examples <= DIRECT_LIMIT ? 8 * examples ** 2 : 0;
  return PROCESS_BYTES + kernelBytes + Math.max(form, factor);
}
