/** What a convolution's edges make of maps (edge-maps.ts). */
import type { EdgePattern } from "../network/index.ts";
import { type Combine, combineInto, newTerms, type Terms, type Vector } from "./active-terms.ts";
import { convolved, isLarge, placesOf, sizesOf } from "./convolution-module.ts";
import { type Factor, factorsOf } from "./factors.ts";

type Convolution = Extract<EdgePattern, { readonly kind: "convolution" }>;

/**
 * Position by position, so that the sums of one stay in the cache: for each input channel its taps that are not 0, each with the
 * output channels of the group, which lie side by side.
 */
export function mapConvolution(
  pattern: Convolution,
  shape: readonly number[],
  { data: x, shape: inputShape }: Vector,
  factor: Factor,
  out: Float64Array,
  combine: Combine,
): void {
  const { window, weight, groups } = pattern;
  const { kernel, strides, pads, dilations } = window;
  const [inputChannels = 0, height = 0, width = 0] = inputShape;
  const [channels = 0, rows = 0, columns = 0] = shape;
  const taps = kernel[0] * kernel[1];
  const perGroup = { inputs: inputChannels / groups, outputs: channels / groups };
  const factors = byInput(factorsOf(weight.data, factor), perGroup, taps);
  const positions = rows * columns;
  const sizes = sizesOf(pattern, inputShape, shape);
  if (combine === "sum" && isLarge(sizes)) {
    const sums = convolved(x, factors, placesOf(pattern, inputShape, shape), sizes);
    for (let position = 0; position < positions; position++) {
      for (let c = 0; c < channels; c++) out[c * positions + position] = sums[position * channels + c]!;
    }
    return;
  }
  const area = height * width;
  const isActive = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) isActive[i] = x[i] === 0 ? 0 : 1;
  const terms = newTerms(taps + 1);
  /** Taps that lie within the map: their elements of a channel, their first factors of an input channel. */
  const [places, starts] = [new Int32Array(taps), new Int32Array(taps)];
  const sums = new Float64Array(channels);
  for (let position = 0; position < positions; position++) {
    const top = Math.floor(position / columns) * strides[0] - pads[0];
    const left = (position % columns) * strides[1] - pads[1];
    let held = 0;
    for (let ky = 0; ky < kernel[0]; ky++) {
      const y = top + ky * dilations[0];
      if (y < 0 || y >= height) continue;
      for (let kx = 0; kx < kernel[1]; kx++) {
        const at = left + kx * dilations[1];
        if (at < 0 || at >= width) continue;
        places[held] = y * width + at;
        starts[held] = (ky * kernel[1] + kx) * perGroup.outputs;
        held += 1;
      }
    }
    sums.fill(0);
    for (let c = 0; c < inputChannels; c++) {
      const count = gather(x, isActive, c * area, places, held, c * taps * perGroup.outputs, starts, terms);
      const group = Math.floor(c / perGroup.inputs) * perGroup.outputs;
      combineInto(sums, group, perGroup.outputs, terms, count, factors, combine);
    }
    for (let c = 0; c < channels; c++) out[c * positions + position] = sums[c]!;
  }
}

/** The terms of one input channel; returns how many. A value of 0 is written over by the next: a branch would be guessed wrong half the time. */
function gather(
  x: Float64Array,
  isActive: Uint8Array,
  map: number,
  places: Int32Array,
  held: number,
  first: number,
  starts: Int32Array,
  { values, from }: Terms,
): number {
  let count = 0;
  for (let tap = 0; tap < held; tap++) {
    const at = map + places[tap]!;
    values[count] = x[at]!;
    from[count] = first + starts[tap]!;
    count += isActive[at]!;
  }
  return count;
}

/** `[out, in / groups, taps]` as `[input channel, tap, output channel of the group]`: what one input element meets lies side by side. */
function byInput(
  factors: Float64Array,
  perGroup: { readonly inputs: number; readonly outputs: number },
  taps: number,
): Float64Array {
  const moved = new Float64Array(factors.length);
  const channels = factors.length / (perGroup.inputs * taps);
  for (let o = 0; o < channels; o++) {
    const group = Math.floor(o / perGroup.outputs);
    for (let i = 0; i < perGroup.inputs; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const to = ((group * perGroup.inputs + i) * taps + tap) * perGroup.outputs + (o % perGroup.outputs);
        moved[to] = factors[(o * perGroup.inputs + i) * taps + tap]!;
      }
    }
  }
  return moved;
}
