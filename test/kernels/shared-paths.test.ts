import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packLayer } from "../../src/gates/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import { classKernel, neighborsByOverlaps } from "../../src/kernels/index.ts";
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

describe("the kernel by class", () => {
  it("is the mean share of active paths over pairs of different examples, NaN where there are none", () => {
    // example 0 and 1 share one of two paths each, 2 shares none with 0 and all with 1's second
    const gates = packed([
      [
        [true, true, false],
        [true, false, true],
        [false, false, true],
      ],
    ]);
    const kernel = classKernel(gates, [0, 0, 1], 3, { inputs: 1, outputs: 1, biases: [] });
    const between = (0 + 1 / Math.sqrt(2)) / 2;
    expect([...kernel].map((one) => (Number.isNaN(one) ? null : Number(one.toFixed(12))))).toEqual(
      [1 / 2, between, null, between, null, null, null, null, null].map((one) =>
        one === null ? null : Number(one.toFixed(12)),
      ),
    );
  });
});
