/** What a node's numbers cost: of memory what it gives, of time what one forward pass does there. */
import { sizeOf } from "../../graph/index.ts";
import type { NodeOperation } from "../gated-network.ts";

/** Products of weights are vectorized; all else is walked over in plain loops, by counts of paths in whole numbers of any size. */
const LOOP = 256;

/** Products or their like for one example. */
export function workOf(operation: NodeOperation, shape: readonly number[]): number {
  const size = sizeOf(shape);
  switch (operation.kind) {
    case "dense":
      return operation.weight.data.length;
    case "convolution":
      return size * sizeOf(operation.weight.shape.slice(1));
    case "max-pool":
    case "average-pool":
      return LOOP * size * sizeOf(operation.window.kernel);
    case "sum":
    case "concat":
      return LOOP * size * operation.inputs.length;
    case "input":
    case "normalize":
    case "scale":
    case "gate":
    case "rearrange":
      return LOOP * size;
  }
}
