import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernelAlignment } from "../../src/fitting/alignment.ts";
import { matrix } from "../../src/fitting/block-products.ts";
import { classTargets } from "../../src/fitting/class-targets.ts";
import { smallestEigenvalueOfFew } from "../../src/fitting/few-examples.ts";
import { kernelFitBytes } from "../../src/fitting/fit-memory.ts";
import { fitKernel } from "../../src/fitting/kernel-fit.ts";
import { kernelNorms } from "../../src/fitting/kernel-rows.ts";
import { labelFit } from "../../src/fitting/label-fit.ts";
import { positiveFactor } from "../../src/fitting/positive-factor.ts";
import { smallestEigenvalue } from "../../src/fitting/smallest-eigenvalue.ts";
import {
  EIGENVALUE_LIMIT,
  effectiveRank,
  effectiveRankOf,
  kernelEigenvalues,
  participationRatio,
} from "../../src/fitting/spectrum.ts";
import { tridiagonalEigen } from "../../src/fitting/tridiagonal.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { symmetricEigenvalues } from "./eigenvalues.reference.ts";
import {
  centeredReference,
  innerReference,
  multiplyReference,
  solveReference,
  traceOf,
  transposed,
} from "./kernel-machines.reference.ts";
import { openProducts, randomKernel, randomLabels, readerOf, rowsOf } from "./small-kernels.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
});
afterAll(() => opened[Symbol.asyncDispose]());

const problems = fc.record({
  seed: fc.nat(1000),
  n: fc.integer({ min: 4, max: 30 }),
  classes: fc.integer({ min: 2, max: 4 }),
});

describe("label fit", () => {
  it("is yᵀ Ĥ⁻¹ y of each class against the others, and their mean (theory 4.9)", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n, classes }) => {
        const kernel = randomKernel(seed, n, n, 0.3);
        const { targets } = classTargets(randomLabels(seed, n, classes));
        const norms = await kernelNorms(readerOf(kernel));
        const factored = await positiveFactor(readerOf(kernel), norms, 0, opened.products);
        const fit = await labelFit(readerOf(kernel), norms, factored, targets, opened.products);
        const normalized = rowsOf(kernel).map((row) => row.map((value) => value / traceOf(rowsOf(kernel))));
        const y = rowsOf(targets);
        const form = multiplyReference(transposed(y), solveReference(normalized, y));
        const wanted = form.map((row, c) => row[c] ?? 0);
        expectClose(fit.perColumn, wanted, { relative: 1e-9 });
        expectClose(fit.nu, wanted.reduce((sum, value) => sum + value, 0) / wanted.length, { relative: 1e-9 });
      }),
      { numRuns: propertyRuns(25) },
    ));

  it("by the band form, where the kernel is clearly positive, or by its own factor, is the same", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n, classes }) => {
        const labels = randomLabels(seed, n, classes);
        // clearly positive; and of rank n − 2 at most, which pivots decide
        for (const [inner, diagonal, singular] of [
          [n, 0.3, false],
          [Math.max(1, n - 2), 0, true],
        ] as const) {
          const kernel = readerOf(randomKernel(seed, n, inner, diagonal));
          const norms = await kernelNorms(kernel);
          const factored = await positiveFactor(kernel, norms, 0, opened.products);
          const wanted = await labelFit(kernel, norms, factored, classTargets(labels).targets, opened.products);
          const { direct } = await fitKernel({ kernel, labels, ridge: 1 }, opened.products);
          expect(direct?.jitter).toBe(factored.jitter);
          expectClose(direct?.nuPerClass ?? expect.fail(), wanted.perColumn, { relative: singular ? 0 : 1e-10 });
        }
      }),
      { numRuns: propertyRuns(15) },
    ));

  it("is n² for the identity, whatever the labels", async () => {
    const kernel = readerOf(matrix(3, 3, Float64Array.of(5, 0, 0, 0, 5, 0, 0, 0, 5)));
    const norms = await kernelNorms(kernel);
    const factored = await positiveFactor(kernel, norms, 0, opened.products);
    const { targets } = classTargets(Int32Array.of(-1, 1, 1));
    expectClose((await labelFit(kernel, norms, factored, targets, opened.products)).nu, 9, { relative: 1e-14 });
  });
});

describe("alignment", () => {
  const align = async (kernel: ReturnType<typeof randomKernel>, labels: Int32Array) =>
    await kernelAlignment(readerOf(kernel), await kernelNorms(readerOf(kernel)), classTargets(labels), opened.products);

  it("is the cosine between kernel and ideal kernel, written out, and lies in [−1, 1]", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n, classes }) => {
        const kernel = randomKernel(seed, n, 3);
        const labels = [...randomLabels(seed, n, classes)];
        const sign = (label: number): number => (label === 1 ? 1 : -1);
        const ideal = labels.map((a) => labels.map((b) => (classes === 2 ? sign(a) * sign(b) : a === b ? 1 : 0)));
        const cosine = (a: readonly number[][], b: readonly number[][]): number =>
          innerReference(a, b) / Math.sqrt(innerReference(a, a) * innerReference(b, b));
        const got = await align(kernel, Int32Array.from(labels));
        const rows = rowsOf(kernel).map((row) => [...row]);
        expectClose(got.alignment, cosine(rows, ideal), { relative: 1e-11 });
        const wanted = cosine(centeredReference(rows), centeredReference(ideal));
        expectClose(got.centered, wanted, { relative: 1e-10, absolute: 1e-12 });
        for (const value of [got.alignment, got.centered]) expect(Math.abs(value)).toBeLessThanOrEqual(1);
      }),
      { numRuns: propertyRuns(40) },
    ));

  it.each([2, 3])("of the ideal kernel of %i classes is 1", async (classes) => {
    const labels = randomLabels(1, 12, classes);
    const { targets } = classTargets(labels);
    const y = rowsOf(
      matrix(
        12,
        targets.shape[1] ?? 0,
        targets.data.map((v) => (classes === 2 ? v : (v + 1) / 2)),
      ),
    );
    const ideal = matrix(12, 12, Float64Array.from(multiplyReference(y, transposed(y)).flat()));
    expectClose(await align(ideal, labels).then((a) => [a.alignment, a.centered]), [1, 1], { relative: 1e-12 });
  });

  it("of a constant kernel, centered, is 0", async () => {
    const constant = matrix(6, 6, new Float64Array(36).fill(0.1));
    expect((await align(constant, Int32Array.of(0, 1, 2, 0, 0, 1))).centered).toBe(0);
  });
});

describe("eigenvalues", () => {
  it.each([
    { title: "2 by 2", rows: [2, 1, 1, 2], wanted: [1, 3] },
    { title: "a diagonal", rows: [3, 0, 0, 0, -1, 0, 0, 0, 2], wanted: [-1, 2, 3] },
    { title: "one", rows: [7], wanted: [7] },
    { title: "zeros", rows: [0, 0, 0, 0], wanted: [0, 0] },
    // the second difference: 2 − 2 cos(k π / 5)
    {
      title: "the second difference",
      rows: [2, -1, 0, 0, -1, 2, -1, 0, 0, -1, 2, -1, 0, 0, -1, 2],
      wanted: [1, 2, 3, 4].map((k) => 2 - 2 * Math.cos((k * Math.PI) / 5)),
    },
  ])("of $title", async ({ rows, wanted }) => {
    const n = wanted.length;
    const kernel = readerOf(matrix(n, n, Float64Array.from(rows)));
    expectClose(await kernelEigenvalues(kernel, opened.products), wanted, {
      relative: 1e-14,
      absolute: 1e-14,
    });
  });

  it("have the trace, the Frobenius norm and the determinant of the matrix", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 60 }), async (seed, n) => {
        const kernel = randomKernel(seed, n, n, 0.1);
        const values = [...(await kernelEigenvalues(readerOf(kernel), opened.products))];
        const norms = await kernelNorms(readerOf(kernel));
        const sum = (of: readonly number[]): number => of.reduce((total, value) => total + value, 0);
        expectClose(sum(values), norms.trace, { relative: 1e-12 });
        expectClose(sum(values.map((value) => value * value)), norms.squaredFrobenius, { relative: 1e-12 });
        const { factor } = await positiveFactor(readerOf(kernel), norms, 0, opened.products);
        const tolerance = { relative: 1e-10, absolute: 1e-9 };
        expectClose(sum(values.map(Math.log)), factor.logDeterminant(), tolerance);
        expect([...values].sort((a, b) => a - b)).toEqual(values);
      }),
      { numRuns: propertyRuns(30) },
    ));

  it("of a tridiagonal matrix come with the first components of their vectors", () => {
    // of the second difference: sqrt(2/(n + 1)) sin(k π/(n + 1))
    const { firstComponents } = tridiagonalEigen(new Float64Array(6).fill(2), new Float64Array(5).fill(-1));
    const wanted = [1, 2, 3, 4, 5, 6].map((k) => Math.sqrt(2 / 7) * Math.sin((k * Math.PI) / 7));
    expectClose(firstComponents.map(Math.abs), wanted, { relative: 1e-13 });
  });

  it("are refused for more examples than a laptop can wait for", async () => {
    const kernel = { rows: EIGENVALUE_LIMIT + 1, columns: EIGENVALUE_LIMIT + 1, read: () => new Float64Array(0) };
    expect(await rejectionOf(kernelEigenvalues(kernel, opened.products))).toEqual({
      message: "a kernel of 4001 examples: expected at most 4000 for all its eigenvalues",
      hint: "take fewer examples, or ask for the effective rank and the smallest eigenvalue alone",
    });
  });
});

describe("smallest eigenvalue", () => {
  it.each([
    { n: 1, features: 1, ridge: 0 },
    { n: 25, features: 40, ridge: 0 },
    { n: 25, features: 40, ridge: 0.3 },
    { n: 150, features: 160, ridge: 0 },
  ])("is the first of all, n = $n, through a factor with ridge $ridge", async ({ n, features, ridge }) => {
    const kernel = randomKernel(n, n, features);
    const norms = await kernelNorms(readerOf(kernel));
    const factored = await positiveFactor(readerOf(kernel), norms, ridge, opened.products);
    const [wanted] = symmetricEigenvalues(kernel);
    expectClose(await smallestEigenvalue(factored, opened.products), wanted ?? Number.NaN, { relative: 1e-8 });
  });

  it("of few examples is the first of all, without an engine", async () => {
    const sizes = fc.record({ n: fc.integer({ min: 1, max: 70 }), beside: fc.integer({ min: 0, max: 30 }) });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ({ n, beside }, seed) => {
        const kernel = randomKernel(seed, n, n + beside);
        const norms = await kernelNorms(readerOf(kernel));
        const [wanted = Number.NaN] = symmetricEigenvalues(kernel);
        const got = await smallestEigenvalueOfFew(readerOf(kernel), norms);
        // exact to rounding of the largest
        expect(Math.abs(got - wanted)).toBeLessThan(1e-9 * Math.abs(wanted) + 1e-12 * norms.trace);
      }),
      { numRuns: 30 },
    );
  });

  it("of few examples of low rank is 0 beside its largest, and of what is no kernel refused", async () => {
    const kernel = readerOf(randomKernel(3, 60, 5));
    const norms = await kernelNorms(kernel);
    expect(Math.abs(await smallestEigenvalueOfFew(kernel, norms))).toBeLessThan(1e-12 * norms.trace);
    const signs = readerOf({ ...randomKernel(3, 2, 2), data: Float64Array.of(1, 2, 2, 1) });
    expect(await rejectionOf(smallestEigenvalueOfFew(signs, await kernelNorms(signs)))).toEqual({
      message:
        "a kernel whose pivot 1 is not positive, with 0.0001 of trace/n added to the diagonal: expected a positive semidefinite matrix",
      hint: "check how the kernel was made",
    });
  });

  it("of a kernel of low rank is 0 beside its largest", async () => {
    const kernel = readerOf(randomKernel(3, 60, 5));
    const norms = await kernelNorms(kernel);
    const factored = await positiveFactor(kernel, norms, 0, opened.products);
    expect(Math.abs(await smallestEigenvalue(factored, opened.products))).toBeLessThan(1e-12 * norms.trace);
  });
});

describe("effective rank", () => {
  it("is n for the identity and 1 for rank one", async () => {
    expectClose(effectiveRankOf(Float64Array.of(2, 2, 2)), 3, { relative: 1e-14 });
    expectClose(effectiveRankOf(Float64Array.of(-1e-17, 0, 4)), 1, { relative: 1e-14 });
    const kernel = readerOf(randomKernel(1, 20, 1));
    const norms = await kernelNorms(kernel);
    expectClose((await effectiveRank(kernel, norms, opened.products)).effectiveRank, 1, { relative: 1e-12 });
    expectClose(participationRatio(norms), 1, { relative: 1e-12 });
  });

  it("is at least the participation ratio and at most n", () =>
    fc.assert(
      fc.asyncProperty(problems, async ({ seed, n }) => {
        const kernel = readerOf(randomKernel(seed, n, 4, 0.05));
        const norms = await kernelNorms(kernel);
        const { effectiveRank: rank, standardError } = await effectiveRank(kernel, norms, opened.products);
        expect(standardError).toBe(0);
        expect(rank).toBeGreaterThanOrEqual(participationRatio(norms) * (1 - 1e-12));
        expect(rank).toBeLessThanOrEqual(n * (1 + 1e-12));
      }),
      { numRuns: propertyRuns(20) },
    ));

  it.each([
    { title: "a decaying spectrum", features: 30, power: 1.2 },
    { title: "one large eigenvalue", features: 200, power: 0.2 },
  ])("estimated from probes is within four standard errors: $title", async ({ features, power }) => {
    const n = 200;
    const x = randomStream(1, "spectrum").normal(n * features);
    const kernel = matrix(n, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = power < 1 ? 5 : 0;
        for (let k = 0; k < features; k++) {
          sum += ((x[i * features + k] ?? 0) * (x[j * features + k] ?? 0)) / (1 + k) ** power;
        }
        kernel.data[i * n + j] = sum;
      }
    }
    const norms = await kernelNorms(readerOf(kernel));
    const exact = await effectiveRank(readerOf(kernel), norms, opened.products);
    const estimate = await effectiveRank(readerOf(kernel), norms, opened.products, {}, 100);
    expect(estimate.standardError).toBeGreaterThan(0);
    expect(estimate.standardError).toBeLessThan(0.05 * exact.effectiveRank);
    expectClose(estimate.effectiveRank, exact.effectiveRank, { relative: 0, absolute: 4 * estimate.standardError });
  });
});

it.each([
  // peaks of the command, measured: a process, the kernel, and the larger of band form and factor
  { examples: 2_000, measured: 308e6 },
  { examples: 4_000, measured: 529e6 },
])("memory of $examples examples is told before it is taken", ({ examples, measured }) => {
  const told = kernelFitBytes(examples, 8 * examples ** 2);
  expect(told / measured).toBeGreaterThan(0.9);
  expect(told / measured).toBeLessThan(1.3);
  expect(kernelFitBytes(60_000, 8 * 60_000 ** 2)).toBeGreaterThan(28.8e9);
});
