import { describe, expect, it } from "vitest";
import {
  type Architecture,
  c4gap,
  featureParameterSpecs,
  fullyConnected,
  gatedLayers,
  gconv,
  type Layer,
  outputsOf,
  parameterSpecs,
  placeLayers,
  vconv,
} from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";
import { C4GAP, FC, GCONV, VCONV } from "./architectures.ts";

/** Counted by hand from theory 6.2. */
const CASES: readonly {
  readonly name: string;
  readonly architecture: Architecture;
  readonly outputShapes: readonly (readonly number[])[];
  /** Shape, fan in and fan out of each weight. */
  readonly weights: readonly (readonly [readonly number[], number, number])[];
  readonly parameters: number;
  readonly gates: readonly (readonly number[])[];
}[] = [
  {
    name: "FC",
    architecture: FC,
    outputShapes: [[784], [128], [128], [128], [128], [128], [10]],
    weights: [
      [[784, 128], 784, 128],
      ...Array.from({ length: 4 }, () => [[128, 128], 128, 128] as const),
      [[128, 10], 128, 10],
    ],
    parameters: 784 * 128 + 128 + 4 * (128 * 128 + 128) + 128 * 10 + 10,
    gates: Array.from({ length: 5 }, () => [128]),
  },
  {
    name: "VCONV",
    architecture: VCONV,
    outputShapes: [[64, 32, 32], [64, 32, 32], [128, 32, 32], [128, 32, 32], [131072], [256], [256], [10]],
    weights: [
      [[64, 3, 3, 3], 27, 576],
      [[64, 64, 3, 3], 576, 576],
      [[128, 64, 3, 3], 576, 1152],
      [[128, 128, 3, 3], 1152, 1152],
      [[131072, 256], 131072, 256],
      [[256, 256], 256, 256],
      [[256, 10], 256, 10],
    ],
    parameters: 1792 + 36928 + 73856 + 147584 + (131072 * 256 + 256) + 65792 + 2570,
    gates: [[64, 32, 32], [64, 32, 32], [128, 32, 32], [128, 32, 32], [256], [256]],
  },
  {
    name: "GCONV",
    architecture: GCONV,
    outputShapes: [[64, 32, 32], [64, 32, 32], [128, 32, 32], [128, 32, 32], [128], [256], [256], [10]],
    weights: [
      [[64, 3, 3, 3], 27, 576],
      [[64, 64, 3, 3], 576, 576],
      [[128, 64, 3, 3], 576, 1152],
      [[128, 128, 3, 3], 1152, 1152],
      [[128, 256], 128, 256],
      [[256, 256], 256, 256],
      [[256, 10], 256, 10],
    ],
    parameters: 1792 + 36928 + 73856 + 147584 + (128 * 256 + 256) + 65792 + 2570,
    gates: [[64, 32, 32], [64, 32, 32], [128, 32, 32], [128, 32, 32], [256], [256]],
  },
  {
    name: "C4GAP",
    architecture: C4GAP,
    outputShapes: [...Array.from({ length: 4 }, () => [128, 32, 32]), [128], [10]],
    weights: [
      [[128, 3, 3, 3], 27, 1152],
      ...Array.from({ length: 3 }, () => [[128, 128, 3, 3], 1152, 1152] as const),
      [[128, 10], 128, 10],
    ],
    parameters: 3584 + 3 * 147584 + 1290,
    gates: Array.from({ length: 4 }, () => [128, 32, 32]),
  },
];

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe.each(CASES)("$name", ({ architecture, outputShapes, weights, parameters, gates }) => {
  it("layers have their shapes", () => {
    const placed = placeLayers(architecture);
    expect(placed.map(({ outputShape }) => outputShape)).toEqual(outputShapes);
    expect(placed.map(({ inputShape }) => inputShape)).toEqual([architecture.inputShape, ...outputShapes.slice(0, -1)]);
    expect(outputsOf(architecture)).toBe(10);
  });

  it("parameters have their layers, shapes and fans, weight before bias", () => {
    const wanted = weights.flatMap(([shape, fanIn, fanOut], i) => {
      const out = shape.length === 2 ? shape[1] : shape[0];
      const layer = { layer: i + 1, fanIn, fanOut };
      return [
        { kind: "weight", shape, ...layer },
        { kind: "bias", shape: [out], ...layer },
      ];
    });
    expect(parameterSpecs(architecture)).toEqual(wanted);
    expect(parameterSpecs(architecture).reduce((sum, { shape }) => sum + size(shape), 0)).toBe(parameters);
  });

  it("all hidden layers are gated, and the feature network ends with the last of them", () => {
    expect(gatedLayers(architecture)).toEqual(gates.map((shape, i) => ({ layer: i + 1, shape })));
    const used = parameterSpecs(architecture).filter(({ layer }) => layer < weights.length);
    expect(featureParameterSpecs(architecture)).toEqual(used);
  });

  it("survives JSON", () => expect(JSON.parse(JSON.stringify(architecture))).toEqual(architecture));
});

it("the standard architectures are those of theory 5.8 and 6.2", () => {
  const cifar10 = { inputShape: [3, 32, 32], outputs: 10 };
  expect(vconv({ ...cifar10, width: 64 })).toEqual(VCONV);
  expect(gconv({ ...cifar10, width: 64 })).toEqual(GCONV);
  expect(c4gap({ ...cifar10, width: 128 })).toEqual(C4GAP);
});

it("without biases there are weights only", () => {
  const specs = parameterSpecs(fullyConnected({ inputShape: [5], depth: 3, width: 2, outputs: 1, bias: false }));
  expect(specs.map(({ layer, kind, shape }) => [`${layer}.${kind}`, shape])).toEqual([
    ["1.weight", [5, 2]],
    ["2.weight", [2, 2]],
    ["3.weight", [2, 1]],
  ]);
});

it("a network of depth 1 has no gates and no feature network", () => {
  const linear = fullyConnected({ inputShape: [2, 2], depth: 1, width: 7, outputs: 3 });
  expect(parameterSpecs(linear).map(({ shape }) => shape)).toEqual([[4, 3], [3]]);
  expect(gatedLayers(linear)).toEqual([]);
  expect(featureParameterSpecs(linear)).toEqual([]);
});

/** Sizes as Keras's documentation has them: same ⌈n / stride⌉, valid ⌈(n − kernel + 1) / stride⌉. */
describe.each(["same", "valid"] as const)("a convolution with %s padding", (padding) => {
  const cases = [5, 6, 7, 8].flatMap((n) =>
    [1, 2, 3, 4, 5].flatMap((kernel) => [1, 2, 3].map((stride) => ({ n, kernel, stride }))),
  );
  it.each(cases)("of kernel $kernel and stride $stride on $n", ({ n, kernel, stride }) => {
    const layer: Layer = { kind: "convolution", channels: 2, kernel, stride, padding, bias: false, gated: false };
    const [placed] = placeLayers({ inputShape: [1, n, n + 1], layers: [layer] });
    const along = (length: number) => Math.ceil((padding === "same" ? length : length - kernel + 1) / stride);
    expect(placed?.outputShape).toEqual([2, along(n), along(n + 1)]);
  });
});

describe("errors", () => {
  const next = "put a flatten or a pooling layer before it, or change the input shape";
  const dense: Layer = { kind: "dense", units: 2, bias: true, gated: false };
  const valid: Layer = {
    kind: "convolution",
    channels: 1,
    kernel: 3,
    stride: 1,
    padding: "valid",
    bias: true,
    gated: true,
  };
  it.each<{ title: string; inputShape: readonly number[]; layers: readonly Layer[]; message: string }>([
    {
      title: "dense on maps",
      inputShape: [3, 4, 4],
      layers: [valid, dense],
      message: "layer 1 (dense) on [1, 2, 2]: expected a vector [inputs]",
    },
    {
      title: "convolution on a vector",
      inputShape: [4],
      layers: [valid],
      message: "layer 0 (convolution) on [4]: expected maps [channels, height, width]",
    },
    {
      title: "convolution larger than its maps",
      inputShape: [1, 8, 2],
      layers: [valid],
      message: "layer 0 (convolution) on [1, 8, 2]: expected maps of at least 3×3, the size of its kernel",
    },
    {
      title: "average pooling that does not tile",
      inputShape: [1, 4, 5],
      layers: [{ kind: "average-pool", size: 2 }],
      message: "layer 0 (average-pool) on [1, 4, 5]: expected maps [channels, height, width] that windows of 2 tile",
    },
    {
      title: "global average pooling of a vector",
      inputShape: [4],
      layers: [{ kind: "global-average-pool" }],
      message: "layer 0 (global-average-pool) on [4]: expected maps [channels, height, width]",
    },
  ])("$title", ({ inputShape, layers, message }) => {
    expect(errorOf(() => placeLayers({ inputShape, layers }))).toEqual({ message, hint: next });
  });

  it.each([
    { title: "maps", layers: [valid] },
    { title: "nothing", layers: [] },
  ])("an architecture that ends in $title has no number of outputs", ({ layers }) => {
    expect(errorOf(() => outputsOf({ inputShape: [1, 3, 3], layers }))).toEqual({
      message: "an architecture that ends in maps or is empty: expected a last layer that gives a vector",
      hint: "end it with a dense layer",
    });
  });

  it.each([
    { name: "depth", value: 0 },
    { name: "width", value: 1.5 },
    { name: "outputs", value: -1 },
  ])("$name $value", ({ name, value }) => {
    const options = { inputShape: [2], depth: 2, width: 2, outputs: 2, [name]: value };
    expect(errorOf(() => fullyConnected(options))).toEqual({
      message: `${name} ${value}: expected a whole number of at least 1`,
      hint: `give another ${name}`,
    });
  });
});
