import { expect, it } from "vitest";
import { largestOf, smallestOf } from "../../src/graph/index.ts";

it.each([
  { title: "no values", values: [], largest: -Infinity, smallest: Infinity },
  { title: "several", values: [3, -1, 2], largest: 3, smallest: -1 },
  { title: "one that is no number", values: [3, Number.NaN, 5], largest: Number.NaN, smallest: Number.NaN },
  { title: "more than a stack holds", values: new Float64Array(1e6).fill(2), largest: 2, smallest: 2 },
])("the greatest and least of $title", ({ values, largest, smallest }) => {
  expect([largestOf(values), smallestOf(values)]).toEqual([largest, smallest]);
});

it("starts from a given value", () => {
  expect([largestOf([-3], 1), smallestOf([3], 1)]).toEqual([1, 1]);
});
