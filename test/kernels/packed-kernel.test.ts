import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type PackedGates, packLayer } from "../../src/gates/index.ts";
import { bytesOf, denseArray, float32, float64 } from "../../src/graph/index.ts";
import { finishedTiles, type KernelFile, writeKernelFile } from "../../src/kernels/node/index.ts";
import {
  type GatedInputs,
  type PackedKernel,
  packedKernel,
  packedKernelDiagonal,
  packedKernelTiles,
} from "../../src/kernels/packed/packed-kernel.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { oracles } from "../support/oracle.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type Bits = readonly (readonly (readonly boolean[])[])[];

/** Gates `[layer][example][unit]`, packed. */
const packed = (bits: Bits): PackedGates => ({
  examples: bits[0]?.length ?? 0,
  layers: bits.map((layer, index) => {
    const units = layer[0]?.length ?? 0;
    return packLayer(index + 1, denseArray("bool", [layer.length, units], Uint8Array.from(layer.flat(), Number)));
  }),
});

/** All path features of one example: a path from each input, and from the bias of each layer, through units that are on. */
function pathFeatures(
  x: readonly number[],
  gates: readonly (readonly boolean[])[],
  biases: readonly boolean[],
): number[] {
  let features = [...x];
  gates.forEach((layer, index) => {
    const starts = biases[index] ? [...features, 1] : features;
    features = layer.flatMap((on) => starts.map((value) => (on ? value : 0)));
  });
  return biases.at(-1) ? [...features, 1] : features;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const example = (units: readonly number[], size: number) =>
  fc.record({
    x: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: size, maxLength: size }),
    gates: fc.tuple(...units.map((count) => fc.array(fc.boolean(), { minLength: count, maxLength: count }))),
  });
const CASE = fc
  .record({
    units: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    size: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ units, size }) =>
    fc.record({
      rows: fc.array(example(units, size), { minLength: 1, maxLength: 6 }),
      columns: fc.array(example(units, size), { minLength: 1, maxLength: 6 }),
      biases: fc.array(fc.boolean(), { minLength: units.length + 1, maxLength: units.length + 1 }),
    }),
  );
type Examples = readonly { readonly x: readonly number[]; readonly gates: readonly (readonly boolean[])[] }[];

const gatedInputs = (examples: Examples): GatedInputs => ({
  inputs: float64(
    [examples.length, examples[0]?.x.length ?? 0],
    examples.flatMap(({ x }) => x),
  ),
  gates: packed((examples[0]?.gates ?? []).map((_, layer) => examples.map(({ gates }) => gates[layer] ?? []))),
});

/** Random gates of `widths` and byte-like inputs. */
function randomInputs(examples: number, widths: readonly number[], size: number): GatedInputs {
  const bits = widths.map((width, layer) => {
    const draws = randomStream(5, "gates", layer).signs(examples * width);
    return Array.from({ length: examples }, (_, s) =>
      Array.from({ length: width }, (__, u) => draws[s * width + u]! > 0),
    );
  });
  const pixels = randomStream(5, "pixels").uniform(examples * size, 0, 256);
  return {
    inputs: float32(
      [examples, size],
      pixels.map((value) => Math.floor(value) / 255),
    ),
    gates: packed(bits),
  };
}

describe("neural path kernel of fully connected networks", () => {
  it("is the Gram matrix of the enumerated path features, bias paths included", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    await fc.assert(
      fc.asyncProperty(CASE, async ({ rows, columns, biases }) => {
        const [a, b] = [gatedInputs(rows), gatedInputs(columns)];
        const features = (examples: Examples) => examples.map(({ x, gates }) => pathFeatures(x, gates, biases));
        const gram = (left: number[][], right: number[][]) => left.map((phi) => right.map((other) => dot(phi, other)));
        const close = { relative: 1e-12, absolute: 1e-12 };
        expectClose(await packedKernel({ rows: a, biases }, engine), gram(features(rows), features(rows)), close);
        const crossed = await packedKernel({ rows: a, columns: b, biases }, engine);
        expectClose(crossed, gram(features(rows), features(columns)), close);
        const diagonal = gram(features(rows), features(rows)).map((row, i) => row[i]!);
        expectClose(packedKernelDiagonal({ rows: a, biases }), diagonal, close);
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  it.each([1, 63, 64, 65, 128, 200, 520])("counts all bits of layers of %i units", async (width) => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = randomInputs(7, [width, 3, width], 20);
    const got = await packedKernel({ rows, biases: [true, false, true, false] }, engine);
    const diagonal = packedKernelDiagonal({ rows, biases: [true, false, true, false] });
    expectClose(
      diagonal,
      Array.from(diagonal, (_, i) => got.data[i * 8]!),
      { relative: 1e-14 },
    );
    expectClose(got.data, bruteForce(rows, [true, false, true, false]).flat(), { relative: 1e-14 });
  });

  it("counts units that are all on, of widths whose counts fill a byte and more", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const widths = [128, 128, 192, 255, 256, 400];
    const gates = packed(
      widths.map((width) => Array.from({ length: 70 }, () => Array.from({ length: width }, () => true))),
    );
    const inputs = float32([70, 1], new Float32Array(70).fill(1));
    const { data } = await packedKernel(
      { rows: { inputs, gates }, biases: widths.map(() => false).concat(false) },
      engine,
    );
    const product = widths.reduce((all, width) => all * width, 1);
    expect([...data]).toEqual(Array.from(data, () => product));
  });

  // 64 columns of overlaps and 32 of bytes at a time: neither divides these
  it.each([70, 130, 300])("puts %i sparse rows of bytes where they belong", async (count) => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const gates = packed([Array.from({ length: count }, () => [true])]);
    const pixels = Array.from({ length: count }, (_, s) =>
      Array.from({ length: 20 }, (__, i) => (i === s % 20 ? s % 256 : 0)),
    );
    const inputs = float64(
      [count, 20],
      pixels.flat().map((byte) => byte / 255),
    );
    const { data } = await packedKernel({ rows: { inputs, gates }, biases: [false, false] }, engine);
    expect([...data]).toEqual(pixels.flatMap((a) => pixels.map((b) => dot(a, b) / 65025)));
  });

  it("divides overlaps by the width where asked to", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = randomInputs(5, [10, 20], 4);
    const plain = await packedKernel({ rows, biases: [false, false, false] }, engine);
    const scaled = await packedKernel({ rows, biases: [false, false, false], normalize: "width" }, engine);
    expectClose(
      scaled.data,
      plain.data.map((value) => value / 200),
      { relative: 1e-14 },
    );
  });

  it.each([3, 1024, 1030])("sums products of %i bytes exactly", async (size) => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const rows = randomInputs(6, [4], size);
    const bytes = Array.from(rows.inputs.data, (value) => Math.round(value * 255));
    const got = await packedKernel({ rows: { ...rows, gates: { examples: 6, layers: [] } }, biases: [false] }, engine);
    const wanted = Array.from({ length: 36 }, (_, at) => {
      const [i, j] = [Math.floor(at / 6) * size, (at % 6) * size];
      return bytes.slice(i, i + size).reduce((sum, byte, k) => sum + byte * bytes[j + k]!, 0) / 255 ** 2;
    });
    expectClose(got.data, wanted, { relative: 1e-15 });
  });

  it.each(oracles("fc-").filter(({ gate, npk }) => gate === "hard" && npk !== undefined))(
    "$name: its golden kernel, given its gates",
    async (oracle) => {
      await using engine = await openNodeEngine("cpu", { threads: 1 });
      const rows = {
        inputs: float64(...flat(oracle.x)),
        gates: packed(oracle.gates.map((layer) => matrix(layer).map((row) => row.map((gate) => gate > 0)))),
      };
      const biases = oracle.value_net.map(({ bias }) => bias !== null);
      expectClose(await packedKernel({ rows, biases }, engine), oracle.npk ?? [], {
        relative: 1e-12,
        absolute: 1e-15,
      });
    },
  );
});

/** `K_l = ⟨G_l, G_l'⟩ (K_{l−1} + b_l)` read aloud. */
function bruteForce({ inputs, gates }: GatedInputs, biases: readonly boolean[]): number[][] {
  const size = inputs.data.length / gates.examples;
  const on = (layer: number, s: number, u: number): number => {
    const { words, wordsPerExample } = gates.layers[layer]!;
    return (words[s * wordsPerExample + (u >> 5)]! >>> (u & 31)) & 1;
  };
  // the pixels of these inputs are bytes divided by 255
  const pixel = (i: number): number => Math.round(inputs.data[i]! * 255) / 255;
  const pair = (s: number, t: number): number => {
    let k = 0;
    for (let i = 0; i < size; i++) k += pixel(s * size + i) * pixel(t * size + i);
    gates.layers.forEach(({ units }, layer) => {
      let overlap = 0;
      for (let u = 0; u < units; u++) overlap += on(layer, s, u) * on(layer, t, u);
      k = overlap * (k + Number(biases[layer]));
    });
    return k + Number(biases.at(-1));
  };
  return Array.from({ length: gates.examples }, (_, s) =>
    Array.from({ length: gates.examples }, (__, t) => pair(s, t)),
  );
}

const matrix = (numbers: unknown): number[][] => numbers as number[][];
const flat = (numbers: unknown): [number[], number[]] => [
  [matrix(numbers).length, matrix(numbers)[0]?.length ?? 0],
  matrix(numbers).flat(),
];

describe("a kernel in a file", () => {
  const file = (path: string, change: Partial<KernelFile> = {}): KernelFile => ({
    path,
    dtype: "float64",
    shape: [1100, 1100],
    symmetric: true,
    digest: "abc1",
    ...change,
  });
  const kernel: PackedKernel = { rows: randomInputs(1100, [8, 9], 5), biases: [true, true, false] };

  it("holds what memory would hold, and goes on where it stopped", async () => {
    await using folder = await temporaryFolder();
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const whole = await packedKernel(kernel, engine);
    const target = file(join(folder.path, "k.npy"));
    await writeKernelFile(target, packedKernelTiles(kernel, engine));
    const bytes = await readFile(target.path);
    expect(Buffer.compare(bytesOf(readNpy(bytes)), bytesOf(whole))).toBe(0);

    const again = file(join(folder.path, "again.npy"), { saveEvery: 2 });
    const stop = new AbortController();
    const stopped = writeKernelFile(again, packedKernelTiles(kernel, engine, { signal: stop.signal }), ({ done }) => {
      if (done === 2) stop.abort("enough");
    });
    await expect(stopped).rejects.toBe("enough");
    expect(await finishedTiles(again)).toBe(2);
    const skip = await finishedTiles(again);
    await writeKernelFile(again, packedKernelTiles(kernel, engine, { skip }));
    expect(Buffer.compare(await readFile(again.path), bytes)).toBe(0);
  });

  it("holds tiles in float32 as it holds those in float64, rounded", async () => {
    await using folder = await temporaryFolder();
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const direct = file(join(folder.path, "direct.npy"), { dtype: "float32" });
    const converted = file(join(folder.path, "converted.npy"), { dtype: "float32" });
    await writeKernelFile(direct, packedKernelTiles(kernel, engine, { dtype: "float32" }));
    await writeKernelFile(converted, packedKernelTiles(kernel, engine));
    expect(Buffer.compare(await readFile(direct.path), await readFile(converted.path))).toBe(0);
  });

  it("is not continued with other inputs", async () => {
    await using folder = await temporaryFolder();
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const target = file(join(folder.path, "k.npy"), { saveEvery: 1 });
    const stop = new AbortController();
    const tiles = packedKernelTiles(kernel, engine, { signal: stop.signal });
    await expect(writeKernelFile(target, tiles, () => stop.abort("enough"))).rejects.toBe("enough");
    expect(await rejectionOf(finishedTiles({ ...target, digest: "abc2" }))).toEqual({
      message: `${target.path}.part, which was begun with another model, other inputs or options: expected an unfinished file of this kernel`,
      hint: "give the same options as at first, choose another `path`, or delete the two .part files",
    });
  });
});
