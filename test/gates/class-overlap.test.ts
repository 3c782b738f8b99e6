import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classOverlaps, packLayer } from "../../src/gates/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import { errorOf } from "../support/error-of.ts";

const CASE = fc
  .record({ units: fc.integer({ min: 1, max: 70 }), examples: fc.integer({ min: 1, max: 8 }) })
  .chain(({ units, examples }) =>
    fc.record({
      units: fc.constant(units),
      bits: fc.array(fc.array(fc.boolean(), { minLength: units, maxLength: units }), {
        minLength: examples,
        maxLength: examples,
      }),
      labels: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: examples, maxLength: examples }),
    }),
  );

const packed = (bits: readonly (readonly boolean[])[], units: number) => ({
  examples: bits.length,
  layers: [packLayer(1, denseArray("bool", [bits.length, units], Uint8Array.from(bits.flat(), Number)))],
});

describe("class overlaps", () => {
  it("are the mean over all pairs of different examples", () =>
    fc.assert(
      fc.property(CASE, ({ units, bits, labels }) => {
        const [overlap] = classOverlaps(packed(bits, units), labels, 3);
        for (const a of [0, 1, 2])
          for (const b of [0, 1, 2]) {
            const shared = bits.flatMap((g, s) =>
              bits.flatMap((h, t) =>
                s !== t && labels[s] === a && labels[t] === b ? [g.filter((on, u) => on && h[u]).length / units] : [],
              ),
            );
            const mean = shared.reduce((sum, value) => sum + value, 0) / shared.length;
            const got = overlap?.shares[a]?.[b];
            if (shared.length === 0) expect(got).toBeNaN();
            else expect(got).toBeCloseTo(mean, 12);
          }
      }),
    ));

  it("want one label an example", () =>
    expect(errorOf(() => classOverlaps(packed([[true]], 1), [0, 1], 2))).toEqual({
      message: "2 labels for 1 examples: expected one label an example",
      hint: "give the labels of the same inputs, in the same order",
    }));
});
