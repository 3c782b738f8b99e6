import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matrix } from "../../src/fitting/block-products.ts";
import { classTargets } from "../../src/fitting/class-targets.ts";
import { fitFeatures, fitKernel, type KernelRows, kernelRows } from "../../src/fitting/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { solveReference } from "./kernel-machines.reference.ts";
import { openProducts, randomLabels, rowsOf } from "./small-kernels.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
let second: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
  second = await openProducts();
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

/** Features of different sizes, some of them nearly alike. */
function randomFeatures(seed: number, rows: number, columns: number): ReturnType<typeof matrix> {
  const numbers = randomStream(seed, "features").normal(rows * (columns + 1));
  const at = (row: number, column: number) => numbers[row * (columns + 1) + column]!;
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return (at(row, column) + at(row, columns)) / (1 + column);
    }),
  );
}

/** `A · B` with `B` transposed, in plain loops. */
function products(a: ReturnType<typeof matrix>, b: ReturnType<typeof matrix>): KernelRows {
  const [[rows = 0, inner = 0], [columns = 0]] = [a.shape, b.shape];
  const out = matrix(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k < inner; k++) out.data[i * columns + j]! += a.data[i * inner + k]! * b.data[j * inner + k]!;
    }
  }
  return kernelRows(out);
}

describe("a kernel machine by its features", () => {
  it("is the one by its kernel: choice of the ridge, accuracies, measures, predictions", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(1000),
          rows: fc.integer({ min: 4, max: 60 }),
          columns: fc.integer({ min: 1, max: 40 }),
          classes: fc.integer({ min: 2, max: 4 }),
          ridge: fc.constantFrom("cv" as const, 1e-4, 0.1, 3),
        }),
        async ({ seed, rows, columns, classes, ridge }) => {
          const features = randomFeatures(seed, rows, columns);
          const others = randomFeatures(seed + 1, 9, columns);
          const [labels, testLabels] = [randomLabels(seed, rows, classes), randomLabels(seed, 9, classes)];
          const dual = await fitKernel(
            {
              ...{ labels, ridge },
              kernel: products(features, features),
              test: { kernel: products(others, features), labels: testLabels },
            },
            opened.products,
          );
          const primal = await fitFeatures(
            {
              ...{ labels, ridge },
              features: kernelRows(features),
              test: { features: kernelRows(others), labels: testLabels },
            },
            [opened.products],
          );
          const { fit, classes: found, alignment, rank, trainAccuracy, testAccuracy } = dual;
          expect([primal.ridge, primal.classes, primal.jitter]).toEqual([fit.ridge, found, fit.jitter]);
          expect([primal.trainAccuracy, primal.testAccuracy]).toEqual([trainAccuracy, testAccuracy]);
          // weights are features times coefficients, which rounding moves as much as the ridge is small
          const tolerance = { relative: 1e-10, absolute: 1e-10 };
          const fitted = await opened.products.multiply("nn", features, primal.weights);
          expectClose([...fitted.data], [...fit.fitted.data], { relative: 0, absolute: 1e-9 });
          expectClose(
            [
              primal.alignment.alignment,
              primal.alignment.centered,
              primal.rank.effectiveRank,
              primal.rank.participation,
            ],
            [alignment.alignment, alignment.centered, rank.effectiveRank, rank.participation],
            tolerance,
          );
          // at 1e-8 the kernel, of which many eigenvalues are 0, has lost as many digits; the features have not (below)
          for (const [i, { ridge: at, squaredError }] of (dual.choice?.candidates ?? []).entries()) {
            const own = primal.choice?.candidates[i]?.squaredError ?? Number.NaN;
            expectClose([own], [squaredError], { relative: at < 1e-4 ? 1e-4 : 1e-9 });
          }
          expect(primal.residual).toBeLessThan(1e-10);
        },
      ),
      { numRuns: propertyRuns(25) },
    ));

  it("leaves each example out as a fit without it does, at every ridge", async () => {
    const [rows, columns] = [30, 6];
    const features = randomFeatures(3, rows, columns);
    const labels = randomLabels(3, rows, 2);
    const { choice, classes } = await fitFeatures({ features: kernelRows(features), labels, ridge: "cv" }, [
      opened.products,
    ]);
    const { targets } = classTargets(labels);
    const trace = features.data.reduce((sum, value) => sum + value ** 2, 0);
    for (const { ridge, squaredError } of choice?.candidates ?? []) {
      const lambda = (ridge * trace) / rows;
      let squares = 0;
      for (let left = 0; left < rows; left++) {
        const kept = rowsOf(features).filter((_, i) => i !== left);
        const gram = kept[0]?.map(
          (_, a) =>
            kept[0]?.map((__, b) => kept.reduce((sum, row) => sum + row[a]! * row[b]!, a === b ? lambda : 0)) ?? [],
        );
        const right = kept[0]?.map((_, a) => [
          kept.reduce((sum, row, i) => sum + row[a]! * targets.data[i < left ? i : i + 1]!, 0),
        ]);
        const weights = solveReference(gram ?? [], right ?? []);
        const predicted = (rowsOf(features)[left] ?? []).reduce((sum, value, a) => sum + value * weights[a]![0]!, 0);
        squares += (predicted - targets.data[left]!) ** 2;
      }
      expectClose([squaredError], [squares / rows], { relative: 1e-9 });
    }
    expect(classes).toEqual(Int32Array.of(0, 1));
  });

  it("has the same bits with any number of engines, whatever blocks it reads", async () => {
    // more than two blocks, the last one short
    const [rows, columns] = [4500, 20];
    const features = kernelRows(randomFeatures(1, rows, columns));
    const labels = randomLabels(1, rows, 3);
    const asked = { features, labels, ridge: "cv" as const };
    const one = await fitFeatures(asked, [opened.products]);
    expect(await fitFeatures(asked, [opened.products, second.products])).toEqual(one);
    expect(one.choice?.examples).toBe(rows);
    let most = 0;
    const counted: KernelRows = {
      ...{ rows, columns },
      read: (from, to) => {
        most = Math.max(most, to - from);
        return features.read(from, to);
      },
    };
    expect(await fitFeatures({ ...asked, features: counted }, [opened.products])).toEqual(one);
    expect(most).toBeLessThan(rows / 2);
  });

  it("refuses sizes that do not agree, labels of one class, features of 0", async () => {
    const features = kernelRows(randomFeatures(1, 12, 3));
    const refused = async (input: Parameters<typeof fitFeatures>[0]) =>
      (await rejectionOf(fitFeatures(input, [opened.products]))).message;
    const labels = randomLabels(1, 12, 2);
    expect(await refused({ features, labels: labels.slice(1), ridge: 1 })).toBe(
      "11 labels for features of 12 examples: expected one label an example",
    );
    const test = { features: kernelRows(randomFeatures(1, 5, 4)), labels: randomLabels(1, 5, 2) };
    expect(await refused({ features, labels, ridge: 1, test })).toBe(
      "test features of shape [5, 4] with 5 labels: expected a row for each test label, and the 3 features of the training examples",
    );
    expect(await refused({ features, labels: labels.fill(4), ridge: 1 })).toBe(
      "labels that are all 4: expected at least two classes",
    );
    const nothing = kernelRows(matrix(12, 3));
    expect(await refused({ features: nothing, labels: randomLabels(1, 12, 2), ridge: 1 })).toBe(
      "features that are all 0: expected numbers that are not all 0, of squares that float64 holds",
    );
  });
});
