import { expect } from "vitest";
import type { DenseArray } from "../../src/graph/index.ts";

export interface Tolerance {
  /** Allowed error in units of the wanted value. */
  readonly relative: number;
  /** Allowed error beside it, where wanted values are small differences of large ones; 0 unless told otherwise. */
  readonly absolute?: number;
}

/** A number, numbers in lists of lists, or a dense array. */
export type Numbers = number | bigint | ArrayLike<number> | readonly Numbers[] | DenseArray | Shaped;
interface Shaped {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** Expects equal structure and close elements; a failure prints index, got and wanted of the first elements that differ. */
export function expectClose(actual: Numbers, wanted: Numbers, tolerance: Tolerance): void {
  const got = new Map(elements(actual, []));
  const want = new Map(elements(wanted, []));
  expect([...got.keys()], "the elements that are there").toEqual([...want.keys()]);
  const wrong = [...want].flatMap(([index, value]) => {
    const one = got.get(index) ?? Number.NaN;
    return isClose(one, value, tolerance) ? [] : [`[${index}]: got ${one}, wanted ${value}`];
  });
  if (wrong.length === 0) return;
  const { relative, absolute = 0 } = tolerance;
  const more = wrong.length > 5 ? [`… ${wrong.length} of ${want.size} elements`] : [];
  expect.fail([`beyond ${relative} relative + ${absolute} absolute`, ...wrong.slice(0, 5), ...more].join("\n"));
}

function isClose(got: number, wanted: number, { relative, absolute = 0 }: Tolerance): boolean {
  return Object.is(got, wanted) || got === wanted || Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted);
}

function* elements(numbers: Numbers, at: readonly number[]): Generator<readonly [string, number]> {
  if (typeof numbers === "number" || typeof numbers === "bigint") {
    yield [at.join(), Number(numbers)];
  } else if ("data" in numbers) {
    const strides = numbers.shape.map((_, axis) => numbers.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    for (let i = 0; i < numbers.data.length; i++) {
      const index = strides.map((stride, axis) => Math.floor(i / stride) % (numbers.shape[axis] ?? 1));
      yield [[...at, ...index].join(), Number(numbers.data[i])];
    }
  } else {
    for (let i = 0; i < numbers.length; i++) yield* elements(numbers[i] ?? Number.NaN, [...at, i]);
  }
}
