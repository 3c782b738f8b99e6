export { asBytes, type BinaryData, kindOf } from "./binary-data.ts";
export { cutGraph } from "./cut.ts";
export {
  BYTES,
  bytesOf,
  checkArray,
  checkArrayParts,
  type DenseArray,
  DTYPES,
  type DType,
  denseArray,
  filled,
  float32,
  float64,
  fromBytes,
  int32,
  int64,
  type Storage,
  type StorageOf,
  sizeOf,
  zeros,
} from "./dense-array.ts";
export { eachNumber } from "./each-number.ts";
export { largestOf, smallestOf } from "./extremes.ts";
export { gradients } from "./gradients.ts";
export { type Graph, graph } from "./graph.ts";
export { type KernelTable, type ModelFeature, nodeThatNeeds, nodeWithoutKernel } from "./onnx/capability.ts";
export { dtypeOf } from "./onnx/element-types.ts";
export type { ExternalData, ExternalFile } from "./onnx/external-data.ts";
export { quoted } from "./onnx/quoted.ts";
export {
  externalFiles,
  type OnnxFile,
  type OnnxModel,
  type OnnxOptions,
  type OnnxPort,
  openOnnx,
  readModel,
} from "./onnx/read.ts";
export type { OnnxAttribute, OnnxNode } from "./onnx/read-node.ts";
export { MAX_RANK } from "./onnx/read-tensor.ts";
export { type Port, type WriteOptions, type WrittenModel, writeModel } from "./onnx/write.ts";
export type { NamedOp } from "./op.ts";
export {
  absolute,
  add,
  and,
  type Binary,
  type Comparison,
  cast,
  divide,
  equal,
  exp,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  not,
  type Operand,
  power,
  relu,
  sigmoid,
  sign,
  sqrt,
  square,
  subtract,
  tanh,
  type Unary,
  where,
} from "./ops/arithmetic.ts";
export {
  convolution,
  convolutionInputGradient,
  convolutionWeightGradient,
  type WindowOptions,
} from "./ops/convolution.ts";
export type { Window } from "./ops/convolution-lowerings.ts";
export { detach } from "./ops/detach.ts";
export { concat, dilate, gather, type Indices, oneHot, pad, scatterAdd, slice } from "./ops/indexing.ts";
export { expandLike, reduceSum, reshape, transpose } from "./ops/layout.ts";
export { type MatMulParams, matMul } from "./ops/matrix.ts";
export {
  averagePool,
  globalAveragePool,
  maxPool,
  maxPoolGradient,
  maxPoolSelect,
  type PoolOptions,
} from "./ops/pooling.ts";
export {
  argMax,
  logSoftmax,
  type Reduction,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  softmax,
} from "./ops/reductions.ts";
export { type Like, type ScanResult, scan, type Tensors } from "./scan.ts";
export type { Dimension, FloatDType, NumericDType, Shape, Source, Tensor } from "./symbolic.ts";
export { constant, formatShape, formatTensor, input, type Received, scalar, shapeError } from "./tensor.ts";
export { unroll } from "./unroll.ts";
export { gainsByTiles, tiledWeightGradients } from "./winograd/example-tiles.ts";
export { tileConvolutions } from "./winograd/rewrite.ts";
