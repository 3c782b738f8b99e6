export { type Alignment, kernelAlignment } from "./alignment.ts";
export { BlockProducts, type Matrix, matrix } from "./block-products.ts";
export type { WorkOptions } from "./cholesky.ts";
export { accuracyOf, type ClassTargets, classTargets, predictedClasses } from "./class-targets.ts";
export {
  type ConjugateGradientOptions,
  type ConjugateGradientSolution,
  conjugateGradients,
} from "./conjugate-gradients.ts";
export { type DenseChain, denseChain, normalizedInputs } from "./dense-chain.ts";
export {
  type DensePathKernel,
  densePathKernel,
  densePathKernelDiagonal,
  densePathKernelTiles,
  type GatedInputs,
  type KernelTile,
  type TileOptions,
  tileMemory,
  type WholeOptions,
} from "./dense-path-kernel.ts";
export {} from "./eigenvalues.ts";
export {
  type GeneralPathKernelOptions,
  generalPathKernel,
  type KernelPart,
  neuralPathKernelOf,
} from "./general-path-kernel.ts";
export { type ExampleReading, readPathExamples } from "./general-path-kernel-readings.ts";
export type { WideLayers } from "./infinite-width/arc-cosine.ts";
export { type Images, type WideConvolutions, wideConvolutionalKernels } from "./infinite-width/convolutional.ts";
export {
  expectedPathKernel,
  type RandomGates,
  type WideKernels,
  type WideNetwork,
  wideNetworkKernels,
} from "./infinite-width/fully-connected.ts";
export { type InputProducts, inputProducts } from "./infinite-width/input-products.ts";
export {
  type DirectMeasures,
  FIT_STAGES,
  type FitStage,
  fitKernel,
  type KernelFit,
  type KernelFitInput,
  type KernelFitOptions,
  predictWith,
} from "./kernel-fit.ts";
export { type KernelNorms, type KernelRows, kernelNorms, kernelRows } from "./kernel-rows.ts";
export { type LabelFit, labelFit } from "./label-fit.ts";
export { type PathTraceOptions, pathKernelTrace } from "./path-trace.ts";
export { type PositiveFactor, positiveFactor } from "./positive-factor.ts";
export { type ParameterScores, PRUNING_SCORES, type PruningScore, pathKernelScores } from "./pruning-scores.ts";
export {
  estimatedKernel,
  type KernelEstimate,
  type PathFeatureOptions,
  randomPathFeatures,
} from "./random-path-features.ts";
export { fitRidge, type RidgeFit, type RidgeMethod, type RidgeOptions } from "./ridge.ts";
export { chooseRidge, leaveOneOut, type RidgeCandidate, type RidgeChoice } from "./ridge-choice.ts";
export { type Neighbor, nearestByPaths } from "./shared-paths.ts";
export { smallestEigenvalue } from "./smallest-eigenvalue.ts";
export {
  type EffectiveRank,
  effectiveRank,
  kernelEigenvalues,
  participationRatio,
} from "./spectrum.ts";
export type { TangentPart } from "./tangent-factors.ts";
export { type TangentKernels, type TangentOptions, tangentKernel, tangentKernels } from "./tangent-kernel.ts";
export { type TangentMemory, tangentKernelMemory } from "./tangent-memory.ts";
export { type KernelSize, kernelSize, type TangentSummary, tangentSummary } from "./tangent-summary.ts";
export type { TileMaker, TileWork } from "./tile-maker.ts";
