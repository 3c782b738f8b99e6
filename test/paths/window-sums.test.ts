import fc from "fast-check";
import { expect, it } from "vitest";
import { heldAt, visitWindow } from "../../src/network/index.ts";
import { windowSums } from "../../src/paths/window-sums.ts";

const twice = (min: number, max: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

it("sums over windows are those of their elements, one by one", () => {
  const windows = fc.record({
    kernel: twice(1, 5),
    strides: twice(1, 3),
    dilations: twice(1, 3),
    pads: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.nat(4)),
  });
  fc.assert(
    fc.property(twice(1, 7), twice(1, 5), windows, fc.integer(), ([height, width], [rows, columns], window, seed) => {
      const map = Array.from({ length: height * width }, (_, i) => BigInt((seed * (i + 1) * 7919) % 1009));
      const wanted = Array.from({ length: rows * columns }, (_, position) => {
        let [sum, held] = [0n, 0];
        visitWindow({ window, height, width, columns, position, offset: 0 }, [1, -1], (_, place) => {
          sum += map[place] ?? 0n;
          held += 1;
        });
        expect(heldAt(window, [height, width], columns, position)).toBe(held);
        return sum;
      });
      expect(windowSums(map, [height, width], [rows, columns], window)).toEqual(wanted);
    }),
    { numRuns: 3000 },
  );
});
