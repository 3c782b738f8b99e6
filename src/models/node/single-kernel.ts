import { checkKernelNumbers } from "../../kernels/index.ts";
import { EARLIER } from "../neural-path-kernel.ts";

/** @throws GatewiseError for numbers that float32 does not hold */
export const checkSingle = (values: Float32Array): void =>
  checkKernelNumbers(values, "a kernel in float32, which ends at 3.4e38,", "write float64, or normalize the kernel");

/** @throws GatewiseError for numbers that the element type of a kernel's part does not hold */
export const checkPart = (values: Float32Array | Float64Array): void =>
  values instanceof Float32Array ? checkSingle(values) : checkKernelNumbers(values, "a kernel", EARLIER);
