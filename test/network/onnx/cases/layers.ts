/** Layers with weights, and arithmetic with constants. */
import { float32, float64 } from "../../../../src/graph/index.ts";
import { drawn } from "../../../graph/onnx/model.ts";
import {
  batchNorm,
  type Cases,
  channelsFirst,
  channelsLast,
  conv,
  convWeights,
  flat,
  ints,
  linear,
  MAPS,
  normal,
} from "./case.ts";

const SCALER = { op: "Scaler", domain: "ai.onnx.ml", inputs: ["x"] };

export const LAYERS = {
  Gemm: {
    plain: { nodes: [{ op: "Gemm", inputs: ["x", "w", "b"] }], constants: linear, kinds: ["input", "dense"] },
    "transB, alpha, beta": {
      nodes: [
        {
          op: "Gemm",
          inputs: ["x", "w", "b"],
          attributes: { transB: 1, alpha: { float: 0.5 }, beta: { float: 3 } },
        },
      ],
      constants: { w: drawn("w", 3, 4), b: drawn("b", 1, 3) },
    },
    "another node as C, beta": {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Gemm", inputs: ["t1", "w2", "x"] },
        { op: "Gemm", inputs: ["t1", "w2", "t2"], attributes: { beta: { float: -0.5 } } },
      ],
      constants: { ...linear, w2: drawn("w2", 3, 4) },
      kinds: ["input", "dense", "gate", "dense", "sum", "dense", "scale", "sum"],
    },
    "transA of a column": {
      input: [4, 1].with(0, 1).with(1, 4),
      nodes: [
        { op: "Transpose", inputs: ["x"] },
        { op: "Gemm", inputs: ["t0", "w", "b"], attributes: { transA: 1 } },
      ],
      constants: { ...linear, b: float32([], [0.25]) },
    },
    "of rows": {
      input: [1, 2, 3, 4],
      nodes: [
        { op: "Reshape", inputs: ["x", "rows"] },
        { op: "Gemm", inputs: ["t0", "w", "b"] },
        { op: "Reshape", inputs: ["t1", "one"] },
      ],
      constants: { ...linear, rows: ints(6, 4), one: ints(1, -1) },
    },
    "opset 7, symbolic batch": {
      opset: 7,
      input: ["N", 4],
      nodes: [{ op: "Gemm", inputs: ["x", "w", "b"] }],
      constants: linear,
    },
  },
  MatMul: {
    "and its bias": {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Add", inputs: ["b", "t0"] },
      ],
      constants: linear,
      kinds: ["input", "dense"],
    },
    "axes of size 1, and its bias": {
      input: [1, 1, 1, 4],
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Add", inputs: ["t0", "b"] },
        { op: "Relu", inputs: ["t1"] },
        { op: "MatMul", inputs: ["t2", "w2"] },
      ],
      constants: { ...linear, w2: drawn("w2", 3, 2) },
      kinds: ["input", "rearrange", "dense", "rearrange", "gate", "rearrange", "dense"],
    },
    "at each position of maps, channels last": {
      input: MAPS,
      nodes: [
        conv,
        channelsLast("q", ["l"]),
        { op: "MatMul", inputs: ["l", "v"], outputs: ["d"] },
        { op: "Add", inputs: ["d", "c"], outputs: ["a"] },
        channelsFirst("a", ["r"]),
        { op: "GlobalAveragePool", inputs: ["r"], outputs: ["m"] },
        flat("m"),
      ],
      constants: { ...convWeights, v: linear.w, c: linear.b },
      kinds: ["input", "convolution", "convolution", "average-pool", "rearrange"],
    },
    "at each position, as Keras writes it": {
      input: [1, 3, 2, 4],
      nodes: [
        { op: "Reshape", inputs: ["x", "rows"] },
        { op: "MatMul", inputs: ["t0", "w"] },
        { op: "Reshape", inputs: ["t1", "maps"] },
        { op: "Add", inputs: ["t2", "b"] },
        flat("t3"),
      ],
      constants: { ...linear, rows: ints(6, 4), maps: ints(1, 3, 2, 3) },
    },
    "at each of many positions": {
      input: ["N", 2, 3, 2, 4],
      nodes: [{ op: "MatMul", inputs: ["x", "w"] }, flat("t0")],
      constants: linear,
    },
    "weights first": {
      input: [1, 4, 1],
      nodes: [{ op: "MatMul", inputs: ["w", "x"] }],
      constants: { w: drawn("w", 3, 4) },
    },
    "no batch axis": {
      input: [4],
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "MatMul", inputs: ["w2", "t1"] },
      ],
      constants: { ...linear, w2: drawn("w2", 2, 3) },
      kinds: ["input", "dense", "gate", "dense"],
    },
    "float64 weights cast": {
      nodes: [
        { op: "Cast", inputs: ["w"], attributes: { to: 1 } },
        { op: "MatMul", inputs: ["x", "t0"] },
      ],
      constants: { w: float64([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) },
    },
    "weights through constant ops": {
      nodes: [
        { op: "Transpose", inputs: ["w"] },
        { op: "Unsqueeze", inputs: ["t0", "axes"] },
        { op: "Squeeze", inputs: ["t1", "axes"] },
        { op: "Identity", inputs: ["t2"] },
        { op: "MatMul", inputs: ["x", "t3"] },
      ],
      constants: { w: drawn("w", 3, 4), axes: ints(0) },
      kinds: ["input", "dense"],
    },
  },
  Add: {
    "residual sum": {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "MatMul", inputs: ["t1", "w"] },
        { op: "Add", inputs: ["t2", "t1"] },
        { op: "Add", inputs: ["t3", "t3"] },
      ],
      constants: { w: drawn("w", 4, 4) },
      kinds: ["input", "dense", "gate", "dense", "sum", "sum"],
    },
    "a squeeze and excitation that adds": {
      input: MAPS,
      nodes: [
        conv,
        { op: "Relu", inputs: ["q"], outputs: ["g"] },
        { op: "GlobalAveragePool", inputs: ["g"], outputs: ["m"] },
        { op: "Add", inputs: ["m", "g"], outputs: ["s"] },
        flat("s"),
      ],
      constants: convWeights,
      kinds: ["input", "convolution", "gate", "average-pool", "rearrange", "sum", "rearrange"],
    },
    "rows and columns": {
      input: MAPS,
      nodes: [
        { op: "ReduceMean", inputs: ["x", "rows"] },
        { op: "ReduceMean", inputs: ["x", "columns"] },
        { op: "Add", inputs: ["t0", "t1"] },
        flat("t2"),
      ],
      constants: { rows: ints(2), columns: ints(3) },
    },
    "a bias behind a shared layer": {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Add", inputs: ["t0", "b"] },
        { op: "Add", inputs: ["t1", "t0"] },
      ],
      constants: linear,
      kinds: ["input", "dense", "scale", "sum"],
    },
    "a second bias": {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Add", inputs: ["t0", "c"] },
      ],
      constants: { ...linear, c: drawn("c", 1, 3) },
      kinds: ["input", "dense", "scale"],
    },
    "a bias of maps": {
      input: MAPS,
      nodes: [{ ...conv, inputs: ["x", "w"] }, { op: "Add", inputs: ["q", "b"], outputs: ["r"] }, flat("r")],
      constants: { w: convWeights.w, b: drawn("b", 1, 4, 1, 1) },
      kinds: ["input", "convolution", "rearrange"],
    },
    "a bias of maps, channels last": {
      input: MAPS,
      nodes: [
        { ...conv, inputs: ["x", "w"] },
        channelsLast("q", ["l"]),
        { op: "Add", inputs: ["l", "b"], outputs: ["a"] },
        channelsFirst("a", ["f"]),
        { ...conv, inputs: ["f", "v", "b"], outputs: ["r"] },
        flat("r"),
      ],
      constants: { ...convWeights, v: drawn("v", 4, 4, 2, 2) },
      kinds: ["input", "convolution", "convolution", "rearrange"],
    },
    "a bias of maps, channels last, behind a transposition that is read twice": {
      input: MAPS,
      nodes: [
        { ...conv, inputs: ["x", "w"] },
        channelsLast("q", ["l"]),
        { op: "Add", inputs: ["l", "b"], outputs: ["a"] },
        { op: "Add", inputs: ["l", "a"], outputs: ["s"] },
        flat("s"),
      ],
      constants: convWeights,
      kinds: ["input", "convolution", "rearrange", "scale", "rearrange", "sum", "rearrange"],
    },
    "a bias for each unit": {
      input: MAPS,
      nodes: [conv, { op: "Add", inputs: ["q", "c"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, c: drawn("c", 4, 4, 3) },
      kinds: ["input", "convolution", "rearrange", "scale"],
    },
    "a bias for each channel and column": {
      input: MAPS,
      nodes: [conv, { op: "Add", inputs: ["c", "q"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, c: drawn("c", 1, 4, 1, 3) },
      kinds: ["input", "convolution", "rearrange", "scale", "rearrange"],
    },
  },
  Sum: {
    three: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Sum", inputs: ["t0", "t1", "x"] },
      ],
      constants: { w: drawn("w", 4, 4) },
    },
  },
  Sub: {
    "normalization, one node": {
      nodes: [
        { op: "Sub", inputs: ["x", "m"] },
        { op: "Div", inputs: ["t0", "s"] },
        { op: "Mul", inputs: ["two", "t1"] },
        { op: "Add", inputs: ["t2", "m"] },
        { op: "Sub", inputs: ["two", "t3"] },
        { op: "MatMul", inputs: ["t4", "w"] },
      ],
      constants: { ...linear, m: drawn("m", 4), s: float32([1, 1], [0.3]), two: float32([], [2]) },
      kinds: ["input", "normalize", "dense"],
    },
    "normalization of channels": {
      input: MAPS,
      nodes: [
        { op: "Sub", inputs: ["x", "m"] },
        { op: "Mul", inputs: ["t0", "s"] },
        { ...conv, inputs: ["t1", "w", "b"] },
        flat("q"),
      ],
      constants: { ...convWeights, m: drawn("m", 2, 1, 1), s: drawn("s", 1, 1, 6, 5) },
      kinds: ["input", "normalize", "convolution", "rearrange"],
    },
    "normalization of channels that come last": {
      input: [1, 2, 3, 4],
      nodes: [
        channelsFirst("x", ["f"]),
        { op: "Sub", inputs: ["f", "m"], outputs: ["s"] },
        { op: "Flatten", inputs: ["s"], outputs: ["v"] },
        { op: "MatMul", inputs: ["v", "w"], outputs: ["q"] },
        { op: "Relu", inputs: ["q"], outputs: ["r"] },
        { op: "MatMul", inputs: ["r", "u"], outputs: ["y"] },
      ],
      constants: { m: drawn("m", 4, 1, 1), w: drawn("w", 24, 3), u: drawn("u", 3, 2) },
      kinds: ["input", "rearrange", "normalize", "rearrange", "dense", "gate", "dense"],
    },
    "normalization of the flat input": {
      input: [1, 2, 2],
      nodes: [
        { op: "Flatten", inputs: ["x"] },
        { op: "Sub", inputs: ["t0", "m"] },
        { op: "MatMul", inputs: ["t1", "w"] },
      ],
      constants: { ...linear, m: drawn("m", 4) },
      kinds: ["input", "rearrange", "normalize", "dense"],
    },
    "two nodes": {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Sub", inputs: ["t0", "t1"] },
        { op: "Sub", inputs: ["x", "t2"] },
      ],
      constants: { w: drawn("w", 4, 4) },
      kinds: ["input", "dense", "gate", "scale", "sum", "scale", "sum"],
    },
    "behind a layer": {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Sub", inputs: ["t0", "b"] },
        { op: "Sub", inputs: ["b", "t1"] },
      ],
      constants: linear,
      kinds: ["input", "dense", "scale"],
    },
  },
  Neg: {
    "PReLU as Keras writes it": {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Neg", inputs: ["t0"] },
        { op: "Relu", inputs: ["t2"] },
        { op: "Mul", inputs: ["t3", "s"] },
        { op: "Add", inputs: ["t1", "t4"] },
      ],
      constants: { ...linear, s: drawn("s", 3) },
      kinds: ["input", "dense", "gate", "scale", "gate", "scale", "sum"],
    },
    "the input": { nodes: [{ op: "Neg", inputs: ["x"] }, flat("t0")], kinds: ["input", "normalize"] },
  },
  Mul: {
    "of channels": {
      input: MAPS,
      nodes: [conv, { op: "Mul", inputs: ["q", "s"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, s: drawn("s", 4, 1, 1) },
      kinds: ["input", "convolution", "scale", "rearrange"],
    },
    "of all": {
      input: MAPS,
      nodes: [conv, { op: "Mul", inputs: ["s", "q"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, s: float32([], [-1.5]) },
    },
    "of rows": {
      input: ["N", 2, 6, 5],
      nodes: [conv, { op: "Mul", inputs: ["q", "s"], outputs: ["r"] }, flat("r")],
      constants: { ...convWeights, s: drawn("s", 4, 1) },
    },
  },
  Div: {
    "of units": {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Div", inputs: ["t0", "s"] },
      ],
      constants: { ...linear, s: float32([3], [1, 2, -4]) },
    },
  },
  Conv: {
    plain: { input: MAPS, nodes: [conv, flat("q")], constants: convWeights },
    "pads and strides": {
      input: MAPS,
      nodes: [{ ...conv, attributes: { pads: [1, 0, 2, 1], strides: [2, 1], kernel_shape: [3, 3] } }, flat("q")],
      constants: convWeights,
    },
    groups: {
      input: MAPS,
      nodes: [{ ...conv, attributes: { group: 2 } }, flat("q")],
      constants: { ...convWeights, w: drawn("w", 4, 1, 3, 3) },
    },
    dilation: {
      input: MAPS,
      nodes: [{ ...conv, attributes: { dilations: [2, 1], pads: [1, 1, 1, 1] } }, flat("q")],
      constants: convWeights,
    },
    ...Object.fromEntries(
      ["SAME_UPPER", "SAME_LOWER", "VALID"].flatMap((mode) =>
        [1, 2].map((stride) => [
          `${mode}, stride ${stride}`,
          {
            input: MAPS,
            nodes: [{ ...conv, attributes: { auto_pad: mode, strides: [stride, stride] } }, flat("q")],
            constants: { ...convWeights, w: drawn("w", 4, 2, 2, 4) },
          },
        ]),
      ),
    ),
    "1-D": {
      input: [1, 2, 9],
      nodes: [{ ...conv, attributes: { pads: [1, 2], strides: [2], dilations: [2] } }, flat("q")],
      constants: { w: drawn("w", 3, 2, 3), b: drawn("b", 3) },
    },
  },
  BatchNormalization: {
    "taken in by a convolution": {
      input: MAPS,
      nodes: [conv, batchNorm("q", ["r"]), flat("r")],
      constants: { ...convWeights, ...normal },
      kinds: ["input", "convolution", "rearrange"],
    },
    "taken in by a grouped convolution without bias": {
      input: MAPS,
      nodes: [{ ...conv, inputs: ["x", "w"], attributes: { group: 2 } }, batchNorm("q", ["r"]), flat("r")],
      constants: { w: drawn("w", 4, 1, 3, 3), ...normal },
      kinds: ["input", "convolution", "rearrange"],
    },
    "taken in by a dense layer, opset 7": {
      opset: 7,
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { ...batchNorm("t0"), attributes: { epsilon: { float: 0.1 } } },
      ],
      constants: { w: drawn("w", 4, 4), b: drawn("b", 4), ...normal },
      kinds: ["input", "dense"],
    },
    "of its own, behind a unit": {
      opset: 13,
      input: MAPS,
      nodes: [conv, { op: "Relu", inputs: ["q"], outputs: ["g"] }, batchNorm("g", ["r"]), flat("r")],
      constants: { ...convWeights, ...normal },
      kinds: ["input", "convolution", "gate", "scale", "rearrange"],
    },
    "of its own, behind a shared layer": {
      nodes: [{ op: "MatMul", inputs: ["x", "w"] }, batchNorm("t0"), { op: "Add", inputs: ["t1", "t0"] }],
      constants: { w: drawn("w", 4, 4), ...normal },
      kinds: ["input", "dense", "scale", "sum"],
    },
  },
  "ai.onnx.ml.Scaler": {
    "of features": {
      nodes: [{ ...SCALER, attributes: { offset: { floats: [0.5, -1, 2, 0] }, scale: { floats: [2, 0.25, 1, -3] } } }],
      kinds: ["input", "normalize"],
    },
    "one for all": {
      nodes: [{ ...SCALER, attributes: { offset: { floats: [0.5] }, scale: { floats: [2] } } }],
      kinds: ["input", "normalize"],
    },
    "one for all, of maps": {
      input: MAPS,
      nodes: [{ ...SCALER, attributes: { offset: { floats: [0.5] }, scale: { floats: [2] } } }, flat("t0")],
    },
    "of features, without a batch axis": {
      input: [4],
      nodes: [{ ...SCALER, attributes: { offset: { floats: [0.5, -1, 2, 0] }, scale: { floats: [2, 0.25, 1, -3] } } }],
    },
    "behind a unit": {
      nodes: [
        { op: "Relu", inputs: ["x"], outputs: ["r"] },
        {
          ...SCALER,
          inputs: ["r"],
          attributes: { offset: { floats: [0.5, -1, 2, 0] }, scale: { floats: [2, 1, 1, -3] } },
        },
      ],
      kinds: ["input", "gate", "scale", "scale"],
    },
  },
} as const satisfies Cases;
