import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import type { Layer, LayeredArchitecture } from "./architecture.ts";

/** More would not be placed, let alone run, in the time that anybody waits. */
const MOST_LAYERS = 2 ** 20;

/** Sizes of a fully connected network; an input of several axes is flattened. */
export interface FullyConnectedOptions {
  readonly inputShape: readonly number[];
  /** Weight layers, `d` of theory 1.2: `depth − 1` gated hidden layers and one output layer. */
  readonly depth: number;
  /** Units of every hidden layer. */
  readonly width: number;
  readonly outputs: number;
  readonly bias?: boolean;
}

/**
 * The fully connected network of theory 6.2: flatten, `depth − 1` gated layers of `width`, an output layer.
 * @throws GatewiseError for a depth or width that is no whole number of at least 1, and (`too-large`) more than 2²⁰ layers
 */
export function fullyConnected(options: FullyConnectedOptions): LayeredArchitecture {
  const { inputShape, depth, width, outputs, bias = true } = optionsIn(options);
  for (const [name, value] of Object.entries({ depth, width, outputs })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new GatewiseError({
        received: `${name} ${value}`,
        expected: "a whole number of at least 1",
        next: `give another ${name}`,
      });
    }
  }
  if (depth > MOST_LAYERS) {
    throw new GatewiseError({
      code: "too-large",
      received: `depth ${depth}`,
      expected: `at most ${MOST_LAYERS} layers`,
      next: "give a smaller depth",
    });
  }
  const hidden: Layer = { kind: "dense", units: width, bias, gated: true };
  return {
    inputShape,
    layers: [
      { kind: "flatten" },
      ...Array.from({ length: depth - 1 }, () => hidden),
      { kind: "dense", units: outputs, bias, gated: false },
    ],
  };
}

/** Sizes of the papers' convolutional networks (theory 5.8); `inputShape` is `[channels, height, width]`. */
export interface ConvolutionalOptions {
  readonly inputShape: readonly number[];
  /** Channels of the first convolutions; later layers are multiples of it. */
  readonly width: number;
  readonly outputs: number;
}

/** VCONV of theory 6.2 at a width of 64: 3×3 convolutions of 64, 64, 128, 128, flatten, dense 256, 256, outputs. */
export const vconv = (options: ConvolutionalOptions): LayeredArchitecture =>
  convolutional(options, { kind: "flatten" });

/** GCONV of theory 6.2 at a width of 64: VCONV with global average pooling in place of flatten. */
export const gconv = (options: ConvolutionalOptions): LayeredArchitecture =>
  convolutional(options, { kind: "global-average-pool" });

function convolutional(options: ConvolutionalOptions, pooling: Layer): LayeredArchitecture {
  const { inputShape, width, outputs } = optionsIn(options);
  return {
    inputShape,
    layers: [
      ...[width, width, 2 * width, 2 * width].map(convolution3),
      pooling,
      ...[4 * width, 4 * width].map((units): Layer => ({ kind: "dense", units, bias: true, gated: true })),
      { kind: "dense", units: outputs, bias: true, gated: false },
    ],
  };
}

/** C4GAP of the duality papers (theory 5.8) at a width of 128: four 3×3 convolutions, global average pooling, one dense layer. */
export function c4gap(options: ConvolutionalOptions): LayeredArchitecture {
  const { inputShape, width, outputs } = optionsIn(options);
  return {
    inputShape,
    layers: [
      ...[width, width, width, width].map(convolution3),
      { kind: "global-average-pool" },
      { kind: "dense", units: outputs, bias: true, gated: false },
    ],
  };
}

const convolution3 = (channels: number): Layer => ({
  kind: "convolution",
  channels,
  kernel: 3,
  stride: 1,
  padding: "same",
  bias: true,
  gated: true,
});
