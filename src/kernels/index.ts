export {
  type GeneralPathKernelOptions,
  generalPathKernel,
  type KernelPart,
  neuralPathKernelOf,
} from "./general/general-path-kernel.ts";
export type { PairCost } from "./general/pair-cost.ts";
export { checkPairCost, pathKernelCost } from "./general/path-kernel-cost.ts";
export {
  estimatedKernel,
  type KernelEstimate,
  type PathFeatureOptions,
  randomPathFeatures,
} from "./general/random-path-features.ts";
export { type ExampleReading, readPathExamples } from "./general/readings.ts";
export { withGatesAsBits } from "./general/soft-chain.ts";
export type { WideLayers } from "./infinite-width/arc-cosine.ts";
export { type Images, type WideConvolutions, wideConvolutionalKernels } from "./infinite-width/convolutional.ts";
export {
  expectedPathKernel,
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
  type DensePathKernel,
  densePathKernel,
  densePathKernelDiagonal,
  densePathKernelTiles,
  type GatedInputs,
  type KernelTile,
  type KernelValues,
  type SingleOptions,
  type TileOptions,
  tileMemory,
  type WholeOptions,
} from "./packed/dense-path-kernel.ts";
export { neighborsByOverlaps } from "./packed/shared-paths.ts";
export type { TileMaker, TileWork } from "./packed/tile-maker.ts";
export { type Alignment, kernelAlignment } from "./regression/alignment.ts";
export { BlockProducts, type Matrix, matrix } from "./regression/block-products.ts";
export type { WorkOptions } from "./regression/cholesky.ts";
export { accuracyOf, type ClassTargets, classTargets, predictedClasses } from "./regression/class-targets.ts";
export {
  type ConjugateGradientOptions,
  type ConjugateGradientSolution,
  conjugateGradients,
} from "./regression/conjugate-gradients.ts";
export {
  type DirectMeasures,
  FIT_STAGES,
  type FitStage,
  fitKernel,
  type KernelFit,
  type KernelFitInput,
  type KernelFitOptions,
  predictWith,
} from "./regression/kernel-fit.ts";
export { type KernelNorms, type KernelRows, kernelNorms, kernelRows } from "./regression/kernel-rows.ts";
export { type LabelFit, labelFit } from "./regression/label-fit.ts";
export { type PositiveFactor, positiveFactor } from "./regression/positive-factor.ts";
export { fitRidge, type RidgeFit, type RidgeMethod, type RidgeOptions } from "./regression/ridge.ts";
export { chooseRidge, leaveOneOut, type RidgeCandidate, type RidgeChoice } from "./regression/ridge-choice.ts";
export { smallestEigenvalue } from "./regression/smallest-eigenvalue.ts";
export {
  type EffectiveRank,
  effectiveRank,
  kernelEigenvalues,
  participationRatio,
} from "./regression/spectrum.ts";
export { type TangentMemory, tangentKernelMemory } from "./tangent/memory.ts";
export { type PathTraceOptions, pathKernelTrace } from "./tangent/path-trace.ts";
export type { TangentPart } from "./tangent/plan.ts";
export { type ParameterScores, PRUNING_SCORES, type PruningScore, pathKernelScores } from "./tangent/pruning-scores.ts";
export { type KernelSize, kernelSize, type TangentSummary, tangentSummary } from "./tangent/summary.ts";
export { type TangentKernels, type TangentOptions, tangentKernel, tangentKernels } from "./tangent/tangent-kernel.ts";
