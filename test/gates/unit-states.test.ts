import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constantUnits, packLayer, unseenRateBound } from "../../src/gates/index.ts";
import { denseArray, float64, sizeOf } from "../../src/graph/index.ts";
import type { GatedNetwork } from "../../src/network/index.ts";

/** A network of one gate over an input of that shape. */
const gateOver = (shape: readonly number[]): GatedNetwork => ({
  nodes: [
    { kind: "input", name: "x", shape },
    { kind: "gate", name: "relu", shape, input: 0, gatedBy: 0, rule: { kind: "hard" } },
    {
      kind: "dense",
      name: "out",
      shape: [1],
      input: 1,
      weight: float64([1, sizeOf(shape)], new Float64Array(sizeOf(shape))),
      bias: undefined,
    },
  ],
  output: 2,
});

/** Bits `[example][unit]`, some units stuck. */
const drawn = fc
  .record({
    examples: fc.integer({ min: 0, max: 5 }),
    shape: fc.constantFrom<readonly number[]>([1], [33], [64], [100], [3, 2, 2], [4, 5, 7]),
  })
  .chain(({ examples, shape }) => {
    const units = sizeOf(shape);
    const row = fc.array(fc.nat(1), { minLength: units, maxLength: units });
    // stuck in runs, so that whole channels occur
    const stuck = fc.array(fc.constantFrom("free", "on", "off"), {
      minLength: shape[0] ?? 1,
      maxLength: shape[0] ?? 1,
    });
    return fc.tuple(fc.array(row, { minLength: examples, maxLength: examples }), stuck).map(([rows, states]) => ({
      shape,
      bits: rows.map((one) =>
        one.map((bit, unit) => {
          const state = states[Math.floor((unit * (shape[0] ?? 1)) / units)];
          return state === "free" ? bit : Number(state === "on");
        }),
      ),
    }));
  });

describe("units that no input switches", () => {
  it("are those of loops over single gates, whole channels among them", () =>
    fc.assert(
      fc.property(drawn, ({ shape, bits }) => {
        const units = sizeOf(shape);
        const layer = packLayer(1, denseArray("bool", [bits.length, ...shape], Uint8Array.from(bits.flat())));
        const [found] = constantUnits(gateOver(shape), { examples: bits.length, layers: [layer] });
        const stuckAt = (value: number): readonly number[] =>
          Array.from({ length: bits.length === 0 ? 0 : units }, (_, unit) => unit).filter((unit) =>
            bits.every((row) => row[unit] === value),
          );
        const size = units / (shape[0] ?? 1);
        const wholeAt = (value: number): readonly number[] =>
          shape.length !== 3
            ? []
            : Array.from({ length: shape[0] ?? 0 }, (_, channel) => channel).filter((channel) =>
                Array.from({ length: size }, (_, i) => channel * size + i).every((unit) =>
                  stuckAt(value).includes(unit),
                ),
              );
        expect(found).toEqual({
          layer: 1,
          node: "relu",
          shape,
          rule: "hard",
          dead: stuckAt(0),
          alwaysOn: stuckAt(1),
          deadChannels: wholeAt(0),
          alwaysOnChannels: wholeAt(1),
        });
      }),
    ));

  it.each([1, 5, 9, 299, 2995, 60_000])("of %d inputs are ruled out at the rate that shows nothing in 5 %%", (n) => {
    const rate = unseenRateBound(n);
    expect((1 - rate) ** n).toBeCloseTo(0.05, 10);
    if (n >= 299) expect(rate / (3 / n)).toBeCloseTo(1, 1);
  });

  it("without inputs may do anything", () => expect(unseenRateBound(0)).toBe(1));
});
