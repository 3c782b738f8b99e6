import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignmentOfKernels, kernelRows } from "../../src/fitting/index.ts";
import { float64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";

type Matrix = readonly (readonly number[])[];

/** Gram matrix of random vectors, so that it is positive semidefinite. */
function gram(n: number, rank: number, seed: number): Matrix {
  const x = randomStream(seed, "gram").normal(n * rank);
  const row = (i: number) => Array.from(x.subarray(i * rank, (i + 1) * rank));
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => row(i).reduce((sum, value, k) => sum + value * (row(j)[k] ?? 0), 0)),
  );
}

const rowsOf = (matrix: Matrix) => kernelRows(float64([matrix.length, matrix.length], matrix.flat()));

/** `J K J` and the cosine, as written. */
function reference(a: Matrix, b: Matrix): number {
  const n = a.length;
  const centered = (k: Matrix): Matrix => {
    const rows = k.map((row) => row.reduce((sum, value) => sum + value, 0) / n);
    const mean = rows.reduce((sum, value) => sum + value, 0) / n;
    return k.map((row, i) => row.map((value, j) => value - (rows[i] ?? 0) - (rows[j] ?? 0) + mean));
  };
  const [x, y] = [centered(a), centered(b)];
  const inner = (p: Matrix, q: Matrix) => p.flat().reduce((sum, value, i) => sum + value * (q.flat()[i] ?? 0), 0);
  return inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y));
}

describe("alignment of two kernels", () => {
  it("is the cosine of the centered matrices, whatever their factors", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 9 }), fc.nat(1000), fc.nat(1000), async (n, s, t) => {
        const [a, b] = [gram(n, 4, s), gram(n, 3, t + 1001)];
        const found = await alignmentOfKernels(rowsOf(a), rowsOf(b.map((row) => row.map((value) => 1e3 * value))));
        expect(found.centered).toBeCloseTo(reference(a, b), 9);
      }),
    ));

  it("of a kernel with itself is 1, of a constant one 0", async () => {
    const a = gram(5, 3, 1);
    const same = await alignmentOfKernels(rowsOf(a), rowsOf(a));
    expect(same.alignment).toBeCloseTo(1, 12);
    expect(same.centered).toBeCloseTo(1, 12);
    const constant = a.map((row) => row.map(() => 2));
    expect((await alignmentOfKernels(rowsOf(a), rowsOf(constant))).centered).toBe(0);
  });

  it("of different sizes is refused", async () => {
    expect(await rejectionOf(alignmentOfKernels(rowsOf(gram(3, 2, 1)), rowsOf(gram(4, 2, 1))))).toEqual({
      message: "kernels of shapes [3, 3] and [4, 4]: expected two kernels of the same examples, each with themselves",
      hint: "make both of the same inputs, in one order",
    });
  });
});
