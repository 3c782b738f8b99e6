import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inputSet } from "../../../src/data/example-set.ts";
import { blockOrder, examplesInBlock } from "../../../src/data/own/block-order.ts";
import { channelsFirst, imageLayout } from "../../../src/data/own/image-layout.ts";
import { inputMoments, normalizationArrays, normalizationOf } from "../../../src/data/own/normalization.ts";
import type { RawTargets } from "../../../src/data/own/raw-targets.ts";
import { randomSplit, stratifiedSplit } from "../../../src/data/own/split.ts";
import { targetRows, targetWords } from "../../../src/data/own/targets.ts";
import { float32 } from "../../../src/graph/index.ts";
import { errorOf } from "../../support/error-of.ts";

const place = (example: number): string => `y.npy, element ${example}`;
const numbers = (data: readonly number[], columns = 1): RawTargets => ({
  kind: "numbers",
  shape: columns === 1 ? [data.length] : [data.length / columns, columns],
  data: Float64Array.from(data),
  place,
});
const words = (...of: string[]): RawTargets => ({ kind: "words", words: of, place });
const repeated = (data: readonly number[]): readonly number[] => Array.from({ length: 6 }, () => data).flat();

describe("what targets are", () => {
  it.each([
    { title: "0 to C − 1", targets: numbers([0, 1, 2, 1, 2, 0, 0, 1, 2, 0, 1, 2, 0, 1, 2]), names: ["0", "1", "2"] },
    { title: "two numbers alone", targets: numbers([-1, 1, 1]), names: ["-1", "1"] },
    { title: "numbers with gaps", targets: numbers(repeated([3, 10, 7])), names: ["3", "7", "10"] },
    { title: "words", targets: words("dog", "cat", "dog"), names: ["cat", "dog"] },
    { title: "booleans", targets: { ...numbers([1, 0, 1]), isBoolean: true } as RawTargets, names: ["false", "true"] },
    { title: "one-hot columns", targets: numbers([0, 1, 0, 1, 0, 0], 3), names: ["0", "1", "2"] },
  ])("$title are classes", ({ targets, names }) => {
    expect(targetWords(targets)).toEqual({ kind: "classes", names });
  });

  it("positions of classes are those of their names", () => {
    const targets = numbers(repeated([3, 10, 7]));
    const rows = targetRows(targets, targetWords(targets));
    expect([rows.dtype, ...rows.data.subarray(0, 3)]).toEqual(["uint8", 0, 2, 1]);
    const hot = numbers([0, 1, 0, 1, 0, 0], 3);
    expect([...targetRows(hot, targetWords(hot)).data]).toEqual([1, 0]);
  });

  it.each([
    { title: "fractions", targets: numbers([0.5, 1, 2]), outputs: 1 },
    { title: "whole numbers that hardly repeat", targets: numbers([151, 75, 141, 206, 135, 97]), outputs: 1 },
    { title: "columns that are not one-hot", targets: numbers([0, 1, 1, 1], 2), outputs: 2 },
  ])("$title are values", ({ targets, outputs }) => {
    const decided = targetWords(targets);
    expect([decided.kind, decided.names.length]).toEqual(["values", outputs]);
    expect(targetRows(targets, decided).shape).toEqual([targets.kind === "numbers" ? targets.shape[0] : 0, outputs]);
  });

  it("more than 256 classes take whole numbers of four bytes", () => {
    const targets = numbers(Array.from({ length: 3000 }, (_, i) => i % 300));
    expect(targetRows(targets, targetWords(targets)).dtype).toBe("int32");
  });

  it.each([
    {
      title: "one class",
      run: () => targetWords(words("a", "a")),
      message: 'y.npy, element 0: label "a", as all others: expected at least two classes to tell apart',
    },
    {
      title: "NaN",
      run: () => targetWords(numbers([0, Number.NaN])),
      message: "y.npy, element 1: target NaN: expected a finite number",
    },
    {
      title: "fractions asked for as classes",
      run: () => targetWords(numbers([0, 1.5]), "classes"),
      message: "y.npy, element 1: target 1.5: expected a whole number, as `targets` classes says",
    },
    {
      title: "columns asked for as classes",
      run: () => targetWords(numbers([0, 1, 1, 1], 2), "classes"),
      message: "y.npy, element 1: target [1, 1]: expected one 1 among zeros, as `targets` classes says",
    },
    {
      title: "words asked for as values",
      run: () => targetWords(words("a", "b"), "values"),
      message: 'y.npy, element 0: target "a": expected a number, as `targets` values says',
    },
    {
      title: "a label out of range",
      run: () => targetRows(numbers([0, 7]), { kind: "classes", names: ["0", "1"] }),
      message: 'y.npy, element 1: label "7": expected one of the classes of training: 0, 1',
    },
  ])("$title is refused", ({ run, message }) => {
    expect(errorOf(run).message).toBe(message);
  });
});

describe("splits", () => {
  it("stratified: a partition, each class within one example of its share, none empty, the same by the same seed", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { minLength: 2, maxLength: 200 }),
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        fc.nat(5),
        (labels, share, seed) => {
          const { train, test } = stratifiedSplit(labels, 5, share, seed);
          expect([...train, ...test].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
          for (let label = 0; label < 5; label++) {
            const size = labels.filter((one) => one === label).length;
            const tests = [...test].filter((i) => labels[i] === label).length;
            expect(Math.abs(tests - size * share)).toBeLessThanOrEqual(1);
            if (size > 0) expect(tests).toBeLessThan(size);
            if (size > 1) expect(tests).toBeGreaterThan(0);
          }
          expect(stratifiedSplit(labels, 5, share, seed)).toEqual({ train, test });
        },
      ),
    ));

  it("without classes: a partition with an example on each side", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (size, share) => {
          const { train, test } = randomSplit(size, share, 3);
          expect([...train, ...test].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
          expect(Math.min(train.length, test.length)).toBeGreaterThan(0);
        },
      ),
    ));

  it("another seed chooses others", () => {
    const labels = Array.from({ length: 100 }, (_, i) => i % 2);
    expect(stratifiedSplit(labels, 2, 0.2, 0).test).not.toEqual(stratifiedSplit(labels, 2, 0.2, 1).test);
  });
});

describe("the order of blocks", () => {
  it("is a permutation whose pools hold whole blocks", () => {
    const shape = [16_384]; // 4 examples a block
    expect(examplesInBlock(shape)).toBe(4);
    const order = blockOrder(2051, shape, 0, 1);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 2051 }, (_, i) => i));
    const pool = new Set([...order.subarray(0, 1024)].map((i) => Math.floor(i / 4)));
    expect([256, 257]).toContain(pool.size); // the last block is short
    expect(order).not.toEqual(blockOrder(2051, shape, 0, 2));
  });
});

describe("layouts of images", () => {
  it.each([
    { shape: [32, 32, 3], layout: "hwc" },
    { shape: [28, 28, 1], layout: "hwc" },
    { shape: [3, 32, 32], layout: "chw" },
    { shape: [3, 32, 3], layout: "chw" },
    { shape: [7, 8, 9], layout: "chw" },
    { shape: [28, 28], layout: undefined },
  ])("of $shape: $layout", ({ shape, layout }) => expect(imageLayout(shape)).toBe(layout));

  it("channels go first", () => {
    const rows = Float32Array.from({ length: 12 }, (_, i) => i);
    expect([...channelsFirst(rows, [2, 1, 3], "hwc")]).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    expect(channelsFirst(rows, [2, 1, 3], "chw")).toBe(rows);
  });
});

describe("normalization", () => {
  it("standardizes each feature to mean 0 and deviation 1, far from 0 as well; what does not vary is centered", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => [1e6 + (i % 7), 5, i * 0.5]);
    const set = inputSet(float32([3000, 3], rows.flat()));
    const normalization = normalizationOf(
      { standardize: true },
      { shape: [3], dtype: "float32" },
      await inputMoments(set),
    );
    const { factor = [], shift = [] } = normalization ?? {};
    for (const [column, deviation] of [1, 0, 1].entries()) {
      const values = rows.map((row) => (row[column] ?? 0) * (factor[column] ?? 0) + (shift[column] ?? 0));
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
      expect(mean).toBeCloseTo(0, 6);
      expect(Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length)).toBeCloseTo(
        deviation,
        6,
      );
    }
  });

  it("takes the mean of each channel of maps", async () => {
    const set = inputSet(float32([2, 2, 1, 2], [1, 3, 10, 10, 5, 7, 20, 20]));
    const { mean, std } = await inputMoments(set);
    expect([...mean]).toEqual([4, 15]);
    expect(std[0]).toBeCloseTo(Math.sqrt(5), 12);
  });

  it("is (x · scale − mean) / std, bytes scaled by 1/255 unless told otherwise", () => {
    const bytes = { shape: [3, 2, 2], dtype: "uint8" } as const;
    expect(normalizationOf({}, bytes)).toEqual({ factor: [1 / 255], shift: [0] });
    expect(normalizationOf({}, { ...bytes, dtype: "float32" })).toBeUndefined();
    const own = normalizationOf({ mean: [0.5, 0.4, 0.3], std: [0.25] }, bytes);
    expect(own?.factor).toEqual([1, 1, 1].map(() => 1 / 255 / 0.25));
    expect(own?.shift).toEqual([-2, -1.6, -1.2]);
    const arrays = own && normalizationArrays(own, [3, 2, 2]);
    expect([...(arrays?.shift ?? [])]).toEqual([-2, -1.6, -1.2].flatMap((one) => Array(4).fill(Math.fround(one))));
  });

  it("refuses numbers that fit no channel", () => {
    expect(errorOf(() => normalizationOf({ mean: [1, 2] }, { shape: [3, 2, 2], dtype: "uint8" }))).toEqual({
      message: "`mean` of 2 numbers for inputs of shape [3, 2, 2]: expected one number, or 3: one for each channel",
      hint: "give `mean` as many numbers as that",
    });
    expect(
      errorOf(() => normalizationOf({ standardize: true, scale: 2 }, { shape: [3], dtype: "float32" })).message,
    ).toBe("`standardize` with `scale`, `mean` or `std`: expected one or the other: `standardize` computes its own");
  });
});
