import { GatewiseError } from "../errors.ts";

/**
 * Room for the numbers of a kernel, or of the features that it is estimated by, `[rows, columns]`, zeros.
 * @throws GatewiseError where there is no memory for them
 */
export function kernelNumbers(rows: number, columns: number, what = "a kernel"): Float64Array<ArrayBuffer> {
  try {
    return new Float64Array(rows * columns);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GatewiseError({
      code: "too-large",
      received: `${what} of ${rows} × ${columns} numbers, ${((8 * rows * columns) / 1e9).toFixed(0)} GB`,
      expected: "one that there is memory for",
      next: "give fewer inputs; `writeNeuralPathKernel` writes exact kernels tile by tile",
      cause,
    });
  }
}

/** A kernel that float64 does not hold. */
export const kernelBeyond = (received: string, next: string): GatewiseError =>
  new GatewiseError({
    code: "numerical-failure",
    received,
    expected: "numbers that float64 holds, up to 1.8e308",
    next,
  });

/**
 * Numbers that left float64 on the way are no answer, and files of them would look like one.
 * @param name what they are: "a tangent kernel"
 * @throws GatewiseError if one is not finite
 */
export function checkKernelNumbers(values: Float32Array | Float64Array, name: string, next: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) throw kernelBeyond(`${name} with numbers beyond float64`, next);
  }
}
