export type { WideLayers } from "./infinite-width/arc-cosine.ts";
export { type Images, type WideConvolutions, wideConvolutionalKernels } from "./infinite-width/convolutional.ts";
export {
  expectedNeuralPathKernel,
  expectedTangentKernel,
  type RandomGates,
  type RandomNetworks,
  type WideKernels,
  type WideNetwork,
  wideNetworkKernels,
} from "./infinite-width/fully-connected.ts";
export { type InputProducts, inputProducts } from "./infinite-width/input-products.ts";
export { type DenseChain, denseChain, normalizedInputs } from "./packed/dense-chain.ts";
export {
  type GatedInputs,
  type KernelTile,
  type KernelValues,
  type PackedKernel,
  packedKernel,
  packedKernelDiagonal,
  packedKernelTiles,
  type SingleOptions,
  type TileOptions,
  tileMemory,
  type WholeOptions,
} from "./packed/packed-kernel.ts";
export { neighborsByOverlaps } from "./packed/shared-paths.ts";
export type { TileMaker, TileWork } from "./packed/tile-maker.ts";
export type { PairCost } from "./pair/pair-cost.ts";
export {
  type KernelPart,
  neuralPathKernelByPairs,
  type PairKernelOptions,
  pairKernel,
} from "./pair/pair-kernel.ts";
export { type ExampleReading, readPathExamples } from "./pair/readings.ts";
export { checkPairCost, pairKernelCost } from "./pair/weighed-plan.ts";
export {
  estimatedKernel,
  type KernelEstimate,
  type PathFeatureOptions,
  randomPathFeatures,
} from "./random-features/random-path-features.ts";
export { withGatesAsBits } from "./soft-chain.ts";
export { type TangentMemory, tangentKernelMemory } from "./tangent/memory.ts";
export { type PathTraceOptions, pathKernelTrace } from "./tangent/path-trace.ts";
export type { TangentPart } from "./tangent/plan.ts";
export { type ParameterScores, PRUNING_SCORES, type PruningScore, pathKernelScores } from "./tangent/pruning-scores.ts";
export {
  eigenvalueExamples,
  type KernelSize,
  kernelSize,
  type TangentSummary,
  type TangentSummaryOptions,
  tangentSummary,
} from "./tangent/summary.ts";
export { type TangentKernels, type TangentOptions, tangentKernel, tangentKernels } from "./tangent/tangent-kernel.ts";
