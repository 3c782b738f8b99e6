import { GatewiseError } from "../errors.ts";

/**
 * Room for the numbers of a kernel, `[rows, columns]`, zeros.
 * @throws GatewiseError where there is no memory for them
 */
export function kernelNumbers(rows: number, columns: number): Float64Array<ArrayBuffer> {
  try {
    return new Float64Array(rows * columns);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GatewiseError({
      code: "too-large",
      received: `a kernel of ${rows} × ${columns} numbers, ${((8 * rows * columns) / 1e9).toFixed(0)} GB`,
      expected: "one that there is memory for",
      next: "give fewer inputs; `writeNeuralPathKernel` writes exact kernels tile by tile",
      cause,
    });
  }
}
