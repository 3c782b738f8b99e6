import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32, float64 } from "../../src/graph/index.ts";
import { byteRows, isSparse } from "../../src/kernels/packed/byte-rows.ts";

describe("inputs as bytes", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

  it.each([{ of: float32 }, { of: float64 }])("come back, each of the 256 ($of.name)", ({ of }) => {
    const fractions = Array.from(bytes, (byte) => byte / 255);
    expect(byteRows(of([2, 8, 16], fractions))).toEqual({ examples: 2, size: 128, data: bytes });
  });

  it.each([
    { value: Number.NaN },
    { value: Number.POSITIVE_INFINITY },
    { value: -1 / 255 },
    { value: 256 / 255 },
    { value: 2 ** 32 },
    { value: 0.5 },
    { value: 7 / 255 + 2 ** -52 },
  ])("are none where $value is among them", ({ value }) => {
    expect(byteRows(float64([1, 2], [0, value]))).toBeUndefined();
  });

  it("are none for a double that is only the float of a byte's fraction", () => {
    expect(byteRows(float64([1], [Math.fround(7 / 255)]))).toBeUndefined();
  });

  it("are sparse where few neighboring pairs have one that is not 0", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(1), { minLength: 1, maxLength: 60 }),
        (size, drawn) => {
          const data = Uint8Array.from(drawn.slice(0, Math.floor(drawn.length / size) * size));
          const examples = data.length / size;
          let pairs = 0;
          for (let example = 0; example < examples; example++) {
            for (let i = 0; i < size; i += 2) {
              const pair = data.subarray(example * size + i, example * size + Math.min(i + 2, size));
              if (pair.some((byte) => byte > 0)) pairs += 1;
            }
          }
          expect(isSparse({ examples, size, data })).toBe(pairs < 0.175 * data.length);
        },
      ),
    ));

  it("are not sparse beyond the size whose sums fit 31 bits", () => {
    expect(isSparse({ examples: 1, size: 32_768, data: new Uint8Array(32_768) })).toBe(true);
    expect(isSparse({ examples: 1, size: 32_769, data: new Uint8Array(32_769) })).toBe(false);
  });
});
