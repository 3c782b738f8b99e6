import { GatewiseError } from "../errors.ts";
import type { Tensor } from "./symbolic.ts";
import { formatTensor } from "./tensor.ts";
import { freeScopes, topologicalOrder } from "./traversal.ts";

/** What is computed: named outputs over named inputs. Plain data, compiled by an engine or written as ONNX. */
export interface Graph {
  readonly inputs: readonly { readonly name: string; readonly tensor: Tensor }[];
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor }[];
}

/**
 * Collects the inputs that `outputs` depend on.
 * @throws GatewiseError if two inputs share a name, or a tensor of a scan's body is used outside its scan
 */
export function graph(outputs: Readonly<Record<string, Tensor>>): Graph {
  const inputs = new Map<string, Tensor>();
  const order = topologicalOrder(Object.values(outputs));
  const scopes = freeScopes(order);
  for (const [name, tensor] of Object.entries(outputs)) {
    if (scopes.get(tensor)?.size === 0) continue;
    throw new GatewiseError({
      received: `output "${name}" that uses a state or slice of a scan outside its body`,
      expected: "tensors of a body only inside it",
      next: "return it from the body as a state or an output, and use what the scan returns",
    });
  }
  for (const tensor of order) {
    if (tensor.source.kind !== "input") continue;
    const { name } = tensor.source;
    const other = inputs.get(name);
    if (other !== undefined || Object.hasOwn(outputs, name)) {
      throw new GatewiseError({
        received: `the name "${name}" twice: ${formatTensor(tensor)} and ${other ? formatTensor(other) : "an output"}`,
        expected: "one name for each input and output",
        next: "rename one of them, or use the same input tensor in both places",
      });
    }
    inputs.set(name, tensor);
  }
  return {
    inputs: [...inputs].map(([name, tensor]) => ({ name, tensor })),
    outputs: Object.entries(outputs).map(([name, tensor]) => ({ name, tensor })),
  };
}
