import {
  add,
  cast,
  constant,
  type DenseArray,
  type FloatDType,
  float32,
  float64,
  greater,
  greaterOrEqual,
  multiply,
  sigmoid,
  type Tensor,
} from "../graph/index.ts";

/** What each kind of rule is told. A kind that is added here needs a row below and one of `scalar-gates.ts`. */
export interface RuleFields {
  /** 1 where `q > 0`, else 0. */
  readonly hard: unknown;
  /** `(1 + ε)·sigmoid(β q)` */
  readonly soft: { readonly beta: number; readonly epsilon: number };
  /** 1 where `q > 0`, else the slope: one, or one for each channel (axis 0). */
  readonly leaky: { readonly slopes: DenseArray<"float32" | "float64"> };
  /** 1 where `0 < q < ceiling`, else 0; where `q ≥ ceiling` a path of value `ceiling` starts at the unit (ReLU6). */
  readonly clipped: { readonly ceiling: number };
}

/** The name of a rule of gates. */
export type GateKind = keyof RuleFields;
/** A rule of these kinds, one of any kind unless told otherwise. */
export type GateRule<K extends GateKind = GateKind> = { [P in K]: { readonly kind: P } & RuleFields[P] }[K];

/** How a pre-activation becomes a gate in the regimes (theory 5.2, 5.3): `1{q > 0}`, or `(1 + ε)·sigmoid(β q)`. */
export type Gating = GateRule<"hard" | "soft">;

/** What a pre-activation makes of the value that comes to its gate. */
export interface Gate<D extends FloatDType> {
  readonly gate: Tensor<D>;
  /** Value of the path that starts at a saturated unit. */
  readonly start?: Tensor<D>;
}

type TensorGates = { readonly [K in GateKind]: <D extends FloatDType>(rule: GateRule<K>, q: Tensor<D>) => Gate<D> };

/** What every rule but the soft one asks first (theory 1.1): whether the pre-activation is positive; at 0 it is not. */
export const isOpen = <D extends FloatDType>(q: Tensor<D>): Tensor<"bool"> => greater(q, 0);

const open = <D extends FloatDType>(q: Tensor<D>): Tensor<D> => cast(isOpen(q), q.dtype);

/** Rules on tensors; on numbers they stand in `scalar-gates.ts`. */
const TENSOR_GATES: TensorGates = {
  hard: (_, q) => ({ gate: open(q) }),
  soft: ({ beta, epsilon }, q) => ({ gate: multiply(sigmoid(multiply(q, beta)), 1 + epsilon) }),
  leaky({ slopes }, q) {
    const shut = add(multiply(open(q), -1), 1);
    return { gate: add(open(q), multiply(shut, slopesLike(q, slopes))) };
  },
  clipped<D extends FloatDType>({ ceiling }: GateRule<"clipped">, q: Tensor<D>) {
    const saturated: Tensor<D> = cast(greaterOrEqual(q, ceiling), q.dtype);
    return { gate: add(open(q), multiply(saturated, -1)), start: multiply(saturated, ceiling) };
  },
};

/** In the dtype of `q` from the start: not every device has another. */
function slopesLike<D extends FloatDType>(q: Tensor<D>, { data }: GateRule<"leaky">["slopes"]): Tensor<D> {
  const shape = [data.length, ...q.shape.slice(2).map(() => 1)];
  return cast(q.dtype === "float64" ? constant(float64(shape, data)) : constant(float32(shape, data)), q.dtype);
}

/**
 * The gate of a pre-activation (theory 2.6, 5.2, 5.3), exactly by its rule: at a kink, where a minimum or maximum of tensors would
 * pass the gradient to one of its two sides, it is open or shut as everywhere else (a dead unit without bias has `q = 0`).
 * @param q `[batch, ...shape]`
 */
export const gateOf = <D extends FloatDType, K extends GateKind>(rule: GateRule<K>, q: Tensor<D>): Gate<D> =>
  TENSOR_GATES[rule.kind](rule, q);

/** What a gate lets through; `raise` is applied to what is not `z`, for passes of powers. */
export function passGate<D extends FloatDType>(
  z: Tensor<D>,
  { gate, start }: Gate<D>,
  raise = (values: Tensor<D>): Tensor<D> => values,
): Tensor<D> {
  const passed = multiply(z, raise(gate));
  return start === undefined ? passed : add(passed, raise(start));
}
