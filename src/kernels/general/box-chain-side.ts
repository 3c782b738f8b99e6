/** An example packed for the WebAssembly module of box chains: lines of positions with a zero behind each row of the map. */
import { byteRows } from "../packed/byte-rows.ts";
import type { BoxChain } from "./box-chain.ts";
import type { ExampleSide } from "./side.ts";
import { type Mask, maskValues } from "./terms.ts";

/** Positions that overlaps are counted for at a time. */
export const CHUNK = 64;
/** Displacements side by side in the module. */
export const LANES = 8;
/** Gates of 4 channels in 64 channels. */
export const NIBBLES = 16;

/** One example as the module reads it, on lines of positions with a zero behind each row of the map. */
export interface PackedSide {
  /** `[channels, valueLine]` */
  readonly values: Float64Array;
  /** The same times 255 if these are bytes, `[⌈channels / 2⌉, valueLine, 2]`. */
  readonly bytes: Int16Array | undefined;
  /** Of all layers: four gates as a number, `[planes, 16, line]`. */
  readonly nibbles: Uint8Array;
  /** The same times 64, `[positions, planes, 16]`. */
  readonly offsets: Uint16Array;
}

/** Lengths of the lines that an example of a chain is packed into. */
export interface Sizes {
  /** Positions of a row of the map with the zero behind it. */
  readonly row: number;
  /** Positions of the map without the last of these zeros. */
  readonly positions: number;
  /** Of a line of gates: the positions and zeros up to a whole chunk. */
  readonly line: number;
  /** Of a line of values: the positions between zeros. */
  readonly valueLine: number;
  readonly planes: number;
}

export function sizesOf({ layers, height, width }: BoxChain): Sizes {
  const row = width + 1;
  const positions = height * row - 1;
  return {
    row,
    positions,
    line: Math.ceil(positions / CHUNK) * CHUNK,
    valueLine: positions + 2 * LANES,
    planes: layers.reduce((sum, { channels }) => sum + planesOf(channels), 0),
  };
}

/** Of 64 channels each. */
export const planesOf = (channels: number): number => Math.ceil(channels / 64);

export function packSide(side: Pick<ExampleSide, "nodeGates">, chain: BoxChain, input: Mask): PackedSide {
  const { layers, channels, height, width } = chain;
  const { row, positions, line, valueLine, planes } = sizesOf(chain);
  const raw = maskValues(input);
  const values = new Float64Array(channels * valueLine);
  const nibbles = new Uint8Array(planes * NIBBLES * line);
  const offsets = new Uint16Array(positions * planes * NIBBLES);
  const map = { size: height * width, at: (u: number): number => u + Math.floor(u / width) * (row - width) };
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < map.size; u++) values[c * valueLine + LANES + map.at(u)] = raw?.[c * map.size + u] ?? 1;
  }
  let before = 0;
  for (const layer of layers) {
    const gates = side.nodeGates(layer.gate);
    if (gates.kind !== "bits") throw new Error("unreachable: a chain of gates that are no bits");
    const { words, wordsPerPosition } = gates.on;
    for (let u = 0; u < map.size; u++) {
      const i = map.at(u);
      for (let nibble = 0; nibble < 8 * wordsPerPosition; nibble++) {
        const value = (words[u * wordsPerPosition + (nibble >>> 3)]! >>> (4 * (nibble & 7))) & 15;
        nibbles[(before + nibble) * line + i] = value;
        offsets[i * planes * NIBBLES + before + nibble] = value * CHUNK;
      }
    }
    before += 8 * wordsPerPosition;
  }
  return { values, bytes: pairedBytes(values, channels, valueLine), nibbles, offsets };
}

/** Two channels side by side, or undefined if a value is not the nearest number to a byte divided by 255. */
function pairedBytes(values: Float64Array, channels: number, line: number): Int16Array | undefined {
  const bytes = byteRows({ dtype: "float64", shape: [1, values.length], data: values });
  if (bytes === undefined) return undefined;
  const paired = new Int16Array(Math.ceil(channels / 2) * line * 2);
  for (let c = 0; c < channels; c++) {
    const start = (c >>> 1) * line * 2 + (c & 1);
    for (let i = 0; i < line; i++) paired[start + 2 * i] = bytes.data[c * line + i]!;
  }
  return paired;
}
