/** An example packed for the WebAssembly module of box chains: lines of positions with a zero behind each row of the map. */
import { byteRows } from "../../packed/byte-rows.ts";
import type { ExampleSide } from "../side.ts";
import { type Mask, maskValues } from "../terms.ts";
import type { BoxChain } from "./box-chain.ts";

/** Displacements that overlaps are counted for at a time. */
export const SPAN = 64;
/** Positions of a line of the module's tables, as wasm/box-chain/overlaps.as.ts has it. */
export const TABLE_LINE = 336;
/** Displacements side by side in the module. */
export const LANES = 8;
/** Gates of 5 channels in 64 channels, the last of 4. */
export const GROUPS = 13;

/** One example as the module reads it, on lines of positions with a zero behind each row of the map. */
export interface PackedSide {
  /** `[channels, valueLine]` */
  readonly values: Float64Array;
  /** The same times 255 if these are bytes, `[⌈channels / 2⌉, valueLine, 2]`. */
  readonly bytes: Int16Array | undefined;
  /** Of all layers: five gates as a number, `[planes, 13, line]`, each line from {@link SPAN} zeros on. */
  readonly groups: Uint8Array;
  /** The same times {@link TABLE_LINE}, `[positions, planes, 13]`. */
  readonly offsets: Uint16Array;
  /** Positions where each channel of the last layer is on. */
  readonly lastOn: Float64Array;
}

/** Lengths of the lines that an example of a chain is packed into. */
export interface Sizes {
  /** Positions of a row of the map with the zero behind it. */
  readonly row: number;
  /** Positions of the map without the last of these zeros. */
  readonly positions: number;
  /** Of a line of gates: the positions between zeros, a span before and as much as a table reads behind. */
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
    line: SPAN + Math.ceil((positions + SPAN + 16) / 16) * 16,
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
  const groups = new Uint8Array(planes * GROUPS * line);
  const offsets = new Uint16Array(positions * planes * GROUPS);
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
      for (let plane = 0; plane < planesOf(layer.channels); plane++) {
        const [low, high] = [words[u * wordsPerPosition + 2 * plane]!, words[u * wordsPerPosition + 2 * plane + 1]!];
        for (let group = 0; group < GROUPS; group++) {
          const value = fiveBits(low, high, 5 * group);
          const at = (before + plane) * GROUPS + group;
          groups[at * line + SPAN + i] = value;
          offsets[i * planes * GROUPS + at] = value * TABLE_LINE;
        }
      }
    }
    before += planesOf(layer.channels);
  }
  return { values, bytes: pairedBytes(values, channels, valueLine), groups, offsets, lastOn: lastOn(side, chain) };
}

function lastOn(side: Pick<ExampleSide, "nodeGates">, { layers }: BoxChain): Float64Array {
  const { gate = 0, channels = 0 } = layers.at(-1) ?? {};
  const gates = side.nodeGates(gate);
  if (gates.kind !== "bits") throw new Error("unreachable: a chain of gates that are no bits");
  const { words, wordsPerPosition } = gates.on;
  const on = new Float64Array(channels);
  for (let at = 0; at < words.length; at += wordsPerPosition) {
    for (let channel = 0; channel < channels; channel++) {
      on[channel]! += (words[at + (channel >>> 5)]! >>> (channel & 31)) & 1;
    }
  }
  return on;
}

/** Bits of 64 from `shift` on. */
const fiveBits = (low: number, high: number, shift: number): number =>
  (shift < 32 ? (low >>> shift) | (shift > 27 ? high << (32 - shift) : 0) : high >>> (shift - 32)) & 31;

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
