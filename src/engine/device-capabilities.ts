/** What each device cannot do, as ONNX Runtime 1.30 has it. */
import type { KernelTable } from "../graph/index.ts";
import type { Capabilities, Device } from "./engine.ts";

const FLOAT = ["float32"] as const;
const NUMBERS = ["float32", "int32"] as const;
const ALL = ["float32", "int32", "uint8", "bool"] as const;

/**
 * Kernels of the WebGPU provider, with the dtypes of their first input: each op was tried with each dtype as a model of
 * its own, with the fallback to the CPU switched off. Two that load are left out: MaxPool with positions fails in its run,
 * ReduceLogSumExp overflows where exp does.
 */
const WEBGPU_KERNELS: KernelTable = {
  Abs: FLOAT,
  Add: NUMBERS,
  And: ["bool"],
  ArgMax: NUMBERS,
  AveragePool: FLOAT,
  Cast: ALL,
  Ceil: FLOAT,
  Clip: NUMBERS,
  Concat: NUMBERS,
  Conv: FLOAT,
  ConvTranspose: FLOAT,
  Div: NUMBERS,
  Equal: NUMBERS,
  Erf: FLOAT,
  Exp: FLOAT,
  Expand: ALL,
  Floor: FLOAT,
  Gather: ALL,
  Gemm: FLOAT,
  GlobalAveragePool: FLOAT,
  Greater: NUMBERS,
  GreaterOrEqual: NUMBERS,
  Identity: NUMBERS,
  Less: NUMBERS,
  LessOrEqual: NUMBERS,
  Log: FLOAT,
  MatMul: FLOAT,
  Max: NUMBERS,
  MaxPool: FLOAT,
  Min: NUMBERS,
  Mul: NUMBERS,
  Neg: FLOAT,
  Not: ["bool"],
  Pad: NUMBERS,
  Pow: NUMBERS,
  Reciprocal: FLOAT,
  ReduceMax: NUMBERS,
  ReduceMean: NUMBERS,
  ReduceMin: NUMBERS,
  ReduceProd: NUMBERS,
  ReduceSum: NUMBERS,
  Relu: FLOAT,
  Reshape: ALL,
  // shapes are computed on the CPU without a copy
  Shape: [...ALL, "int64"],
  Sigmoid: FLOAT,
  Slice: FLOAT,
  Softmax: FLOAT,
  Split: NUMBERS,
  Sqrt: FLOAT,
  Squeeze: NUMBERS,
  Sub: NUMBERS,
  Tanh: FLOAT,
  Tile: NUMBERS,
  Transpose: NUMBERS,
  Unsqueeze: ["float32", "int32", "bool"],
  Where: ["float32", "int32", "bool"],
};

/** What every WebGPU device binds as one buffer, by its specification (`maxStorageBufferBindingSize`). */
const WEBGPU_BINDING = 2 ** 27;

export const capabilitiesOf = (device: Device): Capabilities =>
  device === "webgpu"
    ? { scan: false, float64: false, kernels: WEBGPU_KERNELS, largestArray: WEBGPU_BINDING }
    : { scan: true, float64: true, kernels: "all", largestArray: Number.POSITIVE_INFINITY };
