import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bandForm } from "../../src/fitting/band-form.ts";
import { matrix } from "../../src/fitting/block-products.ts";
import { accuracyOf, classTargets, predictedClasses } from "../../src/fitting/class-targets.ts";
import { conjugateGradients } from "../../src/fitting/conjugate-gradients.ts";
import { kernelNorms, subKernel } from "../../src/fitting/kernel-rows.ts";
import { leaveOneOut } from "../../src/fitting/leave-one-out.ts";
import { lowRankPreconditioner } from "../../src/fitting/low-rank-preconditioner.ts";
import { fitRidge } from "../../src/fitting/ridge.ts";
import { chooseRidge, RIDGE_GRID } from "../../src/fitting/ridge-choice.ts";
import { randomStream } from "../../src/random.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { multiplyReference, type Rows, shifted, solveReference, traceOf } from "./kernel-machines.reference.ts";
import { openProducts, randomKernel, randomLabels, readerOf, rowsOf } from "./small-kernels.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
});
afterAll(() => opened[Symbol.asyncDispose]());

const randomTargets = (seed: number, n: number, columns: number) =>
  matrix(n, columns, randomStream(seed, "targets").normal(n * columns));

describe("ridge regression", () => {
  it("solves (H + ridge·trace/n·I) α = Y", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(1000),
          n: fc.integer({ min: 1, max: 40 }),
          columns: fc.integer({ min: 1, max: 4 }),
          ridge: fc.constantFrom(1e-6, 1e-3, 1, 30),
        }),
        async ({ seed, n, columns, ridge }) => {
          const kernel = randomKernel(seed, n, 6);
          const targets = randomTargets(seed, n, columns);
          const norms = await kernelNorms(readerOf(kernel));
          const fit = await fitRidge(readerOf(kernel), norms, targets, ridge, opened.products);
          const lambda = (ridge * traceOf(rowsOf(kernel))) / n;
          const wanted = solveReference(shifted(rowsOf(kernel), lambda), rowsOf(targets));
          // coefficients grow as 1 / ridge, and so does the rounding of every product with them
          const rounding = { relative: 0, absolute: 1e-8 + 1e-12 * Math.max(...fit.coefficients.data.map(Math.abs)) };
          const left = multiplyReference(shifted(rowsOf(kernel), lambda), rowsOf(fit.coefficients));
          expectClose(left, rowsOf(targets), rounding);
          expectClose(rowsOf(fit.fitted), multiplyReference(rowsOf(kernel), rowsOf(fit.coefficients)), rounding);
          expect(fit.residual).toBeLessThan(rounding.absolute);
          // at 1e-6 the condition is 1e8: two ways of elimination agree on Y, not on α
          if (ridge >= 1e-3) expectClose(rowsOf(fit.coefficients), wanted, { relative: 1e-8, absolute: 1e-7 });
          expect(fit).toMatchObject({ ridge, jitter: 0, method: { kind: "cholesky" } });
        },
      ),
      { numRuns: propertyRuns(25) },
    ));

  it("reports the jitter that a kernel of low rank needs without a ridge", async () => {
    const kernel = readerOf(randomKernel(1, 60, 4));
    const fit = await fitRidge(kernel, await kernelNorms(kernel), randomTargets(1, 60, 1), 0, opened.products);
    expect(fit.ridge).toBe(0);
    expect(fit.jitter).toBeGreaterThan(0);
  });

  it("refuses targets of another number of examples", async () => {
    const kernel = readerOf(randomKernel(1, 5, 5));
    const fit = fitRidge(kernel, await kernelNorms(kernel), randomTargets(1, 4, 1), 1, opened.products);
    expect(await rejectionOf(fit)).toEqual({
      message: "4 targets for a kernel of 5 examples: expected one an example",
      hint: "give kernel and labels of the same examples",
    });
  });
});

describe("conjugate gradients", () => {
  it.each([
    { n: 1, columns: 1, ridge: 1 },
    { n: 30, columns: 3, ridge: 1e-3 },
    { n: 700, columns: 2, ridge: 1e-2 }, // two blocks of rows
  ])("find the solution of the factor: n = $n, $columns columns, ridge $ridge", async ({ n, columns, ridge }) => {
    const kernel = readerOf(randomKernel(n, n, 25));
    const norms = await kernelNorms(kernel);
    const targets = randomTargets(n, n, columns);
    const direct = await fitRidge(kernel, norms, targets, ridge, opened.products);
    const options = { directLimit: 0, tolerance: 1e-11 };
    const iterated = await fitRidge(kernel, norms, targets, ridge, opened.products, options);
    expect(iterated.method.kind).toBe("conjugate-gradients");
    expect(iterated.residual).toBeLessThanOrEqual(1e-11);
    expectClose(iterated.coefficients, direct.coefficients, { relative: 1e-6, absolute: 1e-6 });
    expectClose(iterated.fitted, direct.fitted, { relative: 1e-6, absolute: 1e-6 });
  });

  it("are preconditioned by an inverse of what the rows that were read tell of the kernel", async () => {
    const dense = randomKernel(11, 40, 6, 0.01);
    const kernel = readerOf(dense);
    const { diagonal } = await kernelNorms(kernel);
    const y = randomTargets(11, 40, 2);
    // all rows: the whole matrix
    const whole = await lowRankPreconditioner(kernel, diagonal, 0.005, opened.products, 40);
    const wanted = solveReference(shifted(rowsOf(dense), 0.005), rowsOf(y));
    expectClose(rowsOf(await whole(y)), wanted, { relative: 1e-6, absolute: 1e-6 });
    // no shift: nothing to fall back on but the diagonal
    const plain = await lowRankPreconditioner(kernel, diagonal, 0, opened.products);
    const divided = rowsOf(y).map((row, i) => row.map((value) => value / (diagonal[i] ?? 0)));
    expectClose(rowsOf(await plain(y)), divided, { relative: 1e-14 });
  });

  it("need few iterations where the rows that were read tell nearly all", async () => {
    const kernel = readerOf(randomKernel(12, 500, 100));
    const { diagonal } = await kernelNorms(kernel);
    const { iterations } = await conjugateGradients(kernel, diagonal, 1e-4, randomTargets(12, 500, 1), opened.products);
    expect(iterations).toBeLessThan(10);
  });

  it("leave a column of zeros alone", async () => {
    const kernel = readerOf(randomKernel(4, 20, 25));
    const { diagonal } = await kernelNorms(kernel);
    const targets = matrix(
      20,
      2,
      randomTargets(4, 20, 2).data.map((y, at) => (at % 2 === 0 ? 0 : y)),
    );
    const { x, residual } = await conjugateGradients(kernel, diagonal, 0.1, targets, opened.products);
    expect(x.data.filter((_, at) => at % 2 === 0).every((value) => value === 0)).toBe(true);
    expect(residual).toBeLessThanOrEqual(1e-8);
  });

  it("say what was reached where the iterations do not suffice", async () => {
    const kernel = readerOf(randomKernel(5, 60, 60));
    const { diagonal } = await kernelNorms(kernel);
    const options = { maxIterations: 2 };
    const { message, hint } = await rejectionOf(
      conjugateGradients(kernel, diagonal, 0, randomTargets(5, 60, 1), opened.products, options),
    );
    expect(message).toMatch(
      /^a relative residual of \d\.\de-\d after 2 iterations: expected conjugate gradients that reach 1\.0e-8$/,
    );
    expect(hint).toBe("give a larger ridge");
  });

  it("notice a matrix that is not positive", async () => {
    const kernel = readerOf(matrix(2, 2, Float64Array.of(1, 3, 3, 1)));
    const y = matrix(2, 1, Float64Array.of(1, -1));
    expect(await rejectionOf(conjugateGradients(kernel, Float64Array.of(1, 1), 0, y, opened.products))).toEqual({
      message: "a kernel with a direction of negative curvature: expected a positive semidefinite matrix",
      hint: "check how the kernel was made, or give a larger ridge",
    });
  });
});

/** Prediction for each example by a machine fitted to all the others, one after the other. */
function refitsWithout(kernel: Rows, targets: Rows, lambda: number): Rows {
  return kernel.map((row, left) => {
    const others = kernel.map((_, i) => i).filter((i) => i !== left);
    const own = others.map((i) => others.map((j) => kernel[i]?.[j] ?? 0));
    const alpha = solveReference(
      shifted(own, lambda),
      others.map((i) => targets[i] ?? []),
    );
    return multiplyReference([others.map((j) => row[j] ?? 0)], alpha)[0] ?? [];
  });
}

/** The same by the inverse: `y − α / (G⁻¹)_ii`, which rounding does not hurt where `G` is nearly singular. */
function leftOutByInverse(kernel: Rows, targets: Rows, lambda: number): Rows {
  const identity = kernel.map((_, i) => kernel.map((__, j) => (i === j ? 1 : 0)));
  const inverse = solveReference(shifted(kernel, lambda), identity);
  const alpha = multiplyReference(inverse, targets);
  return targets.map((row, i) => row.map((y, c) => y - (alpha[i]?.[c] ?? 0) / (inverse[i]?.[i] ?? 0)));
}

describe("leave-one-out", () => {
  it.each([
    { n: 2, features: 3, width: 4, ridges: [0.1] },
    { n: 12, features: 4, width: 1, ridges: [1e-3] },
    // blocks that do not come out even, and more of them than are made at once
    { n: 30, features: 20, width: 1, ridges: [0.5, 1e-2] },
  ])("equals refits without each example: n = $n, band of $width", async ({ n, features, width, ridges }) => {
    const kernel = randomKernel(n, n, features);
    const targets = randomTargets(n, n, 2);
    const { trace } = await kernelNorms(readerOf(kernel));
    const form = await bandForm(readerOf(kernel), opened.products, {}, width);
    const left = await leaveOneOut(form, trace / n, targets, ridges, opened.products);
    for (const [i, ridge] of ridges.entries()) {
      const wanted = refitsWithout(rowsOf(kernel), rowsOf(targets), (ridge * trace) / n);
      expectClose(rowsOf(left[i] ?? targets), wanted, { relative: 1e-7, absolute: 1e-8 });
    }
  });

  it("the same of more rows than are worked at together", async () => {
    const kernel = randomKernel(7, 150, 20);
    const targets = randomTargets(7, 150, 2);
    const form = await bandForm(readerOf(kernel), opened.products);
    const [left] = await leaveOneOut(form, 1, targets, [0.1], opened.products);
    expectClose(rowsOf(left ?? targets), leftOutByInverse(rowsOf(kernel), rowsOf(targets), 0.1), { relative: 1e-9 });
  });

  it("takes the jitter that the kernel's factor takes", async () => {
    // of rank 3 but for an eigenvalue of about −1e-7 of trace/n: a ridge of 1e-8 needs a jitter of 1e-6
    const kernel = randomKernel(5, 40, 3);
    const { trace } = await kernelNorms(readerOf(kernel));
    for (let i = 0; i < 40; i++) kernel.data[41 * i]! -= (1e-7 * trace) / 40;
    const targets = randomTargets(5, 40, 1);
    const form = await bandForm(readerOf(kernel), opened.products, {}, 8);
    const [left] = await leaveOneOut(form, trace / 40, targets, [1e-8], opened.products);
    const wanted = leftOutByInverse(rowsOf(kernel), rowsOf(targets), ((1e-8 + 1e-6) * trace) / 40);
    expectClose(rowsOf(left ?? targets), wanted, { relative: 1e-6, absolute: 1e-7 });
  });

  it("refuses a kernel that no jitter makes positive", async () => {
    const kernel = matrix(2, 2, Float64Array.of(1, 2, 2, 1));
    const form = await bandForm(readerOf(kernel), opened.products, {}, 2);
    expect(await rejectionOf(leaveOneOut(form, 1, randomTargets(1, 2, 1), [1e-3], opened.products))).toEqual({
      message:
        "a kernel whose pivot 1 is not positive, with 0.0001 of trace/n added to the diagonal: expected a positive semidefinite matrix",
      hint: "check how the kernel was made",
    });
  });
});

/** A noisy problem whose best ridge lies inside the grid: labels of a linear function, a fifth of them flipped. */
function noisyProblem(n: number) {
  const kernel = randomKernel(9, n, 8, 0.3);
  const flips = randomStream(9, "flips").uniform(n, 0, 1);
  // column 0 of the kernel is a linear function of the features
  const labels = Int32Array.from({ length: n }, (_, i) =>
    (kernel.data[i * n] ?? 0) > 0 === (flips[i] ?? 0) > 0.2 ? 1 : 0,
  );
  return { kernel: readerOf(kernel), labels };
}

describe("choice of the ridge", () => {
  it("takes the best leave-one-out accuracy of the grid, and the smaller error among equals", async () => {
    const { kernel, labels } = noisyProblem(120);
    const norms = await kernelNorms(kernel);
    const choice = await chooseRidge(kernel, norms, labels, classTargets(labels), opened.products);
    expect(choice.examples).toBe(120);
    expect(choice.candidates.map(({ ridge }) => ridge)).toEqual(RIDGE_GRID);
    const most = Math.max(...choice.candidates.map(({ accuracy }) => accuracy));
    const ties = choice.candidates.filter(({ accuracy }) => accuracy === most);
    const least = Math.min(...ties.map(({ squaredError }) => squaredError));
    expect(ties.find(({ squaredError }) => squaredError === least)?.ridge).toBe(choice.ridge);
    expect(most).toBeGreaterThan(60);
  });

  it("samples beyond its limit, the same in every call", async () => {
    const { kernel, labels } = noisyProblem(90);
    const norms = await kernelNorms(kernel);
    const choose = () => chooseRidge(kernel, norms, labels, classTargets(labels), opened.products, { limit: 50 });
    const choice = await choose();
    expect(choice.examples).toBe(50);
    expect(await choose()).toEqual(choice);
  });

  it("reads a part of a kernel in the order that is asked for", async () => {
    const kernel = randomKernel(6, 5, 5);
    const part = await subKernel(readerOf(kernel), Int32Array.of(3, 1)).read(0, 2);
    expect([...part]).toEqual([kernel.data[18], kernel.data[16], kernel.data[8], kernel.data[6]]);
  });
});

describe("classes as targets", () => {
  it("two classes are one column, +1 for the larger label", () => {
    const { classes, targets } = classTargets(Int32Array.of(7, -4, 7));
    expect([...classes]).toEqual([-4, 7]);
    expect(rowsOf(targets)).toEqual([[1], [-1], [1]]);
  });

  it("more classes are a column each", () => {
    const { classes, targets } = classTargets(Int32Array.of(9, 0, 10));
    expect([...classes]).toEqual([0, 9, 10]);
    expect(rowsOf(targets)).toEqual([
      [-1, 1, -1],
      [1, -1, -1],
      [-1, -1, 1],
    ]);
  });

  it("scores of ±1, 0/1 and centered targets predict the same class", async () => {
    const n = 40;
    const kernel = readerOf(randomKernel(8, n, 5));
    const norms = await kernelNorms(kernel);
    const { classes, targets } = classTargets(randomLabels(8, n, 3));
    const predict = async (change: (y: number, column: number) => number) => {
      const changed = matrix(
        n,
        3,
        targets.data.map((y, at) => change(y, at % 3)),
      );
      return predictedClasses((await fitRidge(kernel, norms, changed, 0.1, opened.products)).fitted, classes);
    };
    const plusMinus = await predict((y) => y);
    expect(await predict((y) => (y + 1) / 2)).toEqual(plusMinus);
    expect(await predict((y) => (y + 1) / 2 - 1 / 3)).toEqual(plusMinus);
  });

  it("labels that are what was fitted are predicted, and the accuracy counts them", () =>
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 2, max: 5 }), (seed, count) => {
        const labels = randomLabels(seed, 20, count);
        const { classes, targets } = classTargets(labels);
        expect(predictedClasses(targets, classes)).toEqual(labels);
        expect(accuracyOf(labels, labels)).toBe(100);
        expect(
          accuracyOf(
            labels,
            Int32Array.from(labels, (label, i) => (i < 5 ? -1 : label)),
          ),
        ).toBe(75);
      }),
    ));

  it.each([
    { labels: Int32Array.of(3, 3), received: "labels that are all 3" },
    { labels: new Int32Array(0), received: "no labels" },
  ])("refuses $received", ({ labels, received }) => {
    expect(errorOf(() => classTargets(labels))).toEqual({
      message: `${received}: expected at least two classes`,
      hint: "give examples of several classes",
    });
  });
});
