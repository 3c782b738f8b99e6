/** What moves elements, constants, and the end of a model. */
import { float32, int64 } from "../../../../src/graph/index.ts";
import { drawn } from "../../../graph/onnx/model.ts";
import { type Cases, conv, convWeights, flat, ints, linear, MAPS } from "./case.ts";

export const LAYOUT = {
  Concat: {
    channels: {
      input: ["N", 2, 6, 5],
      nodes: [
        conv,
        { ...conv, outputs: ["r"], attributes: { dilations: [1, 1] } },
        { op: "Concat", inputs: ["q", "r", "q"], outputs: ["c"], attributes: { axis: 1 } },
        flat("c"),
      ],
      constants: convWeights,
    },
    "last axis": {
      input: MAPS,
      nodes: [{ op: "Concat", inputs: ["x", "x"], attributes: { axis: -1 } }, flat("t0")],
    },
  },
  Pad: {
    "opset 9": {
      opset: 9,
      input: MAPS,
      nodes: [{ op: "Pad", inputs: ["x"], attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1] } }, flat("t0")],
    },
    "opset 13, and cut off": {
      opset: 13,
      input: MAPS,
      nodes: [{ op: "Pad", inputs: ["x", "pads", "zero"] }, flat("t0")],
      constants: { pads: ints(0, 1, -1, 2, 0, 0, 0, -1), zero: float32([], [0]) },
    },
    "opset 18, axes": {
      input: MAPS,
      nodes: [{ op: "Pad", inputs: ["x", "pads", "", "axes"] }, flat("t0")],
      constants: { pads: ints(1, 0, 0, 2), axes: ints(-1, 1) },
    },
    ...Object.fromEntries(
      ["edge", "reflect", "wrap"].map((mode) => [
        mode,
        {
          opset: 19,
          input: MAPS,
          nodes: [
            { op: "Pad", inputs: ["x", "pads"], attributes: { mode } },
            { op: "Conv", inputs: ["t0", "w", "b"] },
            { op: "Relu", inputs: ["t1"] },
            flat("t2"),
          ],
          constants: { ...convWeights, pads: ints(0, 0, 2, 1, 0, 0, 1, 3) },
        },
      ]),
    ),
  },
  Expand: {
    "a column along rows": {
      input: ["N", 1, 4],
      nodes: [
        { op: "Expand", inputs: ["x", "sizes"] },
        { op: "Mul", inputs: ["t0", "w"] },
        { op: "Relu", inputs: ["t1"] },
      ],
      constants: { sizes: ints(1, 3, 1), w: drawn("w", 3, 4) },
    },
    "more axes": {
      input: [1, 4],
      nodes: [
        { op: "Expand", inputs: ["x", "sizes"] },
        { op: "Relu", inputs: ["t0"] },
      ],
      constants: { sizes: ints(2, 1, 4) },
    },
  },
  Flatten: {
    "axis 0": { input: MAPS, nodes: [{ op: "Flatten", inputs: ["x"], attributes: { axis: 0 } }] },
    "negative axis": { input: [1, 1, 4], nodes: [{ op: "Flatten", inputs: ["x"], attributes: { axis: -1 } }] },
  },
  Reshape: {
    "0 and −1": {
      input: ["N", 2, 6, 5],
      nodes: [
        { op: "Reshape", inputs: ["x", "shape"] },
        { op: "Reshape", inputs: ["t0", "flat"] },
      ],
      constants: { shape: ints(0, 3, -1, 2), flat: ints(-1, 60) },
      kinds: ["input", "rearrange"],
    },
    "1 for the batch": {
      input: MAPS,
      nodes: [{ op: "Reshape", inputs: ["x", "shape"] }],
      constants: { shape: ints(1, -1) },
    },
    "of weights": {
      nodes: [
        { op: "Reshape", inputs: ["w", "shape"] },
        { op: "MatMul", inputs: ["x", "t0"] },
      ],
      constants: { w: drawn("w", 2, 6), shape: ints(4, 3) },
    },
  },
  Shape: {
    "a flatten as PyTorch wrote it": {
      input: ["N", 2, 6, 5],
      nodes: [
        { op: "Shape", inputs: ["x"] },
        { op: "Gather", inputs: ["t0", "zero"], attributes: { axis: 0 } },
        { op: "Unsqueeze", inputs: ["t1", "axes"] },
        { op: "Constant", inputs: [], attributes: { value: { tensor: ints(-1) } } },
        { op: "Concat", inputs: ["t2", "t3"], attributes: { axis: 0 } },
        { op: "Reshape", inputs: ["x", "t4"] },
      ],
      constants: { zero: int64([], [0]), axes: ints(0) },
      kinds: ["input", "rearrange"],
    },
  },
  Gather: {
    "a shape of many parts": {
      nodes: [
        { op: "Concat", inputs: ["long", "long", "long", "long", "long"], attributes: { axis: 0 } },
        { op: "Gather", inputs: ["t0", "place"] },
        { op: "Reshape", inputs: ["x", "t1"] },
      ],
      constants: { long: ints(...Array<number>(40).fill(4)), place: ints(0) },
    },
    "of channels, one and several, some twice": {
      input: ["N", 3, 4, 2],
      nodes: [
        { op: "Gather", inputs: ["x", "one"], attributes: { axis: 1 } },
        { op: "Unsqueeze", inputs: ["t0", "axes"] },
        { op: "Gather", inputs: ["x", "some"], attributes: { axis: -3 } },
        { op: "Concat", inputs: ["t1", "t2"], attributes: { axis: 1 } },
        flat("t3"),
      ],
      constants: { one: int64([], [-1]), axes: ints(1), some: ints(2, 0, 2) },
    },
    "of columns, as a table": {
      input: MAPS,
      nodes: [{ op: "Gather", inputs: ["x", "table"], attributes: { axis: 3 } }, flat("t0")],
      constants: { table: int64([2, 2], [4, 0, 1, 3]) },
    },
    "of a shape": {
      input: MAPS,
      nodes: [
        { op: "Shape", inputs: ["x"] },
        { op: "Gather", inputs: ["t0", "order"] },
        { op: "Reshape", inputs: ["x", "t1"] },
        flat("t2"),
      ],
      constants: { order: ints(0, 3, 2, 1) },
    },
  },
  Transpose: {
    "channels last": {
      input: ["N", 3, 4, 2],
      nodes: [{ op: "Transpose", inputs: ["x"], attributes: { perm: [0, 3, 1, 2] } }, flat("t0")],
    },
    "only an axis of size 1": {
      input: [1, 5, 1, 2],
      nodes: [{ op: "Transpose", inputs: ["x"], attributes: { perm: [0, 2, 1, 3] } }, flat("t0")],
      kinds: ["input", "rearrange"],
    },
  },
  Squeeze: {
    "opset 11": { opset: 11, input: [1, 4, 1], nodes: [{ op: "Squeeze", inputs: ["x"], attributes: { axes: [2] } }] },
    "the batch too": {
      input: [1, 4, 1],
      nodes: [
        { op: "Squeeze", inputs: ["x"] },
        { op: "MatMul", inputs: ["t0", "w"] },
      ],
      constants: linear,
    },
  },
  Unsqueeze: {
    "opset 11": { opset: 11, nodes: [{ op: "Unsqueeze", inputs: ["x"], attributes: { axes: [1, -1] } }, flat("t0")] },
    "opset 13": {
      opset: 13,
      nodes: [{ op: "Unsqueeze", inputs: ["x", "axes"] }, flat("t0")],
      constants: { axes: ints(1) },
    },
  },
  Slice: {
    "opset 9": {
      opset: 9,
      input: MAPS,
      nodes: [
        { op: "Slice", inputs: ["x"], attributes: { starts: [1, -3], ends: [2, 100], axes: [1, 2] } },
        flat("t0"),
      ],
    },
    "backward, with steps": {
      input: MAPS,
      nodes: [{ op: "Slice", inputs: ["x", "starts", "ends", "axes", "steps"] }, flat("t0")],
      constants: { starts: ints(-1, 0), ends: ints(-100, 5), axes: ints(2, 3), steps: ints(-2, 3) },
    },
  },
  Split: {
    "channels, num_outputs": {
      input: ["N", 3, 4, 2],
      nodes: [
        { op: "Split", inputs: ["x"], outputs: ["a", "b"], attributes: { axis: 1, num_outputs: 2 } },
        { op: "Concat", inputs: ["b", "a", "b"], outputs: ["c"], attributes: { axis: 1 } },
        flat("c"),
      ],
    },
    "columns of any number, opset 13": {
      opset: 13,
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["q"] },
        { op: "Split", inputs: ["q", "sizes"], outputs: ["u", "v"], attributes: { axis: -1 } },
        { op: "Add", inputs: ["v", "u"], outputs: ["s"] },
      ],
      constants: { ...linear, sizes: ints(1, 2) },
    },
    "equal parts, some unused, opset 11": {
      opset: 11,
      nodes: [
        { op: "Split", inputs: ["x"], outputs: ["a", "b", "c", "d"], attributes: { axis: 1 } },
        { op: "Concat", inputs: ["d", "b"], outputs: ["e"], attributes: { axis: 1 } },
      ],
    },
    "split, opset 11": {
      opset: 11,
      nodes: [
        { op: "Split", inputs: ["x"], outputs: ["a", "b"], attributes: { axis: 1, split: [3, 1] } },
        { op: "Relu", inputs: ["a"], outputs: ["c"] },
      ],
    },
  },
  Identity: {
    everywhere: {
      nodes: [
        { op: "Identity", inputs: ["x"] },
        { op: "Gemm", inputs: ["t0", "w", "b"] },
        { op: "Identity", inputs: ["t1"] },
      ],
      constants: linear,
      kinds: ["input", "dense"],
    },
  },
  Dropout: {
    "opset 7": {
      opset: 7,
      nodes: [{ op: "Dropout", inputs: ["x"], attributes: { ratio: { float: 0.5 } } }, flat("t0")],
    },
    "opset 13": { opset: 13, nodes: [{ op: "Dropout", inputs: ["x"] }, flat("t0")] },
  },
  Cast: { "to float32": { nodes: [{ op: "Cast", inputs: ["x"], attributes: { to: 1 } }, flat("t0")] } },
  CastLike: {
    "to the weights' type": {
      nodes: [
        { op: "CastLike", inputs: ["x", "w"] },
        { op: "Gemm", inputs: ["t0", "w", "b"] },
      ],
      constants: linear,
    },
    "a bias to the type of what it is added to": {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "CastLike", inputs: ["whole", "t0"] },
        { op: "Add", inputs: ["t0", "t1"] },
      ],
      constants: { ...linear, whole: ints(1, -2, 3) },
    },
  },
  Constant: {
    "value_floats and value_ints": {
      opset: 13,
      input: MAPS,
      nodes: [
        { op: "Constant", inputs: [], attributes: { value_ints: [0, -1] } },
        { op: "Constant", inputs: [], attributes: { value_float: { float: 3 } } },
        { op: "Mul", inputs: ["x", "t1"] },
        { op: "Reshape", inputs: ["t2", "t0"] },
      ],
    },
  },
  Softmax: {
    "then flattened and reshaped": {
      input: [1, 4, 1, 1],
      nodes: [
        { op: "Conv", inputs: ["x", "k", "b"] },
        { op: "Softmax", inputs: ["t0"], attributes: { axis: 1 } },
        flat("t1"),
        { op: "Reshape", inputs: ["t2", "shape"] },
        { op: "Transpose", inputs: ["t3"], attributes: { perm: [0, 2, 1] } },
      ],
      constants: { k: drawn("k", 3, 4, 1, 1), b: linear.b, shape: ints(1, 3, 1) },
      behind: "softmax",
    },
    "opset 11": {
      opset: 11,
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Softmax", inputs: ["t0"] },
      ],
      constants: linear,
      behind: "softmax",
    },
    "opset 13": {
      opset: 13,
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Softmax", inputs: ["t0"] },
        { op: "Identity", inputs: ["t1"] },
      ],
      constants: linear,
      behind: "softmax",
    },
  },
  LogSoftmax: {
    "of channels, then only reshaped": {
      input: [1, 4, 1, 1],
      nodes: [
        { op: "Conv", inputs: ["x", "k", "b"] },
        { op: "LogSoftmax", inputs: ["t0"], attributes: { axis: 1 } },
        { op: "Cast", inputs: ["t1"], attributes: { to: 1 } },
        { op: "Squeeze", inputs: ["t2", "axes"] },
      ],
      constants: { k: drawn("k", 3, 4, 1, 1), b: linear.b, axes: ints(2, 3) },
      behind: "log",
    },
    "opset 18": {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "LogSoftmax", inputs: ["t0"], attributes: { axis: 1 } },
      ],
      constants: linear,
      behind: "log",
    },
  },
} as const satisfies Cases;
