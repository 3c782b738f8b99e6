/**
 * The front door: a {@link Model} and what its answers are made of, arrays, engines as interfaces, errors and random
 * streams. Runs in Node and in a browser alike: `openModel` is in `gatewise/node` and in `gatewise/web`.
 * @module gatewise
 */
export { npyHeader, readNpy, writeNpy } from "./data/index.ts";
export {
  type Capabilities,
  DEVICES,
  type Device,
  type Engine,
  type EngineOptions,
  type Feed,
  type Feeds,
  type OpenEngine,
  type Program,
  type ProgramResult,
  type ResidentArray,
} from "./engine/index.ts";
export { ERROR_CODES, type ErrorCode, type ErrorParts, GatewiseError } from "./errors.ts";
export type { Inputs, Neighbor, PackedGates, PackedLayer } from "./gates/index.ts";
export {
  type BinaryData,
  BYTES,
  bytesOf,
  type DenseArray,
  DTYPES,
  type DType,
  denseArray,
  type FloatDType,
  float32,
  float64,
  fromBytes,
  int32,
  int64,
  type KernelTable,
  type NumericDType,
  type Shape,
  type Storage,
  type StorageOf,
  sizeOf,
  zeros,
} from "./graph/index.ts";
export type { KernelEstimate, KernelPart, TangentKernels, TangentPart } from "./kernels/index.ts";
export {
  type Asking,
  type DescribeOptions,
  type Description,
  type EvaluatingOptions,
  type ExampleArray,
  examplesOf,
  type FlowAnswer,
  type FlowOptions,
  type GateDifferences,
  type InputExamples,
  type KernelCost,
  type KernelTiming,
  type LabeledNeighbor,
  type LayerDescription,
  type LayerDifferences,
  type ManyNeighbors,
  type ManyNeighborsOptions,
  Model,
  type ModelOptions,
  type ModelSource,
  type NeighborPair,
  type NeighborPairsOptions,
  type NeighborsOptions,
  type NeuralPathKernel,
  type NeuralPathKernelOptions,
  type NeuralPathKernelWay,
  type Normalization,
  neuralPathKernelWay,
  type ParameterDescription,
  type PathsAnswer,
  type PathsOptions,
  type QueryNeighbors,
  type RawInputs,
  type StageProgress,
  type TangentAnswer,
  type TangentAnswerOptions,
  type TangentKernelOptions,
} from "./models/index.ts";
export type { Path, PathStart, PathStatistics, Unit } from "./paths/index.ts";
export { type RandomStream, randomStream, type StreamKey } from "./random.ts";
