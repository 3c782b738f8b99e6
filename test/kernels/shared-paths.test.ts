import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packLayer } from "../../src/gates/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import { neighborsByOverlaps } from "../../src/kernels/index.ts";
import { errorOf } from "../support/error-of.ts";

const packed = (layers: readonly (readonly (readonly boolean[])[])[]) => ({
  examples: layers[0]?.length ?? 0,
  layers: layers.map((rows, index) => {
    const units = rows[0]?.length ?? 0;
    return packLayer(index + 1, denseArray("bool", [rows.length, units], Uint8Array.from(rows.flat(), Number)));
  }),
});
const layer = (examples: number, units: number) =>
  fc.array(fc.array(fc.boolean(), { minLength: units, maxLength: units }), {
    minLength: examples,
    maxLength: examples,
  });

describe("neighbors by paths", () => {
  it("rank by the product of the gates on for both", () =>
    fc.assert(
      fc.property(layer(6, 40), layer(6, 70), (first, second) => {
        const shared = (s: number, t: number): number =>
          [first, second]
            .map((rows) => rows[s]!.filter((on, unit) => on && rows[t]![unit]).length)
            .reduce((product, on) => product * on, 1);
        for (const { example, similarity } of neighborsByOverlaps(packed([first, second]), 2, 5)) {
          const own = Math.sqrt(shared(2, 2) * shared(example, example));
          expect(similarity).toBeCloseTo(own === 0 ? 0 : shared(example, 2) / own, 10);
        }
        const order = neighborsByOverlaps(packed([first, second]), 2, 5).map(({ similarity }) => similarity);
        expect(order).toEqual([...order].sort((a, b) => b - a));
        expect(order).toHaveLength(5);
      }),
    ));

  it("want a query among the examples", () =>
    expect(errorOf(() => neighborsByOverlaps(packed([[[true], [false]]]), 2, 1))).toEqual({
      message: "query 2: expected an example from 0 to 1",
      hint: "count the inputs from 0",
    }));
});
