import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matrix } from "../../src/fitting/block-products.ts";
import { factorize } from "../../src/fitting/cholesky.ts";
import { factorInPlace, invertLower } from "../../src/fitting/dense-cholesky.ts";
import { kernelNorms } from "../../src/fitting/kernel-rows.ts";
import { positiveFactor, solveRefined } from "../../src/fitting/positive-factor.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { multiplyReference, shifted, solveReference, transposed } from "./kernel-machines.reference.ts";
import { openProducts, randomKernel, readerOf, rowsOf } from "./small-kernels.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
});
afterAll(() => opened[Symbol.asyncDispose]());

/** Size of the matrix and of its blocks: one block, whole blocks, a last block that is padded, blocks of one. */
const SIZES = [
  { n: 1, size: 1 },
  { n: 5, size: 8 },
  { n: 12, size: 4 },
  { n: 13, size: 4 },
  { n: 7, size: 1 },
  { n: 90, size: 32 },
];

async function factorOf(kernel: ReturnType<typeof randomKernel>, shift: number, size: number) {
  const result = await factorize(readerOf(kernel), shift, opened.products, {}, size);
  if (result.kind !== "factored") return expect.fail(`pivot ${result.row} is not positive`);
  return result.factor;
}

describe("one block in plain loops", () => {
  it("L Lᵀ is the block, and L times its inverse the identity", () =>
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), (seed, n) => {
        const block = randomKernel(seed, n, n + 2, 0.1);
        const lower = matrix(n, n, block.data.slice());
        expect(factorInPlace(lower.data, n, new Float64Array(n))).toBe(-1);
        expectClose(multiplyReference(rowsOf(lower), transposed(rowsOf(lower))), rowsOf(block), {
          relative: 1e-12,
          absolute: 1e-13,
        });
        const inverse = rowsOf(matrix(n, n, invertLower(lower.data, n)));
        const identity = inverse.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
        expectClose(multiplyReference(rowsOf(lower), inverse), identity, { relative: 1e-11, absolute: 1e-11 });
      }),
      { numRuns: propertyRuns(30) },
    ));

  it("tells the first pivot that is not positive", () => {
    const block = Float64Array.of(1, 0, 0, 1, 1, 0, 0, 0, 4); // row 1 equals row 0 in what is read
    expect(factorInPlace(block, 3, new Float64Array(3))).toBe(1);
  });
});

describe("blocked Cholesky", () => {
  it.each(SIZES)("solves $n equations in blocks of $size as elimination does", async ({ n, size }) => {
    const kernel = randomKernel(n, n, n, 0.2);
    const factor = await factorOf(kernel, 0.05, size);
    const y = matrix(n, 3, randomStream(n, "targets").normal(3 * n));
    const wanted = solveReference(shifted(rowsOf(kernel), 0.05), rowsOf(y));
    expectClose(rowsOf(await factor.solve(y)), wanted, { relative: 1e-9, absolute: 1e-10 });
  });

  it("its determinant does not see the padding", async () => {
    const kernel = randomKernel(4, 10, 12, 0.1);
    const [one, padded] = [await factorOf(kernel, 0.1, 10), await factorOf(kernel, 0.1, 4)];
    expectClose(padded.logDeterminant(), one.logDeterminant(), { relative: 1e-11 });
  });

  it("its size is chosen, its answer stays the same", async () => {
    const kernel = randomKernel(3, 150, 20, 0.1);
    const y = matrix(150, 1, randomStream(3, "targets").normal(150));
    const chosen = await factorize(readerOf(kernel), 0, opened.products);
    if (chosen.kind !== "factored") return expect.fail("not factored");
    const one = await factorOf(kernel, 0, 150);
    expectClose(await chosen.factor.solve(y), await one.solve(y), { relative: 1e-9, absolute: 1e-10 });
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const work = { signal: stop.signal, onProgress: () => stop.abort(new Error("stopped")) };
    await expect(factorize(readerOf(randomKernel(1, 40, 40, 1)), 0, opened.products, work, 8)).rejects.toThrow(
      /^stopped$/,
    );
  });

  it("tells a share of the work that grows to 1", async () => {
    const shares: number[] = [];
    await factorize(readerOf(randomKernel(1, 40, 40, 1)), 0, opened.products, { onProgress: (s) => shares.push(s) }, 4);
    expect(shares).toHaveLength(10);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares.at(-1)).toBe(1);
  });
});

describe("jitter", () => {
  it("is not used where the kernel is positive", async () => {
    const kernel = readerOf(randomKernel(1, 30, 40));
    const { jitter, shift } = await positiveFactor(kernel, await kernelNorms(kernel), 0, opened.products);
    expect({ jitter, shift }).toEqual({ jitter: 0, shift: 0 });
  });

  it("is the first step that helps a kernel of low rank, and the system with it is solved", async () => {
    const dense = randomKernel(2, 80, 5);
    const kernel = readerOf(dense);
    const norms = await kernelNorms(kernel);
    const factored = await positiveFactor(kernel, norms, 0, opened.products);
    expect(factored.jitter).toBeGreaterThan(0);
    expect(factored.jitter).toBeLessThanOrEqual(1e-10);
    expect(factored.shift).toBe((factored.jitter * norms.trace) / 80);
    const coefficients = matrix(80, 1, randomStream(2, "coefficients").normal(80));
    // a right-hand side in the range of the kernel: the solution stays of size 1
    const y = matrix(80, 1, Float64Array.from(multiplyReference(rowsOf(dense), rowsOf(coefficients)).flat()));
    expect((await solveRefined(kernel, factored, y, opened.products)).residual).toBeLessThan(1e-9);
  });

  it("does not hide a matrix with a negative eigenvalue", async () => {
    const kernel = readerOf(matrix(2, 2, Float64Array.of(1, 2, 2, 1)));
    expect(await rejectionOf(positiveFactor(kernel, await kernelNorms(kernel), 0, opened.products))).toEqual({
      message:
        "a kernel whose pivot 1 is not positive, with 0.0001 of trace/n added to the diagonal: expected a positive semidefinite matrix",
      hint: "check how the kernel was made",
    });
  });
});

describe("norms of a kernel", () => {
  it("refuses what is not square", async () => {
    expect(await rejectionOf(kernelNorms(readerOf(matrix(2, 3))))).toEqual({
      message: "a kernel of shape [2, 3]: expected a square matrix: one row and one column an example",
      hint: "give the kernel of the training examples with themselves",
    });
  });

  it("refuses zeros", async () => {
    expect(await rejectionOf(kernelNorms(readerOf(matrix(2, 2))))).toEqual({
      message: "a kernel of trace 0: expected a positive semidefinite matrix of finite numbers that is not zero",
      hint: "check how the kernel was made",
    });
  });
});
