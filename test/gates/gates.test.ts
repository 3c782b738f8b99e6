import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flippedShares, gateStatistics, type PackedGates, packLayer, popcount } from "../../src/gates/index.ts";
import { denseArray, sizeOf } from "../../src/graph/index.ts";
import { errorOf } from "../support/error-of.ts";

/** Gates of one layer as bits, `[example][unit]`. */
type Bits = readonly (readonly number[])[];

/** Word boundaries and what lies beside them, also maps of two dimensions; no examples too. */
const SHAPES = [[1], [31], [32], [33], [63], [64], [65], [100], [128], [130], [3, 5], [2, 4, 9]] as const;

/** Two draws of gates of one layer on the same inputs; some units are stuck, so that dead and always on ones occur. */
const twoLayers = fc
  .record({ examples: fc.nat(6), shape: fc.constantFrom<readonly number[]>(...SHAPES) })
  .chain(({ examples, shape }) => {
    const units = sizeOf(shape);
    const bits = fc
      .tuple(
        fc.array(fc.array(fc.nat(1), { minLength: units, maxLength: units }), {
          minLength: examples,
          maxLength: examples,
        }),
        fc.array(fc.constantFrom("free", "on", "off"), { minLength: units, maxLength: units }),
      )
      .map(
        ([drawn, stuck]): Bits =>
          drawn.map((row) => row.map((bit, unit) => (stuck[unit] === "free" ? bit : Number(stuck[unit] === "on")))),
      );
    return fc.record({ shape: fc.constant(shape), one: bits, other: bits });
  });

const packed = (shape: readonly number[], bits: Bits) =>
  packLayer(3, denseArray("bool", [bits.length, ...shape], Uint8Array.from(bits.flat())));
const gatesOf = (shape: readonly number[], bits: Bits): PackedGates => ({
  examples: bits.length,
  layers: [packed(shape, bits)],
});

describe("popcount", () => {
  it.each([0, 1, 2 ** 31, 2 ** 32 - 1, 0x55555555, 0xaaaaaaaa, -1, -(2 ** 31)])("of %d", (word) => {
    expect(popcount(word)).toBe((word >>> 0).toString(2).replaceAll("0", "").length);
  });

  it("counts the ones of any word, signed or not", () =>
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), (word) => {
        expect(popcount(word)).toBe((word >>> 0).toString(2).replaceAll("0", "").length);
      }),
    ));
});

describe("against loops over single gates", () => {
  it("packLayer: every unit has its bit, in whole words of 64, and no other bit is set", () =>
    fc.assert(
      fc.property(twoLayers, ({ shape, one }) => {
        const { layer, units, wordsPerExample, words } = packed(shape, one);
        expect({ layer, units, wordsPerExample }).toEqual({
          layer: 3,
          units: sizeOf(shape),
          wordsPerExample: Math.ceil(sizeOf(shape) / 64) * 2,
        });
        const unpacked = one.map((_, example) =>
          Array.from({ length: wordsPerExample * 32 }, (_, bit) => {
            const word = words[example * wordsPerExample + Math.floor(bit / 32)] ?? Number.NaN;
            return Math.floor(word / 2 ** (bit % 32)) % 2;
          }),
        );
        const unused = Array.from({ length: wordsPerExample * 32 - units }, () => 0);
        expect(unpacked).toEqual(one.map((row) => [...row, ...unused]));
        expect(words).toHaveLength(one.length * wordsPerExample);
      }),
    ));

  it("gateStatistics", () =>
    fc.assert(
      fc.property(twoLayers, ({ shape, one }) => {
        const units = sizeOf(shape);
        const columns = Array.from({ length: units }, (_, unit) => one.map((row) => row[unit] ?? Number.NaN));
        const on = one.flat().filter((bit) => bit === 1).length;
        expect(gateStatistics(gatesOf(shape, one))).toEqual([
          {
            layer: 3,
            units,
            on: one.length === 0 ? 0 : on / (units * one.length),
            dead: columns.filter((column) => column.every((bit) => bit === 0)).length,
            alwaysOn: columns.filter((column) => column.every((bit) => bit === 1)).length,
          },
        ]);
      }),
    ));

  it("flippedShares", () =>
    fc.assert(
      fc.property(twoLayers, ({ shape, one, other }) => {
        const [before, after] = [one.flat(), other.flat()];
        const flipped = before.filter((bit, i) => bit !== after[i]).length;
        const wanted = before.length === 0 ? 0 : flipped / before.length;
        expect(flippedShares(gatesOf(shape, one), gatesOf(shape, other))).toEqual([wanted]);
      }),
    ));
});

it("flippedShares refuses gates that do not belong together", () => {
  const hint = "extract both with the same inputs";
  const three = gatesOf(
    [2],
    [
      [0, 1],
      [1, 1],
      [0, 0],
    ],
  );
  expect(errorOf(() => flippedShares(three, gatesOf([2], [[0, 1]])))).toEqual({
    message:
      "gates of 3 examples in layers of 2 and of 1 examples in layers of 2: expected gates of one architecture on the same inputs",
    hint,
  });
  expect(errorOf(() => flippedShares({ examples: 3, layers: [] }, three))).toEqual({
    message:
      "gates of 3 examples in layers of nothing and of 3 examples in layers of 2: expected gates of one architecture on the same inputs",
    hint,
  });
});
