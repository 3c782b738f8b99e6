/** Gates and pooling. */
import { float32 } from "../../../../src/graph/index.ts";
import { drawn, type NodeOf } from "../../../graph/onnx/model.ts";
import {
  type Case,
  type Cases,
  channelsFirst,
  channelsLast,
  conv,
  convWeights,
  flat,
  ints,
  linear,
  MAPS,
} from "./case.ts";

/** Pools whose last window hangs over the border, or would begin beyond it and is left out. */
const hangingOver = (op: string, attributes: NodeOf["attributes"]): Readonly<Record<string, Case>> =>
  Object.fromEntries(
    [
      { input: [1, 2, 6, 7], kernel_shape: [3, 3], strides: [2, 2] },
      { input: [1, 2, 6, 5], kernel_shape: [3, 2], strides: [2, 3], pads: [1, 1, 1, 1] },
      { input: [1, 2, 5, 6], kernel_shape: [2, 3], strides: [3, 2], pads: [1, 0, 1, 2] },
      { input: [1, 2, 6, 5], kernel_shape: [3, 2], strides: [2, 3], auto_pad: "VALID" },
    ].flatMap(({ input, ...window }) =>
      [11, 18, 19].map((opset): readonly [string, Case] => {
        const given = { ...attributes, ...window, ceil_mode: 1 };
        return [
          `${JSON.stringify(given)}, opset ${opset}`,
          { opset, input, nodes: [{ op, inputs: ["x"], attributes: given }, flat("t0")] },
        ];
      }),
    ),
  );

export const UNITS = {
  Relu: {
    last: {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Relu", inputs: ["t0"] },
      ],
      constants: linear,
      kinds: ["input", "dense", "gate"],
    },
  },
  LeakyRelu: {
    "channels last": {
      input: MAPS,
      nodes: [
        conv,
        channelsLast("q", ["l"]),
        { op: "LeakyRelu", inputs: ["l"], outputs: ["g"] },
        channelsFirst("g", ["r"]),
        flat("r"),
      ],
      constants: convWeights,
      kinds: ["input", "convolution", "gate", "rearrange"],
    },
    "slope 0.01": { nodes: [{ op: "LeakyRelu", inputs: ["x"] }] },
    "slope 0.3": { nodes: [{ op: "LeakyRelu", inputs: ["x"], attributes: { alpha: { float: 0.3 } } }] },
  },
  PRelu: {
    "of channels": {
      input: MAPS,
      nodes: [conv, { op: "PRelu", inputs: ["q", "s"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, s: drawn("s", 4, 1, 1) },
    },
    "one for all": {
      input: MAPS,
      nodes: [conv, { op: "PRelu", inputs: ["q", "s"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, s: float32([1], [0.2]) },
    },
    "of channels, channels last": {
      input: MAPS,
      nodes: [
        conv,
        channelsLast("q", ["l"]),
        { op: "PRelu", inputs: ["l", "s"], outputs: ["g"] },
        channelsFirst("g", ["r"]),
        { op: "GlobalAveragePool", inputs: ["r"], outputs: ["m"] },
        flat("m"),
      ],
      constants: { ...convWeights, s: drawn("s", 1, 1, 4) },
      kinds: ["input", "convolution", "gate", "average-pool", "rearrange"],
    },
    "of each unit": {
      input: MAPS,
      nodes: [conv, { op: "PRelu", inputs: ["q", "s"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, s: drawn("s", 4, 4, 3) },
      kinds: ["input", "convolution", "rearrange", "gate"],
    },
    "of units, opset 7": { opset: 7, nodes: [{ op: "PRelu", inputs: ["x", "s"] }], constants: { s: drawn("s", 4) } },
  },
  Clip: {
    "opset 7": {
      opset: 7,
      nodes: [{ op: "Clip", inputs: ["x"], attributes: { min: { float: 0 }, max: { float: 0.5 } } }],
    },
    "opset 9, no ceiling": {
      opset: 9,
      nodes: [{ op: "Clip", inputs: ["x"], attributes: { min: { float: 0 } } }],
      kinds: ["input", "gate"],
    },
    "opset 11": {
      opset: 11,
      nodes: [{ op: "Clip", inputs: ["x", "low", "high"] }],
      constants: { low: float32([], [0]), high: float32([], [0.7]) },
    },
    "no ceiling": { nodes: [{ op: "Clip", inputs: ["x", "low", ""] }], constants: { low: float32([], [0]) } },
  },
  Max: {
    "with 0 behind": {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Max", inputs: ["t0", "zero"] },
      ],
      constants: { ...linear, zero: float32([], [0]) },
      kinds: ["input", "dense", "gate"],
    },
    "with 0 in front": { nodes: [{ op: "Max", inputs: ["zero", "x"] }], constants: { zero: float32([1, 1], [0]) } },
  },
  Min: {
    "of a maximum": {
      nodes: [
        { op: "Max", inputs: ["zero", "x"] },
        { op: "Min", inputs: ["t0", "high"] },
        { op: "Add", inputs: ["t0", "t1"] },
      ],
      constants: { zero: float32([], [0]), high: float32([1], [0.4]) },
      kinds: ["input", "gate", "gate", "sum"],
    },
    "of a ReLU": {
      nodes: [
        { op: "Relu", inputs: ["x"] },
        { op: "Min", inputs: ["high", "t0"] },
      ],
      constants: { high: float32([], [0.7]) },
      kinds: ["input", "gate"],
    },
  },
  MaxPool: {
    plain: {
      input: MAPS,
      nodes: [{ op: "MaxPool", inputs: ["x"], attributes: { kernel_shape: [2, 3] } }, flat("t0")],
    },
    "pads and strides": {
      opset: 11,
      input: MAPS,
      nodes: [
        {
          op: "MaxPool",
          inputs: ["x"],
          attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2], ceil_mode: 0 },
        },
        flat("t0"),
      ],
    },
    "ceil_mode that changes nothing": {
      input: MAPS,
      nodes: [
        { op: "MaxPool", inputs: ["x"], attributes: { kernel_shape: [2, 3], strides: [2, 1], ceil_mode: 1 } },
        flat("t0"),
      ],
    },
    ...hangingOver("MaxPool", {}),
    "ceil_mode, 1-D": {
      input: [1, 2, 8],
      nodes: [
        { op: "MaxPool", inputs: ["x"], attributes: { kernel_shape: [3], strides: [2], ceil_mode: 1 } },
        flat("t0"),
      ],
    },
    SAME_UPPER: {
      opset: 9,
      input: MAPS,
      nodes: [
        { op: "MaxPool", inputs: ["x"], attributes: { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "SAME_UPPER" } },
        flat("t0"),
      ],
    },
    "1-D": {
      input: [1, 2, 7],
      nodes: [{ op: "MaxPool", inputs: ["x"], attributes: { kernel_shape: [3], strides: [2] } }, flat("t0")],
    },
  },
  AveragePool: {
    ...Object.fromEntries(
      [0, 1].flatMap((counted) =>
        [7, 18].map((opset): readonly [string, Case] => [
          `count_include_pad ${counted}, opset ${opset}`,
          {
            opset,
            input: MAPS,
            nodes: [
              {
                op: "AveragePool",
                inputs: ["x"],
                attributes: { kernel_shape: [3, 3], pads: [1, 2, 0, 1], strides: [2, 1], count_include_pad: counted },
              },
              flat("t0"),
            ],
          },
        ]),
      ),
    ),
    "one window of the map's size that begins before it": {
      input: [1, 2, 3, 3],
      nodes: [
        {
          op: "AveragePool",
          inputs: ["x"],
          attributes: { kernel_shape: [3, 3], pads: [1, 1, 0, 0], strides: [2, 2] },
        },
        flat("t0"),
      ],
    },
    ...hangingOver("AveragePool", { count_include_pad: 0 }),
    ...hangingOver("AveragePool", { count_include_pad: 1 }),
  },
  GlobalAveragePool: {
    maps: {
      input: MAPS,
      nodes: [conv, { op: "GlobalAveragePool", inputs: ["q"], outputs: ["r"] }, flat("r")],
      constants: convWeights,
    },
    signals: { input: [1, 3, 8], nodes: [{ op: "GlobalAveragePool", inputs: ["x"] }, flat("t0")] },
  },
  GlobalMaxPool: { maps: { input: MAPS, nodes: [{ op: "GlobalMaxPool", inputs: ["x"] }, flat("t0")] } },
  ReduceMean: {
    "of maps": {
      opset: 13,
      input: MAPS,
      nodes: [{ op: "ReduceMean", inputs: ["x"], attributes: { axes: [2, 3], keepdims: 0 } }],
    },
    "of maps, kept, negative axes": {
      opset: 13,
      input: MAPS,
      nodes: [{ op: "ReduceMean", inputs: ["x"], attributes: { axes: [-1, -2] } }, flat("t0")],
    },
    "channels last, opset 18": {
      input: ["N", 5, 4, 3],
      nodes: [{ op: "ReduceMean", inputs: ["x", "axes"], attributes: { keepdims: 0 } }],
      constants: { axes: ints(1, 2) },
    },
    "of columns, then of rows": {
      opset: 17,
      input: MAPS,
      nodes: [
        conv,
        { op: "Relu", inputs: ["q"], outputs: ["g"] },
        { op: "ReduceMean", inputs: ["g"], outputs: ["c"], attributes: { axes: [-1], keepdims: 0 } },
        { op: "ReduceMean", inputs: ["c"], outputs: ["m"], attributes: { axes: [-1], keepdims: 0 } },
      ],
      constants: convWeights,
      kinds: ["input", "convolution", "gate", "average-pool", "rearrange", "average-pool", "rearrange"],
    },
    "of rows, then of columns": {
      opset: 17,
      input: MAPS,
      nodes: [
        { op: "ReduceMean", inputs: ["x"], attributes: { axes: [2] } },
        { op: "ReduceMean", inputs: ["t0"], attributes: { axes: [3] } },
        flat("t1"),
      ],
      kinds: ["input", "average-pool", "average-pool", "rearrange"],
    },
    "of rows, channels last": {
      input: MAPS,
      nodes: [
        channelsLast("x", ["l"]),
        { op: "ReduceMean", inputs: ["l", "axes"], outputs: ["m"], attributes: { keepdims: 0 } },
        flat("m"),
      ],
      constants: { axes: ints(2) },
    },
    "of channels": {
      input: MAPS,
      nodes: [{ op: "ReduceMean", inputs: ["x", "axes"] }, flat("t0")],
      constants: { axes: ints(1) },
    },
  },
  ReduceSum: {
    "of maps, opset 13": {
      opset: 13,
      input: MAPS,
      nodes: [{ op: "ReduceSum", inputs: ["x", "axes"], attributes: { keepdims: 0 } }],
      constants: { axes: ints(2, 3) },
    },
    "of units, opset 11": {
      opset: 11,
      nodes: [{ op: "ReduceSum", inputs: ["x"], attributes: { axes: [1] } }],
    },
    "of nothing": {
      nodes: [{ op: "ReduceSum", inputs: ["x"], attributes: { noop_with_empty_axes: 1 } }, flat("t0")],
      kinds: ["input"],
    },
  },
  ReduceMax: {
    "of maps": {
      input: MAPS,
      nodes: [{ op: "ReduceMax", inputs: ["x", "axes"] }, flat("t0")],
      constants: { axes: ints(-2, -1) },
      kinds: ["input", "max-pool", "rearrange"],
    },
    "channels last, opset 13": {
      opset: 13,
      input: ["N", 5, 4, 3],
      nodes: [{ op: "ReduceMax", inputs: ["x"], attributes: { axes: [1, 2], keepdims: 0 } }],
    },
    "of channels": {
      input: MAPS,
      nodes: [{ op: "ReduceMax", inputs: ["x", "axes"] }, flat("t0")],
      constants: { axes: ints(1) },
    },
  },
} as const satisfies Cases;
