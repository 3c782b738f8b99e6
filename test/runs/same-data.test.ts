import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isSameData } from "../../src/runs/same-data.ts";

const data = fc.oneof(
  fc.jsonValue(),
  fc.float32Array({ maxLength: 3 }),
  fc.uint8Array({ maxLength: 3 }),
  fc.dictionary(fc.constantFrom("a", "b"), fc.float32Array({ maxLength: 2 }), { noNullPrototype: true }),
);

it("says of plain data what Node's own comparison says", () =>
  fc.assert(fc.property(data, data, (a, b) => isSameData(a, b) === isDeepStrictEqual(a, b))));

it("a copy is the same, its fields in whatever order", () =>
  fc.assert(
    fc.property(data, (a) => {
      const copy = structuredClone(a);
      expect(isSameData(a, copy)).toBe(true);
    }),
  ));

it.each([
  [{ x: 1, y: [1, 2] }, { y: [1, 2], x: 1 }, true],
  [{ x: 1 }, { x: 1, y: undefined }, false],
  [[], {}, false],
  [Float32Array.of(1, 2), Float32Array.of(1, 2.5), false],
  [Float32Array.of(1), Float64Array.of(1), false],
  [Float32Array.of(1, 2).subarray(1), Float32Array.of(2), true],
])("%j and %j: %s", (a, b, same) => {
  expect(isSameData(a, b)).toBe(same);
});
