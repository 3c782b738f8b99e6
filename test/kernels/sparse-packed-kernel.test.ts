/** The kernel of inputs that are mostly 0 bytes, whose products WebAssembly computes, against loops over pixels and gates. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { packLayer } from "../../src/gates/index.ts";
import { bytesOf, denseArray, float32 } from "../../src/graph/index.ts";
import { openTilePool } from "../../src/kernels/node/index.ts";
import { type GatedInputs, packedKernel } from "../../src/kernels/packed/packed-kernel.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";

interface Drawn extends GatedInputs {
  readonly bytes: Uint8Array;
  /** `[layer][example · width + unit]` */
  readonly bits: readonly Uint8Array[];
}

/** Random gates, and bytes of which one in eight is not 0. */
function draw(examples: number, size: number, widths: readonly number[], seed: number): Drawn {
  const stream = (count: number, ...key: readonly (string | number)[]) =>
    randomStream(seed, ...key).uniform(count, 0, 1);
  const kept = stream(examples * size, "kept");
  // the largest byte is the one that sums could overflow with
  const bytes = Uint8Array.from(stream(examples * size, "bytes"), (value, i) =>
    kept[i]! < 1 / 8 ? 255 - Math.floor(value ** 4 * 255) : 0,
  );
  const bits = widths.map((width, layer) =>
    Uint8Array.from(stream(examples * width, "gates", layer), (value) => Number(value < 0.6)),
  );
  const layers = bits.map((layer, i) => packLayer(i + 1, denseArray("bool", [examples, widths[i] ?? 0], layer)));
  const pixels = float32(
    [examples, size],
    Float32Array.from(bytes, (byte) => byte / 255),
  );
  return { inputs: pixels, gates: { examples, layers }, bytes, bits };
}

/** `K_l = ⟨G_l, G_l'⟩ (K_{l−1} + b_l)` from the exact sum of the products of bytes. */
function reference(a: Drawn, b: Drawn, biases: readonly boolean[]): Float64Array {
  const [height, width] = [a.gates.examples, b.gates.examples];
  const size = a.bytes.length / height;
  const dot = (x: Uint8Array, y: Uint8Array, i: number, j: number, length: number): number => {
    let sum = 0;
    for (let k = 0; k < length; k++) sum += x[i * length + k]! * y[j * length + k]!;
    return sum;
  };
  return Float64Array.from({ length: height * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width];
    const start = dot(a.bytes, b.bytes, i, j, size) / (255 * 255);
    const last = a.bits.reduce(
      (k, layer, l) => (k + Number(biases[l])) * dot(layer, b.bits[l]!, i, j, layer.length / height),
      start,
    );
    return last + Number(biases.at(-1));
  });
}

/** Overlaps of up to four layers are multiplied before they meet the kernel: a few roundings of float64 in another order. */
const ROUNDING = { relative: 3e-15 };

describe("neural path kernel of sparse bytes", () => {
  it("is the formula for any numbers of examples, pixels and units", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const sizes = fc.record({
      // beside the borders of blocks of 4 rows, of 32 columns of bytes and 64 of overlaps
      rows: fc.constantFrom(1, 2, 4, 5, 24, 65),
      columns: fc.constantFrom(1, 3, 31, 32, 33, 63, 64, 65),
      size: fc.constantFrom(15, 16, 33, 64),
      // layers of up to 128 units are multiplied two or four at a time
      widths: fc.array(fc.constantFrom(1, 63, 64, 65, 128, 129, 200), { minLength: 0, maxLength: 6 }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), async (drawn, flags) => {
        const biases = flags.slice(0, drawn.widths.length + 1);
        const a = draw(drawn.rows, drawn.size, drawn.widths, drawn.seed);
        const b = draw(drawn.columns, drawn.size, drawn.widths, drawn.seed + 1);
        const crossed = await packedKernel({ rows: a, columns: b, biases }, engine);
        expectClose(crossed.data, reference(a, b, biases), ROUNDING);
        const own = await packedKernel({ rows: a, biases }, engine);
        expectClose(own.data, reference(a, a, biases), ROUNDING);
      }),
      { numRuns: propertyRuns(40) },
    );
  });

  it("is the same over several tiles and blocks of rows, symmetric, in worker threads and in memory of the caller", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = draw(1300, 20, [66, 128], 3);
    const biases = [true, false, true];
    const whole = await packedKernel({ rows, biases }, engine);
    const wanted = reference(rows, rows, biases);
    // one number of all: naming each of 1,690,000 elements would take long
    const apart = whole.data.reduce((most, value, i) => Math.max(most, Math.abs(value / wanted[i]! - 1)), 0);
    expect(apart).toBeLessThan(ROUNDING.relative);
    const into = new Float64Array(1300 ** 2).fill(Number.NaN);
    const pooled = await packedKernel({ rows, biases }, engine, { open: openTilePool(2), into });
    expect(pooled.data).toBe(into);
    expect(Buffer.compare(bytesOf(pooled), bytesOf(whole))).toBe(0);
  });

  it("sums as many of the largest bytes as are multiplied here", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const size = 32_768;
    const inputs = float32(
      [2, size],
      Float32Array.from({ length: 2 * size }, (_, i) => Number(i % size < 11_000)),
    );
    const rows = { inputs, gates: { examples: 2, layers: [] } };
    expect([...(await packedKernel({ rows, biases: [false] }, engine)).data]).toEqual(Array(4).fill(11_000));
  });

  it.each([
    ["bytes", (rows: Drawn) => rows],
    [
      "products of the engine",
      (rows: Drawn) => ({ ...rows, inputs: float32([1050, 20], randomStream(4, "x").normal(1050 * 20)) }),
    ],
  ] as const)("of %s in float32 is that in float64, rounded once", async (_, of) => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = of(draw(1050, 20, [66, 128, 10], 3));
    const other = of(draw(1050, 20, [66, 128, 10], 6));
    const biases = [true, false, true, true];
    for (const kernel of [
      { rows, biases },
      { rows, columns: other, biases },
    ]) {
      const wanted = float32([1050, 1050], (await packedKernel(kernel, engine)).data);
      const alone = new Float32Array(1050 ** 2);
      const shared = new Float32Array(new SharedArrayBuffer(4 * 1050 ** 2));
      for (const options of [
        { into: alone },
        { into: alone.slice(), open: openTilePool(2) },
        { into: shared, open: openTilePool(2) },
      ]) {
        const got = await packedKernel(kernel, engine, options);
        expect(got.data).toBe(options.into);
        expect(Buffer.compare(bytesOf(got), bytesOf(wanted))).toBe(0);
      }
    }
  });

  it("worker threads take products of the engine too", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const drawn = draw(1050, 6, [10], 4);
    const rows = { ...drawn, inputs: float32([1050, 6], randomStream(4, "x").normal(1050 * 6)) };
    const whole = await packedKernel({ rows, biases: [false, true] }, engine);
    const pooled = await packedKernel({ rows, biases: [false, true] }, engine, { open: openTilePool(2) });
    expect(Buffer.compare(bytesOf(pooled), bytesOf(whole))).toBe(0);
    const mirrored = Float64Array.from(whole.data, (_, at) => whole.data[(at % 1050) * 1050 + Math.floor(at / 1050)]!);
    expect(Buffer.compare(bytesOf(whole), new Uint8Array(mirrored.buffer))).toBe(0);
  });

  it("stops where it is told to, in worker threads too", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = draw(2100, 4, [3], 5);
    const stop = new AbortController();
    stop.abort("enough");
    const stopped = packedKernel({ rows, biases: [false, false] }, engine, {
      open: openTilePool(1),
      signal: stop.signal,
    });
    await expect(stopped).rejects.toBe("enough");
  });

  it("refuses memory of another size", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = draw(3, 4, [3], 5);
    const refused = packedKernel({ rows, biases: [false, false] }, engine, { into: new Float64Array(8) });
    expect(await rejectionOf(refused)).toEqual({
      message: "8 elements of float64: expected 9 for the shape [3, 3]",
      hint: "give data and shape that agree",
    });
  });
});
