import { GatewiseError } from "../errors.ts";
import { isFloat } from "./op.ts";
import { add } from "./ops/arithmetic.ts";
import type { FloatDType, InputGradients, Inputs, Tensor } from "./symbolic.ts";
import { formatTensor, scalar, shapeError } from "./tensor.ts";
import { dependencies, topologicalOrder } from "./traversal.ts";

/**
 * Reverse-mode gradients: more graph that computes `∂loss/∂wrt[i]`, each of the shape of its `wrt[i]`.
 *
 * The cost is one pass over the part of the graph between `wrt` and `loss`; ops outside that part get no gradient nodes,
 * so a network behind hard gates (whose comparison passes none) costs nothing (theory 5.2).
 * @param loss a float scalar of shape `[]`
 * @throws GatewiseError if the loss is no scalar, if it does not depend on one of `wrt`, or if it does so through a scan
 */
export function gradients<D extends FloatDType>(
  loss: Tensor<FloatDType>,
  wrt: readonly Tensor<D>[],
): readonly Tensor<D>[] {
  if (loss.shape.length !== 0) {
    throw shapeError("gradients", { received: [loss], expected: "a scalar loss of shape []" });
  }
  const order = topologicalOrder([loss]);
  const onTheWay = tensorsBehind(wrt, order);

  const total = new Map<Tensor, Tensor<FloatDType>>([[loss, scalar(loss.dtype, 1)]]);
  for (const tensor of order.toReversed()) {
    const dy = total.get(tensor);
    if (dy === undefined || !onTheWay.has(tensor)) continue;
    const shares = inputGradients(tensor, dy);
    dependencies(tensor).forEach((from, i) => {
      const share = shares[i];
      if (share === undefined || !onTheWay.has(from)) return;
      const sum = total.get(from);
      total.set(from, sum === undefined ? share : add(sum, share));
    });
  }

  return wrt.map((tensor) => {
    const gradient = total.get(tensor);
    if (gradient !== undefined && isOfDType(gradient, tensor.dtype)) return gradient;
    throw new GatewiseError({
      received: `gradients by ${formatTensor(tensor)}`,
      expected: "a tensor that the loss depends on through ops with a gradient",
      next: "leave it out, or replace the op that stops the gradient (a comparison, a cast, an index)",
    });
  });
}

/** Tensors of `order` that are among `wrt` or depend on them other than through ops that pass no gradient. */
function tensorsBehind(wrt: readonly Tensor[], order: readonly Tensor[]): ReadonlySet<Tensor> {
  const behind = new Set<Tensor>(wrt);
  for (const tensor of order) {
    const stops = tensor.source.kind === "op" && tensor.source.op.gradient === "none";
    if (!stops && dependencies(tensor).some((one) => behind.has(one))) behind.add(tensor);
  }
  return behind;
}

function inputGradients(tensor: Tensor, dy: Tensor<FloatDType>): InputGradients<Inputs> {
  const { source } = tensor;
  switch (source.kind) {
    case "op":
      if (source.op.gradient === "none" || !isFloat(tensor)) return [];
      return source.op.gradient(source.inputs, dy, tensor, source.params);
    case "scan":
      throw new GatewiseError({
        received: "gradients through a scan",
        expected: "a loss whose way to the tensors does not lead through a loop",
        next: "take the gradients inside the body of the scan, or unroll the loop",
      });
    default:
      return [];
  }
}

const isOfDType = <D extends FloatDType>(tensor: Tensor, dtype: D): tensor is Tensor<D> => tensor.dtype === dtype;
