import { cast, greater, multiply, sigmoid, type Tensor } from "../graph/index.ts";

/** How a pre-activation becomes a gate: `1{q > 0}`, or `(1 + ε)·sigmoid(β q)`. */
export type Gating =
  | { readonly kind: "hard" }
  | { readonly kind: "soft"; readonly beta: number; readonly epsilon: number };

/** The gate of a pre-activation (theory 5). */
export function gateOf(gating: Gating, q: Tensor<"float32">): Tensor<"float32"> {
  switch (gating.kind) {
    case "hard":
      return cast(greater(q, 0), "float32");
    case "soft":
      return multiply(sigmoid(multiply(q, gating.beta)), 1 + gating.epsilon);
  }
}
