import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Matrix, matrix, sizesOf } from "../../src/fitting/block-products.ts";
import { influenceScores, leftOutPredictions } from "../../src/fitting/influence.ts";
import { featureSolver, kernelSolver, type RidgeSolver } from "../../src/fitting/ridge-solver.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { multiplyReference, type Rows, shifted, solveReference, transposed } from "./kernel-machines.reference.ts";
import { openProducts, readerOf, rowsOf } from "./small-kernels.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
});
afterAll(() => opened[Symbol.asyncDispose]());

const QUERIES = 3;
const CLASSES = 4;

/** Examples and queries as features, of length 1 each, and their kernels. */
function drawn(seed: number, n: number, size: number) {
  const normal = (name: string, rows: number, columns: number): Matrix =>
    matrix(rows, columns, randomStream(seed, name).normal(rows * columns));
  const unit = (of: Matrix): Matrix => {
    const [, columns] = sizesOf(of);
    const rows = rowsOf(of).map((row) => row.map((value) => value / Math.hypot(...row)));
    return matrix(rows.length, columns, Float64Array.from(rows.flat()));
  };
  const features = unit(normal("features", n, size));
  const others = unit(normal("queries", QUERIES, size));
  const product = (a: Matrix, b: Matrix): Rows => multiplyReference(rowsOf(a), transposed(rowsOf(b)));
  const flat = (rows: Rows): Matrix => matrix(rows.length, rows[0]?.length ?? 0, Float64Array.from(rows.flat()));
  return {
    features,
    kernel: flat(product(features, features)),
    cross: flat(product(others, features)),
    targets: normal("targets", n, CLASSES),
    slopes: normal("slopes", QUERIES, CLASSES),
  };
}

type Drawn = ReturnType<typeof drawn>;

const SOLVERS = {
  factor: ({ kernel }, lambda) => kernelSolver(readerOf(kernel), diagonalOf(kernel), lambda, opened.products),
  "conjugate gradients": ({ kernel }, lambda) =>
    kernelSolver(readerOf(kernel), diagonalOf(kernel), lambda, opened.products, { directLimit: 0 }),
  features: ({ features }, lambda) => featureSolver(features, lambda, opened.products),
} as const satisfies Record<RidgeSolver["by"], (of: Drawn, lambda: number) => Promise<RidgeSolver>>;

const diagonalOf = (kernel: Matrix): Float64Array => Float64Array.from(rowsOf(kernel), (row, i) => row[i] ?? 0);

const cases = fc.record({
  by: fc.constantFrom<RidgeSolver["by"]>("factor", "conjugate gradients", "features"),
  seed: fc.nat(1000),
  n: fc.integer({ min: 2, max: 24 }),
  size: fc.integer({ min: 1, max: 9 }),
  lambda: fc.constantFrom(0.1, 3),
});

/** The scores of queries by a regression without some examples, `[queries, classes]`, by elimination. */
function predictedWithout(left: readonly number[], { kernel, cross, targets }: Drawn, lambda: number): Rows {
  const keep = (_: unknown, i: number): boolean => !left.includes(i);
  const inner = rowsOf(kernel)
    .filter(keep)
    .map((row) => row.filter(keep));
  const alpha = solveReference(shifted(inner, lambda), rowsOf(targets).filter(keep));
  return multiplyReference(
    rowsOf(cross).map((row) => row.filter(keep)),
    alpha,
  );
}

describe("influence by a ridge regression", () => {
  it("is, over a divisor of the example, what leaving the example out takes from the query's scores (theory 8.3)", () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ by, seed, n, size, lambda }) => {
        const of = drawn(seed, n, size);
        await using solver = await SOLVERS[by](of, lambda);
        expect(solver.by).toBe(by);
        const coefficients = await solver.solve(of.targets);
        const scores = await influenceScores({ solver, coefficients }, of.cross, of.slopes, opened.products);
        const inverse = solveReference(
          shifted(rowsOf(of.kernel), lambda),
          rowsOf(of.kernel).map((row, i) => row.map((_, j) => (i === j ? 1 : 0))),
        );
        const whole = predictedWithout([], of, lambda);
        const wanted = Array.from({ length: QUERIES }, (): number[] => []);
        for (let s = 0; s < n; s++) {
          const without = predictedWithout([s], of, lambda);
          for (let t = 0; t < QUERIES; t++) {
            const fallen = (whole[t] ?? []).map((value, c) => value - (without[t]?.[c] ?? 0));
            const slope = rowsOf(of.slopes)[t] ?? [];
            const rise = fallen.reduce((sum, value, c) => sum + value * (slope[c] ?? 0), 0);
            wanted[t]?.push(rise * (inverse[s]?.[s] ?? Number.NaN));
          }
        }
        expectClose(rowsOf(scores), wanted, { relative: 1e-6, absolute: 1e-7 });
      }),
      { numRuns: propertyRuns(12) },
    ));

  it("predicts each example as a regression on all the others does", () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ by, seed, n, size, lambda }) => {
        const of = drawn(seed, n, size);
        await using solver = await SOLVERS[by](of, lambda);
        const coefficients = await solver.solve(of.targets);
        const left = rowsOf(await leftOutPredictions({ solver, coefficients }, of.targets));
        const wanted = rowsOf(of.kernel).map((row, s) =>
          predictedWithout([s], { ...of, cross: matrix(1, n, Float64Array.from(row)) }, lambda).flat(),
        );
        // of conjugate gradients the divisor is estimated, and lies between 1/(1+λ) and 1/λ
        if (by !== "conjugate gradients") expectClose(left, wanted, { relative: 1e-8, absolute: 1e-8 });
        else {
          const data = await solver.inverseDiagonal();
          const inverse = solveReference(
            shifted(rowsOf(of.kernel), lambda),
            rowsOf(of.kernel).map((row, i) => row.map((_, j) => (i === j ? 1 : 0))),
          );
          const besides = inverse.map((row, i) => Math.sqrt(row.reduce((sum, v, j) => sum + (i === j ? 0 : v * v), 0)));
          // five standard errors of 64 signs
          for (const [i, value] of data.entries()) {
            expect(Math.abs(value - (inverse[i]?.[i] ?? 0))).toBeLessThan(1e-9 + (5 * (besides[i] ?? 0)) / 8);
          }
        }
      }),
      { numRuns: propertyRuns(12) },
    ));

  it("refuses a kernel that is none", async () => {
    const kernel = matrix(2, 2, Float64Array.of(1, 9, 9, 1));
    expect(await rejectionOf(kernelSolver(readerOf(kernel), Float64Array.of(1, 1), 3, opened.products))).toEqual({
      message:
        "a kernel whose pivot 1 is not positive with a ridge of 3: expected a positive semidefinite kernel, and a ridge above 0",
      hint: "give a larger ridge, or check how the kernel was made",
    });
  });
});
