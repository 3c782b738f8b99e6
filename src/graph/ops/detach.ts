import type { DType } from "../dense-array.ts";
import { apply, named } from "../op.ts";
import type { OpDefinition, Tensor } from "../symbolic.ts";

const detachOp: OpDefinition<undefined, readonly [x: Tensor]> = {
  name: "detach",
  shape: ([x]) => x.shape,
  gradient: "none",
  onnx: "Identity",
};
/** The same values, as if they were constants: no gradient flows through. */
export const detach = named("detach", <D extends DType>(x: Tensor<D>): Tensor<D> => apply(detachOp, [x], undefined));
