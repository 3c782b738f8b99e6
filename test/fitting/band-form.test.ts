import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bandEigenvalues } from "../../src/fitting/band-eigenvalues.ts";
import { type BandForm, bandForm } from "../../src/fitting/band-form.ts";
import { positiveByBand } from "../../src/fitting/band-system.ts";
import { type Matrix, matrix } from "../../src/fitting/block-products.ts";
import { reflect } from "../../src/fitting/reflections.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { symmetricEigenvalues } from "./eigenvalues.reference.ts";
import { multiplyReference, type Rows, shifted, solveReference, transposed } from "./kernel-machines.reference.ts";
import { openProducts, randomKernel, readerOf, rowsOf } from "./small-kernels.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
});
afterAll(() => opened[Symbol.asyncDispose]());

/** Of any sign, with some rows of zeros. */
function randomSymmetric(seed: number, n: number): Matrix {
  const stream = randomStream(seed, "symmetric").normal(n * n);
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (i * 7 + seed) % 11 === 0 || (j * 7 + seed) % 11 === 0 ? 0 : stream[i * n + j]!;
      out.data[i * n + j] = value;
      out.data[j * n + i] = value;
    }
  }
  return out;
}

/** The band matrix, written out. */
function bandOf({ examples, width, diagonal, below }: BandForm): number[][] {
  const out = Array.from({ length: examples }, () => new Array<number>(examples).fill(0));
  const put = (i: number, j: number, value: number): void => {
    const [row, other] = [out[i], out[j]];
    if (row !== undefined && j < examples) row[j] = value;
    if (other !== undefined && i < examples) other[i] = value;
  };
  for (const [k, block] of diagonal.entries()) {
    for (const [i, row] of rowsOf(block).entries())
      for (const [j, x] of row.entries()) put(k * width + i, k * width + j, x);
  }
  for (const [k, block] of below.entries()) {
    for (const [i, row] of rowsOf(block).entries()) {
      for (const [j, x] of row.entries()) {
        if (j < i) expect(x).toBe(0);
        else put((k + 1) * width + i, k * width + j, x);
      }
    }
  }
  return out;
}

async function rotationOf({ examples, diagonal, width, reflections }: BandForm): Promise<Rows> {
  const rows = diagonal.length * width;
  const out = matrix(rows, rows);
  for (let i = 0; i < rows; i++) out.data[i * (rows + 1)] = 1;
  await reflect(reflections, out, rows, opened.products);
  return rowsOf(out)
    .slice(0, examples)
    .map((row) => row.slice(0, examples));
}

const problems = fc.record({
  seed: fc.nat(1000),
  n: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 9 }),
});

describe("band form", () => {
  it("is Qᵀ K Q with an orthogonal Q", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n, width }) => {
        const kernel = randomSymmetric(seed, n);
        const form = await bandForm(readerOf(kernel), opened.products, {}, width);
        const q = await rotationOf(form);
        const identity = q.map((_, i) => q.map((__, j) => (i === j ? 1 : 0)));
        expectClose(multiplyReference(q, transposed(q)), identity, { relative: 0, absolute: 1e-13 });
        const back = multiplyReference(multiplyReference(q, bandOf(form)), transposed(q));
        expectClose(back, rowsOf(kernel), { relative: 0, absolute: 1e-12 });
      }),
      { numRuns: propertyRuns(40) },
    ));

  it("has the eigenvalues that the way to tridiagonal form in plain loops tells", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n, width }) => {
        const kernel = randomSymmetric(seed, n);
        const form = await bandForm(readerOf(kernel), opened.products, {}, width);
        expectClose(await bandEigenvalues(form), symmetricEigenvalues(kernel), { relative: 0, absolute: 1e-12 });
      }),
      { numRuns: propertyRuns(60) },
    ));

  it("the same with its own width, several stripes and several groups of reflections", async () => {
    const kernel = randomSymmetric(1, 420);
    const form = await bandForm(readerOf(kernel), opened.products);
    expectClose(await bandEigenvalues(form), symmetricEigenvalues(kernel), { relative: 0, absolute: 1e-11 });
  });

  it("solves systems as elimination does", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n, width }) => {
        const kernel = randomKernel(seed, n, n, 0.2);
        const form = await bandForm(readerOf(kernel), opened.products, {}, width);
        const y = matrix(n, 2, randomStream(seed, "targets").normal(2 * n));
        const { factor, shift } = positiveByBand(form, 0.1, 0.5, opened.products);
        expect(shift).toBe(0.05);
        const wanted = solveReference(shifted(rowsOf(kernel), 0.05), rowsOf(y));
        expectClose(rowsOf(await factor.solve(y)), wanted, { relative: 1e-9, absolute: 1e-10 });
      }),
      { numRuns: propertyRuns(30) },
    ));

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const work = { signal: stop.signal, onProgress: () => stop.abort(new Error("stopped")) };
    const kernel = readerOf(randomSymmetric(3, 40));
    await expect(bandForm(kernel, opened.products, work, 4)).rejects.toThrow("stopped");
    const form = await bandForm(kernel, opened.products, {}, 4);
    await expect(bandEigenvalues(form, { signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
  });

  it("tells a share that rises to 1", async () => {
    const shares: number[] = [];
    const work = { onProgress: (share: number) => shares.push(share) };
    await bandEigenvalues(await bandForm(readerOf(randomSymmetric(3, 40)), opened.products, work, 4));
    expect(shares.at(-1)).toBeGreaterThan(0.99);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  });
});
