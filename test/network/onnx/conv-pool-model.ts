import { float32 } from "../../../src/graph/index.ts";
import { drawn, type ModelOf } from "../../graph/onnx/model.ts";
import { ints } from "./cases/case.ts";

/** A small convolutional network as files have it: normalized, clipped, pooled, padded, turned and flattened. */
export const CONV_POOL_MODEL: ModelOf = {
  input: ["N", 2, 6, 5],
  nodes: [
    { op: "Conv", inputs: ["x", "w", "b"], outputs: ["q"], attributes: { pads: [1, 1, 1, 1] } },
    { op: "BatchNormalization", inputs: ["q", "b", "b", "b", "v"], outputs: ["n"] },
    { op: "Clip", inputs: ["n", "zero", "six"], outputs: ["c"] },
    { op: "MaxPool", inputs: ["c"], outputs: ["p"], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: "Pad", inputs: ["p", "pads"], outputs: ["d"] },
    { op: "Transpose", inputs: ["d"], outputs: ["t"], attributes: { perm: [0, 2, 3, 1] } },
    { op: "Reshape", inputs: ["t", "shape"], outputs: ["f"] },
    { op: "Gemm", inputs: ["f", "g"] },
  ],
  constants: {
    w: drawn("w", 4, 2, 3, 3),
    b: drawn("b", 4),
    v: float32([4], [1, 2, 3, 4]),
    zero: float32([], [0]),
    six: float32([], [6]),
    pads: ints(0, 0, 0, 0, 0, 0, 1, 0),
    shape: ints(-1, 32),
    g: drawn("g", 32, 3),
  },
};
