/** The WebAssembly module of convolution.as.ts: a convolution's edges at a third of the time, where there are many. */
import type { EdgePattern } from "../network/index.ts";
import { CONVOLUTION_MODULE } from "./wasm/convolution-module.ts";

type Convolution = Extract<EdgePattern, { readonly kind: "convolution" }>;

/** Products from which on copies and an instance of the module, a fifth of a millisecond, are paid back. */
const LEAST_PRODUCTS = 2e6;
/** Memory that an instance may have. */
const MOST_BYTES = 2 ** 31;
const PAGE = 65536;

/** Sizes of one map of edges, `[channels, height, width]` to `[outputs, rows, columns]`. */
export interface ConvolutionSizes {
  readonly channels: number;
  readonly area: number;
  readonly outputs: number;
  readonly positions: number;
  readonly groups: number;
  readonly taps: number;
}

type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly dataStart: () => number;
  readonly forward: (...addressesAndSizes: readonly number[]) => void;
};

export const sizesOf = (
  { groups, window: { kernel } }: Convolution,
  [channels = 0, height = 0, width = 0]: readonly number[],
  [outputs = 0, rows = 0, columns = 0]: readonly number[],
): ConvolutionSizes => ({
  ...{ channels, area: height * width, outputs, positions: rows * columns, groups },
  taps: kernel[0] * kernel[1],
});

/** Whether the module is worth it; else plain loops are. */
export function isLarge({ channels, area, outputs, positions, groups, taps }: ConvolutionSizes): boolean {
  const products = positions * taps * outputs * (channels / groups);
  const numbers =
    channels * area + outputs * positions + taps * outputs * (channels / groups) + Math.max(positions, area) * taps;
  return products >= LEAST_PRODUCTS && 8 * numbers < MOST_BYTES;
}

/**
 * Forward.
 * @param factors `[input channel, tap, output channel of the group]`
 * @returns `[positions, outputs]`
 */
export function convolved(
  x: Float64Array,
  factors: Float64Array,
  places: Int32Array,
  sizes: ConvolutionSizes,
): Float64Array {
  const { channels, area, outputs, groups, taps, positions } = sizes;
  const room = new Room(x.length + factors.length + positions * outputs + places.length + 2 * taps + 16);
  const [from, weights, at] = [room.numbers(x), room.numbers(factors), room.places(places)];
  const [out, rest] = [room.zeros(positions * outputs), room.zeros(2 * taps)];
  room.exports.forward(from, weights, at, out, rest, channels, area, outputs, groups, taps, positions);
  return room.read(out, positions * outputs);
}

/**
 * Back: the same from outputs to inputs, where each tap of each input element meets at most one position.
 * @param factors `[output channel, tap, input channel of the group]`
 * @returns `[area, channels]`
 */
export function pulledBack(
  given: Float64Array,
  factors: Float64Array,
  places: Int32Array,
  { channels, area, outputs, positions, groups, taps }: ConvolutionSizes,
): Float64Array {
  const met = new Int32Array(area * taps).fill(-1);
  for (const [i, place] of places.entries()) if (place >= 0) met[place * taps + (i % taps)] = Math.floor(i / taps);
  const turned = { channels: outputs, area: positions, outputs: channels, positions: area };
  return convolved(given, factors, met, { ...turned, groups, taps });
}

/** `[positions, taps]`: the element of a channel that each tap of each position meets, −1 outside the map. */
export function placesOf(
  { window: { kernel, strides, pads, dilations } }: Convolution,
  [, height = 0, width = 0]: readonly number[],
  [, rows = 0, columns = 0]: readonly number[],
): Int32Array {
  const places = new Int32Array(rows * columns * kernel[0] * kernel[1]);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const y = row * strides[0] - pads[0] + ky * dilations[0];
        for (let kx = 0; kx < kernel[1]; kx++) {
          const x = column * strides[1] - pads[1] + kx * dilations[1];
          places[next] = y < 0 || y >= height || x < 0 || x >= width ? -1 : y * width + x;
          next += 1;
        }
      }
    }
  }
  return places;
}

/** The border to the module, whose exports are known from its source. */
const knownExports = (exports: unknown): Exports => exports as Exports;

/** An instance with memory for so many numbers, given out one after the other. It ends with the work: nothing is kept. */
class Room {
  readonly exports: Exports;
  private next: number;

  constructor(numbers: number) {
    const bytes = Uint8Array.from(atob(CONVOLUTION_MODULE), (letter) => letter.charCodeAt(0));
    this.exports = knownExports(new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports);
    this.next = Math.ceil(this.exports.dataStart() / 16) * 16;
    const missing = this.next + 8 * numbers - this.exports.memory.buffer.byteLength;
    if (missing > 0) this.exports.memory.grow(Math.ceil(missing / PAGE));
  }

  numbers(values: Float64Array): number {
    const address = this.zeros(values.length);
    new Float64Array(this.exports.memory.buffer, address, values.length).set(values);
    return address;
  }

  places(values: Int32Array): number {
    const address = this.zeros(Math.ceil(values.length / 2));
    new Int32Array(this.exports.memory.buffer, address, values.length).set(values);
    return address;
  }

  /** Fresh memory is zero. */
  zeros(numbers: number): number {
    const address = this.next;
    this.next += 8 * numbers;
    return address;
  }

  read(address: number, numbers: number): Float64Array {
    return new Float64Array(this.exports.memory.buffer, address, numbers);
  }
}
