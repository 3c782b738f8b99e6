export {
  KERNEL_DTYPES,
  type PathKernelFileOptions,
  type PathKernelSummary,
  writePathKernel,
} from "./write-path-kernel.ts";
