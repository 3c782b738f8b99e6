import {
  add,
  cast,
  constant,
  type DenseArray,
  type FloatDType,
  float64,
  greater,
  greaterOrEqual,
  multiply,
  sigmoid,
  type Tensor,
} from "../graph/index.ts";

/** How a pre-activation becomes a gate: `1{q > 0}`, or `(1 + ε)·sigmoid(β q)`. */
export type Gating =
  | { readonly kind: "hard" }
  | { readonly kind: "soft"; readonly beta: number; readonly epsilon: number };

/** The same, of any network. */
export type GateRule =
  | Gating
  /** 1 where `q > 0`, else the slope: one, or one for each channel (axis 0). */
  | { readonly kind: "leaky"; readonly slopes: DenseArray<"float32" | "float64"> }
  /** 1 where `0 < q < ceiling`, else 0; where `q ≥ ceiling` a path of value `ceiling` starts at the unit (ReLU6). */
  | { readonly kind: "clipped"; readonly ceiling: number };

/** What a pre-activation makes of the value that comes to its gate. */
export interface Gate<D extends FloatDType> {
  readonly gate: Tensor<D>;
  /** Value of the path that starts at a saturated unit. */
  readonly start?: Tensor<D>;
}

/**
 * The gate of a pre-activation (theory 2.6, 5.2, 5.3), exactly by its rule: at a kink, where a minimum or maximum of tensors would
 * pass the gradient to one of its two sides, it is open or shut as everywhere else (a dead unit without bias has `q = 0`).
 * @param q `[batch, ...shape]`
 */
export function gateOf<D extends FloatDType>(rule: GateRule, q: Tensor<D>): Gate<D> {
  const on = (): Tensor<D> => cast(greater(q, 0), q.dtype);
  switch (rule.kind) {
    case "hard":
      return { gate: on() };
    case "soft":
      return { gate: multiply(sigmoid(multiply(q, rule.beta)), 1 + rule.epsilon) };
    case "leaky": {
      const { data } = rule.slopes;
      const slopes = constant(float64([data.length, ...q.shape.slice(2).map(() => 1)], data));
      const open = on();
      return { gate: add(open, multiply(add(multiply(open, -1), 1), cast(slopes, q.dtype))) };
    }
    case "clipped": {
      const saturated: Tensor<D> = cast(greaterOrEqual(q, rule.ceiling), q.dtype);
      return { gate: add(on(), multiply(saturated, -1)), start: multiply(saturated, rule.ceiling) };
    }
  }
}

/** What a gate lets through; `raise` is applied to what is not `z`, for passes of powers. */
export function passGate<D extends FloatDType>(
  z: Tensor<D>,
  { gate, start }: Gate<D>,
  raise = (values: Tensor<D>): Tensor<D> => values,
): Tensor<D> {
  const passed = multiply(z, raise(gate));
  return start === undefined ? passed : add(passed, raise(start));
}
