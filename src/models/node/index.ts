export { type GatheredSummary, gatherParts, type ResultPlace } from "./gather-parts.ts";
export { KERNEL_DTYPES } from "./kernel-dtypes.ts";
export { kernelInFile, removeLeftKernels } from "./kernel-in-file.ts";
export {
  type KernelParts,
  openKernelParts,
  type PartedInputs,
  type PartedMatrix,
  partDType,
} from "./kernel-parts.ts";
export { kernelPartsCost } from "./kernel-parts-cost.ts";
export { rankInThreads } from "./neighbor-pool.ts";
export { tangentAnswerByThreads } from "./tangent-engines.ts";
export { type LayerValueOptions, type ValueFile, valueFiles, writeLayerValues } from "./write-layer-values.ts";
export {
  type NeuralPathKernelFileOptions,
  type NeuralPathKernelSummary,
  type NeuralPathKernelWork,
  neuralPathKernelWork,
  writeNeuralPathKernel,
} from "./write-neural-path-kernel.ts";
export { type PathFeatureFileOptions, writePathFeatures } from "./write-path-features.ts";
export {
  type TangentFileSummary,
  type TangentKernelFileOptions,
  tangentFileBytes,
  writeTangentKernel,
} from "./write-tangent-kernel.ts";
