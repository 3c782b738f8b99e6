import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewiseError } from "../src/errors.ts";
import { philox, type RandomStream, randomStream } from "../src/random.ts";
import { errorOf } from "./support/error-of.ts";

const FULL = 0xffffffff;

describe("philox", () => {
  // kat_vectors of Random123 (Salmon et al.), philox4x32 with 10 rounds
  it.each([
    {
      title: "of zeros",
      counter: [0, 0, 0, 0],
      key: [0, 0],
      wanted: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    },
    {
      title: "of all bits",
      counter: [FULL, FULL, FULL, FULL],
      key: [FULL, FULL],
      wanted: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      title: "of the digits of pi",
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      wanted: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)("known answer $title", ({ counter, key, wanted }) => {
    expect([...philox(counter, key)]).toEqual(wanted);
  });
});

/** Mean of the powers of some values. */
const moment = (values: ArrayLike<number>, power: number): number =>
  Array.from(values).reduce((sum, value) => sum + value ** power, 0) / values.length;

// Statistics of one fixed stream: bounds of 4 standard errors, which a right generator exceeds once in 16,000 seeds.
describe("randomStream", () => {
  const COUNT = 100_000;
  const stream = randomStream(3, "test", 1, "draws");

  it("uniform: range, mean, variance, and as many values in each tenth", () => {
    const values = stream.uniform(COUNT, -2, 4);
    expect(values.every((value) => -2 <= value && value < 4)).toBe(true);
    expect(Math.abs(moment(values, 1) - 1)).toBeLessThan((4 * Math.sqrt(3)) / Math.sqrt(COUNT));
    expect(Math.abs(moment(values, 2) - 4)).toBeLessThan((4 * 5) / Math.sqrt(COUNT));
    const tenths = new Int32Array(10);
    for (const value of values) tenths[Math.floor(((value + 2) / 6) * 10)]! += 1;
    const chiSquare = tenths.reduce((sum, count) => sum + (count - COUNT / 10) ** 2 / (COUNT / 10), 0);
    // 99.99 % of the distribution with 9 degrees of freedom
    expect(chiSquare).toBeLessThan(33.7);
  });

  it("uniform: neighbors are uncorrelated", () => {
    const values = stream.uniform(COUNT, -1, 1);
    const products = Float64Array.from({ length: COUNT - 1 }, (_, i) => values[i]! * values[i + 1]!);
    expect(Math.abs(moment(products, 1))).toBeLessThan(4 / 3 / Math.sqrt(COUNT));
  });

  it.each([0, 0.2, 0.5, 1])("flags: 1 with probability %s", (probability) => {
    const values = stream.flags(COUNT, probability);
    expect(values.every((value) => value === 0 || value === 1)).toBe(true);
    const share = values.reduce((sum, value) => sum + value, 0) / COUNT;
    expect(Math.abs(share - probability)).toBeLessThanOrEqual(4 * Math.sqrt((probability * (1 - probability)) / COUNT));
  });

  it("signs: nothing but −1 and +1, equally often", () => {
    const values = stream.signs(COUNT);
    expect(new Set(values)).toEqual(new Set([-1, 1]));
    expect(Math.abs(moment(values, 1))).toBeLessThan(4 / Math.sqrt(COUNT));
  });

  it("normal: finite, with the moments 0, 1, 0, 3", () => {
    const values = stream.normal(COUNT);
    expect(values.every(Number.isFinite)).toBe(true);
    // standard errors: the square roots of the variances 1, 2, 15, 96 of the powers
    expect(Math.abs(moment(values, 1))).toBeLessThan(4 / Math.sqrt(COUNT));
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan((4 * Math.sqrt(2)) / Math.sqrt(COUNT));
    expect(Math.abs(moment(values, 3))).toBeLessThan((4 * Math.sqrt(15)) / Math.sqrt(COUNT));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan((4 * Math.sqrt(96)) / Math.sqrt(COUNT));
  });

  it("permutation: every index once, whatever the count", () =>
    fc.assert(
      fc.property(fc.nat(500), fc.nat(), (count, seed) => {
        const order = randomStream(seed, "order").permutation(count);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    ));

  it("permutation: all six orders of three equally often", () => {
    const seeds = 6000;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < seeds; seed++) {
      const order = randomStream(seed, "order").permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99.99 % of the distribution with 5 degrees of freedom
    expect(chiSquare).toBeLessThan(25.7);
  });

  it("is pure: the same call gives the same values, in any order of calls", () => {
    const draws = (one: RandomStream): readonly unknown[] => [
      one.uniform(9, 0, 1),
      one.signs(9),
      one.normal(9),
      one.permutation(9),
    ];
    const first = draws(stream);
    stream.normal(1000);
    expect(draws(stream)).toEqual(first);
    expect(draws(randomStream(3, "test", 1, "draws"))).toEqual(first);
    // a longer draw begins as the shorter one
    expect(stream.uniform(50, 0, 1).slice(0, 9)).toEqual(first[0]);
  });

  it("differs for every seed and purpose; numbers and their digits are one key", () => {
    const keys = [
      [3, "test", 1, "draws"],
      [4, "test", 1, "draws"],
      // the upper half of a seed counts too
      [3 + 2 ** 32, "test", 1, "draws"],
      [3, "test", 2, "draws"],
      [3, "test", 1, "draw"],
      [3, "test", 1],
      // the parts are kept apart
      [3, "test1", "draws"],
      [3, "test", "1draws"],
      [3],
    ] as const;
    const texts = keys.map(([seed, ...purpose]) =>
      randomStream(seed, ...purpose)
        .uniform(4, 0, 1)
        .join(),
    );
    expect(new Set(texts).size).toBe(keys.length);
    expect(randomStream(3, "test", "1", "draws").signs(64)).toEqual(stream.signs(64));
  });

  it("streams of two layers are uncorrelated", () => {
    const [a, b] = [1, 2].map((layer) => randomStream(0, "value-network", layer, "weight").normal(COUNT));
    const products = a!.map((value, i) => value * b![i]!);
    expect(Math.abs(moment(products, 1))).toBeLessThan(4 / Math.sqrt(COUNT));
  });
});

describe("a draw that cannot be made", () => {
  const stream = randomStream(1, "a");
  it.each([Number.NaN, -1, 1.5, 2 ** 53, "x"])("seed %s", (seed) => {
    expect(
      errorOf(() =>
        randomStream(
          JSON.parse("0", () => seed),
          "a",
        ),
      ),
    ).toEqual({
      message: `seed ${typeof seed === "string" ? '"x"' : seed}: expected a whole number from 0 to 2^53 − 1`,
      hint: "give another seed",
    });
  });

  it.each([
    { name: "uniform", draw: (count: number) => stream.uniform(count, 0, 1) },
    { name: "signs", draw: stream.signs },
    { name: "flags", draw: (count: number) => stream.flags(count, 0.5) },
    { name: "normal", draw: stream.normal },
    { name: "permutation", draw: stream.permutation },
  ])("$name", ({ draw }) => {
    for (const count of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(errorOf(() => draw(count)).message).toBe(
        `number of draws ${count}: expected a whole number from 0 to 2^53 − 1`,
      );
    }
    expect(() => draw(2 ** 50)).toThrow(
      expect.objectContaining({
        code: "too-large",
        message: `${2 ** 50} draws at once: expected as many as there is memory for`,
      }),
    );
  });

  it("bounds that are not finite", () => {
    expect(errorOf(() => stream.uniform(2, Number.NaN, 0))).toEqual({
      message: "uniform draws from NaN to 0: expected finite bounds",
      hint: "give other bounds",
    });
    expect(() => stream.uniform(2, -1e308, 1e308)).toThrow(GatewiseError);
  });
});
