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

/** A weight layer with batch normalization, whose shift is its bias. */
const normed3 = (channels: number, stride = 1): Extract<Layer, { readonly kind: "convolution" }> => ({
  kind: "convolution",
  channels,
  kernel: 3,
  stride,
  padding: "same",
  bias: false,
  gated: true,
  batchNorm: true,
});

/**
 * ResNet-8 for CIFAR at a width of 16: He et al. (CVPR 2016, section 4.2) with `n = 1`, 3×3 convolutions with batch
 * normalization, one basic block each of `width`, `2·width` and `4·width` channels, global average pooling, one dense layer.
 * Where a block halves its maps the shortcut is a normalized 1×1 convolution (their option B; they pad with zeros on CIFAR);
 * strided convolutions pad as Keras does.
 */
export function resnet8(options: ConvolutionalOptions): LayeredArchitecture {
  const { inputShape, width, outputs } = optionsIn(options);
  return {
    inputShape,
    layers: [
      normed3(width),
      ...block(width, 1),
      ...block(2 * width, 2),
      ...block(4 * width, 2),
      { kind: "global-average-pool" },
      { kind: "dense", units: outputs, bias: true, gated: false },
    ],
  };
}

const block = (channels: number, stride: number): readonly Layer[] => [
  {
    kind: "residual",
    body: [normed3(channels, stride), { ...normed3(channels), gated: false }],
    shortcut: stride === 1 ? [] : [{ ...normed3(channels, stride), kernel: 1, gated: false }],
  },
  { kind: "gate" },
];

/**
 * VGG-16 for small images at a width of 64: the thirteen 3×3 convolutions of Simonyan and Zisserman (ICLR 2015, table 1,
 * column D) with batch normalization, a 2×2 maximum behind each of the five blocks while the maps have even sides, and one
 * dense layer behind global average pooling in place of their three.
 */
export function vgg16(options: ConvolutionalOptions): LayeredArchitecture {
  const { inputShape, width, outputs } = optionsIn(options);
  const layers: Layer[] = [];
  let sides = inputShape.slice(1);
  for (const [multiple, convolutions] of [
    [1, 2],
    [2, 2],
    [4, 3],
    [8, 3],
    [8, 3],
  ] as const) {
    for (let i = 0; i < convolutions; i++) layers.push(normed3(multiple * width));
    if (sides.some((side) => side % 2 !== 0)) continue;
    layers.push({ kind: "max-pool", size: 2 });
    sides = sides.map((side) => side / 2);
  }
  return {
    inputShape,
    layers: [...layers, { kind: "global-average-pool" }, { kind: "dense", units: outputs, bias: true, gated: false }],
  };
}
