/** ONNX Runtime's tensors as dense arrays. */
import type { Tensor as OrtTensor, TypedTensor } from "onnxruntime-common";
import { GatewiseError } from "../errors.ts";
import type { DenseArray, DType } from "../graph/index.ts";

export const dtypeOf = (tensor: OrtTensor): DType => {
  const { type } = tensor;
  switch (type) {
    case "float32":
    case "float64":
    case "int64":
    case "int32":
    case "uint8":
    case "bool":
      return type;
    default:
      throw new GatewiseError({
        code: "unsupported-model",
        received: `an output of ${type}`,
        expected: "float32, float64, int64, int32, uint8 or bool",
        next: "cast it inside the graph",
      });
  }
};

/** The values, not copied. */
export function toDense(tensor: OrtTensor): DenseArray {
  // dtype and typed array of an ONNX Runtime tensor agree by its own construction
  const { data, dims } = tensor as TypedTensor<"float32">;
  return { dtype: dtypeOf(tensor), shape: dims, data } as unknown as DenseArray;
}
