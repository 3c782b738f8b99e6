export { Breaths } from "./breaths.ts";
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
export { checkKernelNumbers, kernelBeyond } from "./kernel-numbers.ts";
export { type ByteRows, byteRows } from "./packed/byte-rows.ts";
export { classKernel } from "./packed/class-kernel.ts";
export { type DenseChain, denseChain, normalizedInputs } from "./packed/dense-chain.ts";
export {
  type GateLikeness,
  type GateSimilarity,
  openGateSimilarity,
  type ReferenceRange,
} from "./packed/gate-similarity.ts";
export { kernelInRange } from "./packed/kernel-range.ts";
export { overlapPairs } from "./packed/overlap-pairs.ts";
export {
  type GatedInputs,
  kernelExponent,
  type PackedKernel,
  packedKernel,
  packedKernelDiagonal,
  packedKernelTiles,
  type SingleOptions,
  type TileOptions,
  tiledPackedKernel,
  tileMemory,
  type WholeOptions,
} from "./packed/packed-kernel.ts";
export { neighborsByOverlaps, type PathEnds } from "./packed/shared-paths.ts";
export type { TileWork } from "./packed/tile-maker.ts";
export { type FewExamplesOptions, kernelOfFew } from "./pair/few-examples.ts";
export type { NodeWork } from "./pair/node-tiles.ts";
export type { PairCost } from "./pair/pair-cost.ts";
export {
  type KernelPart,
  neuralPathKernelByPairs,
  type PairKernelOptions,
  type PairTileMakers,
  pairKernel,
} from "./pair/pair-kernel.ts";
export { type PairWay, pairKernelCost, pairWay } from "./pair/pair-way.ts";
export {
  type OpenPairTiles,
  openPairTiles,
  type PairWork,
  pairDiagonal,
  pairTileEdge,
  type ReadPairsOptions,
  readPairs,
  tiledPairs,
} from "./pair/pair-work.ts";
export { type ExampleReading, readPathExamples } from "./pair/readings.ts";
export { checkPairCost, MOST_PAIR_BYTES } from "./pair/weighed-plan.ts";
export type { PackedExamples } from "./pair-program/packed-example.ts";
export type { RunnableProgram } from "./pair-program/pair-program.ts";
export type { ProgramWork } from "./pair-program/program-tiles.ts";
export {
  checkEstimateMemory,
  estimatedKernel,
  examplesOfDraw,
  type FeatureRows,
  featuresTogether,
  type KernelEstimate,
  type PathFeatureOptions,
  pathFeatureRows,
  randomPathFeatures,
} from "./random-features/random-path-features.ts";
export { type SoftSide, type SoftWork, withGatesAsBits } from "./soft-chain.ts";
export { type TangentMemory, tangentKernelMemory, tangentWorkBytes } from "./tangent/memory.ts";
export { type PathTraceOptions, pathKernelTrace } from "./tangent/path-trace.ts";
export type { TangentPart } from "./tangent/plan.ts";
export { type ParameterScores, PRUNING_SCORES, type PruningScore, pathKernelScores } from "./tangent/pruning-scores.ts";
export {
  affordsEigenvalue,
  checkEigenvalueExamples,
  type KernelSize,
  kernelSize,
  smallestTangentEigenvalue,
  type TangentSummary,
  type TangentSummaryOptions,
  tangentSummary,
} from "./tangent/summary.ts";
export { type TangentKernels, type TangentOptions, tangentKernel, tangentKernels } from "./tangent/tangent-kernel.ts";
export { examplesIn, TANGENT_TILE, type TangentTileOptions, tangentTiles } from "./tangent/tiles.ts";
export { tangentKernelProducts } from "./tangent/work.ts";
export { kernelPart } from "./tiles/kernel-part.ts";
export type { TileMaker } from "./tiles/tile-maker.ts";
export {
  coveringTiles,
  type ExampleRange,
  type TiledShape,
  type TileRanges,
  tileAt,
  tileCount,
  tilePairs,
} from "./tiles/tile-plan.ts";
export {
  type KernelTile,
  type KernelTilesOptions,
  type KernelValues,
  kernelTiles,
  type TiledKernel,
  writeKernel,
} from "./tiles/tiled-kernel.ts";
