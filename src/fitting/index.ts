export { type Alignment, kernelAlignment } from "./alignment.ts";
export { type BandForm, bandForm } from "./band-form.ts";
export { BlockProducts, type Factor, type Matrix, matrix, type ProductForm, sizesOf } from "./block-products.ts";
export type { CholeskyFactor, Solver } from "./cholesky.ts";
export { accuracyOf, type ClassTargets, classTargets, predictedClasses } from "./class-targets.ts";
export {
  type ConjugateGradientOptions,
  type ConjugateGradientSolution,
  conjugateGradients,
} from "./conjugate-gradients.ts";
export { factorInPlace, invertLower } from "./dense-cholesky.ts";
export type { ProductTeams } from "./features/feature-blocks.ts";
export {
  FEATURE_FIT_STAGES,
  type FeatureFit,
  type FeatureFitInput,
  type FeatureFitOptions,
  type FeatureFitStage,
  fitFeatures,
} from "./features/feature-fit.ts";
export { featureFitBytes } from "./features/feature-memory.ts";
export { FEW_EXAMPLES, smallestEigenvalueOfFew } from "./few-examples.ts";
export { kernelFitBytes } from "./fit-memory.ts";
export {
  type FittedRidge,
  influenceScores,
  leftOutPredictions,
} from "./influence.ts";
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
export { kernelMatrix, symmetricKernel } from "./kernel-matrix.ts";
export { type KernelNorms, type KernelRows, kernelNorms, kernelRows, scaledKernel, subKernel } from "./kernel-rows.ts";
export { kernelTimes } from "./kernel-times.ts";
export { alignmentOfKernels } from "./kernels-alignment.ts";
export { type LabelFit, labelFit } from "./label-fit.ts";
export { leaveOneOut } from "./leave-one-out.ts";
export { DIRECT_LIMIT, type PositiveFactor, positiveFactor } from "./positive-factor.ts";
export type { Reflections } from "./reflections.ts";
export { fitRidge, type RidgeFit, type RidgeMethod, type RidgeOptions } from "./ridge.ts";
export {
  chooseRidge,
  chooseRidgeOfValues,
  type RidgeCandidate,
  type RidgeChoice,
  type RidgeChoiceOptions,
} from "./ridge-choice.ts";
export { featureSolver, kernelSolver, type RidgeSolver, type RidgeSolverOptions } from "./ridge-solver.ts";
export { smallestEigenvalue } from "./smallest-eigenvalue.ts";
export {
  type EffectiveRank,
  EIGENVALUE_LIMIT,
  effectiveRank,
  kernelEigenvalues,
  participationRatio,
} from "./spectrum.ts";
export type { WorkOptions } from "./work-options.ts";
