/**
 * Patterns of several ops that one ONNX node computes in one pass over memory.
 *
 * ONNX Runtime finds most fusions itself (bias and ReLU into Gemm); these are the ones it does not: the update of a
 * training step, where a matrix product is scaled and added to the weights (a third of an SGD step otherwise,
 * bench/training.bench.ts).
 */

import { isMadeBy } from "../op.ts";
import { matMulOp } from "../ops/matrix.ts";
import type { Attributes, ScanScope, Tensor } from "../symbolic.ts";
import { sameShape } from "../tensor.ts";
import { dependencies } from "../traversal.ts";

/** A node in place of a tensor's own op, and the tensors that are then computed by nobody. */
export interface Fusion {
  readonly opType: "Gemm";
  readonly inputs: readonly [Tensor, Tensor, Tensor];
  readonly attributes: Attributes;
  readonly absorbed: readonly Tensor[];
}

/** Finds the fusions among `order`, which is all that a model computes; `free` tells in which scan bodies. */
export function findFusions(
  order: readonly Tensor[],
  results: readonly Tensor[],
  free: ReadonlyMap<Tensor, ReadonlySet<ScanScope>>,
): ReadonlyMap<Tensor, Fusion> {
  const uses = new Map<Tensor, number>();
  const count = (tensor: Tensor): void => void uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const tensor of order) dependencies(tensor).forEach(count);
  results.forEach(count);

  const fusions = new Map<Tensor, Fusion>();
  for (const tensor of order) {
    const fusion = scaledProductFrom(tensor);
    // what is computed outside of this tensor's loop stays there
    const depth = free.get(tensor)?.size;
    if (fusion?.absorbed.every((one) => uses.get(one) === 1 && free.get(one)?.size === depth))
      fusions.set(tensor, fusion);
  }
  return fusions;
}

/** `C − s·(A·B)` of float32 matrices (the attributes of a node are float32), with a constant `s`: Gemm, `alpha = −s`. */
function scaledProductFrom(tensor: Tensor): Fusion | undefined {
  const [c, scaled] = inputsOf(tensor, "subtract");
  const [product, factor] = inputsOf(scaled, "multiply");
  const scale = constantScalar(factor);
  if (c === undefined || scaled === undefined || product === undefined || scale === undefined) return undefined;
  if (!isMadeBy(product, matMulOp)) return undefined;
  const { inputs, params } = product.source;
  const [a, b] = inputs;
  const isMatrix = [a, b, c].every(({ shape }) => shape.length === 2);
  if (!isMatrix || tensor.dtype !== "float32" || !sameShape(c.shape, product.shape)) return undefined;
  return {
    opType: "Gemm",
    inputs: [a, b, c],
    attributes: {
      transA: { int: params.transposeA ? 1 : 0 },
      transB: { int: params.transposeB ? 1 : 0 },
      alpha: { float: -scale },
      beta: { float: 1 },
    },
    absorbed: [scaled, product],
  };
}

const inputsOf = (tensor: Tensor | undefined, op: string): readonly (Tensor | undefined)[] =>
  tensor?.source.kind === "op" && tensor.source.op.name === op ? tensor.source.inputs : [];

function constantScalar(tensor: Tensor | undefined): number | undefined {
  if (tensor?.source.kind !== "constant" || tensor.shape.length !== 0) return undefined;
  return Number(tensor.source.value.data[0]);
}
