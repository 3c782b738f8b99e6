export {
  KERNEL_DTYPES,
  type NeuralPathKernelFileOptions,
  type NeuralPathKernelSummary,
  writeNeuralPathKernel,
} from "./write-neural-path-kernel.ts";
