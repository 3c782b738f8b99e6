/** What comes back over a convolution's edges (pull-edges.ts). */
import { sizeOf } from "../graph/index.ts";
import type { EdgePattern } from "../network/index.ts";
import { combineInto, newTerms } from "./active-terms.ts";
import { isLarge, placesOf, pulledBack, sizesOf } from "./convolution-module.ts";
import { type Factor, factorsOf } from "./factors.ts";

type Convolution = Extract<EdgePattern, { readonly kind: "convolution" }>;

/**
 * Position by position of the output and tap by tap: the output channels of a group that are not 0, each with its input channels, which
 * lie side by side; so do the channels of a cell while the sums are made.
 */
export function pullConvolution(
  pattern: Convolution,
  shape: readonly number[],
  given: Float64Array,
  inputShape: readonly number[],
  factor: Factor,
): Float64Array {
  const { window, weight, groups } = pattern;
  const { kernel, strides, pads, dilations } = window;
  const [channels = 0, rows = 0, columns = 0] = shape;
  const [inputChannels = 0, height = 0, width = 0] = inputShape;
  const taps = kernel[0] * kernel[1];
  const perGroup = { inputs: inputChannels / groups, outputs: channels / groups };
  const factors = byOutput(factorsOf(weight.data, factor), perGroup.inputs, taps);
  const sizes = sizesOf(pattern, inputShape, shape);
  if (isLarge(sizes)) {
    return byChannel(pulledBack(given, factors, placesOf(pattern, inputShape, shape), sizes), inputChannels);
  }
  const positions = rows * columns;
  // [cell, channel]
  const cells = new Float64Array(sizeOf(inputShape));
  const values = newTerms(perGroup.outputs);
  /** Where each term's factors start, of tap 0. */
  const firsts = new Int32Array(perGroup.outputs);
  for (let position = 0; position < positions; position++) {
    const top = Math.floor(position / columns) * strides[0] - pads[0];
    const left = (position % columns) * strides[1] - pads[1];
    for (let group = 0; group < groups; group++) {
      let count = 0;
      for (let o = group * perGroup.outputs; o < (group + 1) * perGroup.outputs; o++) {
        const value = given[o * positions + position]!;
        if (value === 0) continue;
        values.values[count] = value;
        firsts[count] = o * taps * perGroup.inputs;
        count += 1;
      }
      if (count === 0) continue;
      for (let ky = 0; ky < kernel[0]; ky++) {
        const y = top + ky * dilations[0];
        if (y < 0 || y >= height) continue;
        for (let kx = 0; kx < kernel[1]; kx++) {
          const x = left + kx * dilations[1];
          if (x < 0 || x >= width) continue;
          const tap = (ky * kernel[1] + kx) * perGroup.inputs;
          for (let i = 0; i < count; i++) values.from[i] = firsts[i]! + tap;
          const to = (y * width + x) * inputChannels + group * perGroup.inputs;
          combineInto(cells, to, perGroup.inputs, values, count, factors, "sum");
        }
      }
    }
  }
  return byChannel(cells, inputChannels);
}

/** `[out, in / groups, taps]` as `[out, taps, in / groups]`. */
function byOutput(factors: Float64Array, inputs: number, taps: number): Float64Array {
  const moved = new Float64Array(factors.length);
  for (let from = 0; from < factors.length; from++) {
    const tap = from % taps;
    const row = Math.floor(from / taps);
    moved[(Math.floor(row / inputs) * taps + tap) * inputs + (row % inputs)] = factors[from]!;
  }
  return moved;
}

/** `[cell, channel]` as `[channel, cell]`. */
function byChannel(cells: Float64Array, channels: number): Float64Array {
  const moved = new Float64Array(cells.length);
  const area = cells.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let cell = 0; cell < area; cell++) moved[c * area + cell] = cells[cell * channels + c]!;
  }
  return moved;
}
