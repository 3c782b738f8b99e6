import { optionsIn } from "../../options.ts";
import { apply, broadcastShapes, named, sameDType } from "../op.ts";
import type { Dimension, FloatDType, FloatPair, OpDefinition, Shape, Tensor } from "../symbolic.ts";
import { shapeError } from "../tensor.ts";
import { sumLike } from "./layout.ts";

/** Which operand is given with its last two axes swapped. */
export interface MatMulParams {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface Stack {
  readonly rows: Dimension;
  readonly columns: Dimension;
  readonly leading: Shape;
}

/** Rows, columns and leading (batch) dimensions of a stack of matrices. */
function stack({ shape }: Tensor, transposed: boolean): Stack | undefined {
  const rows = shape.at(transposed ? -1 : -2);
  const columns = shape.at(transposed ? -2 : -1);
  return rows === undefined || columns === undefined ? undefined : { rows, columns, leading: shape.slice(0, -2) };
}

export const matMulOp: OpDefinition<MatMulParams, FloatPair> = {
  name: "matMul",
  shape(inputs, { transposeA, transposeB }) {
    sameDType("matMul", inputs);
    const [a, b] = inputs;
    const left = stack(a, transposeA);
    const right = stack(b, transposeB);
    if (!left || !right || left.columns !== right.rows) {
      const letters = `${transposeA ? "[…, k, n]" : "[…, n, k]"} and ${transposeB ? "[…, m, k]" : "[…, k, m]"}`;
      throw shapeError("matMul", { received: inputs, expected: letters });
    }
    return [...broadcastShapes("matMul", [left.leading, right.leading], inputs), left.rows, right.columns];
  },
  gradient([a, b], dy, _, { transposeA, transposeB }) {
    // with A' = op(a), B' = op(b): dA' = dy·B'ᵀ, dB' = A'ᵀ·dy, each transposed back where op transposes
    const da = transposeA
      ? matMul(b, dy, { transposeA: transposeB, transposeB: true })
      : matMul(dy, b, { transposeB: !transposeB });
    const db = transposeB
      ? matMul(dy, a, { transposeA: true, transposeB: transposeA })
      : matMul(a, dy, { transposeA: !transposeA });
    return [sumLike(da, a), sumLike(db, b)];
  },
  onnx(emit, [a, b], { transposeA, transposeB }, [left, right]) {
    if (!transposeA && !transposeB) return emit.node("MatMul", [a, b]);
    if (left.shape.length === 2 && right.shape.length === 2) {
      return emit.node("Gemm", [a, b], { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } });
    }
    const swapped = (name: string, { shape: { length: rank } }: Tensor, wanted: boolean): string => {
      const order = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
      return wanted ? emit.node("Transpose", [name], { perm: { ints: order } }) : name;
    };
    return emit.node("MatMul", [swapped(a, left, transposeA), swapped(b, right, transposeB)]);
  },
};

/**
 * Matrix product of the last two axes: `[…, n, k]` and `[…, k, m]` make `[…, n, m]`, the leading axes broadcast.
 * A transposed operand is given as it lies in memory; no copy is made for matrices.
 */
export const matMul = named(
  "matMul",
  <D extends FloatDType>(a: Tensor<D>, b: Tensor<D>, options: Partial<MatMulParams> = {}): Tensor<D> =>
    apply(matMulOp, [a, b], {
      transposeA: optionsIn(options).transposeA ?? false,
      transposeB: options.transposeB ?? false,
    }),
);
