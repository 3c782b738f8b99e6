import { type Graph, graph } from "./graph.ts";
import type { Tensor } from "./symbolic.ts";
import { topologicalOrder } from "./traversal.ts";

/**
 * A graph as graphs that run one behind the other: an output of one has the name of the input of later ones that it is.
 * Together they have the graph's inputs and outputs, each under its name. A graph with loops stays whole.
 * @param most ops of one
 */
export function cutGraph(whole: Graph, most: number): readonly Graph[] {
  const order = topologicalOrder(whole.outputs.map(({ tensor }) => tensor));
  const ops = order.filter(({ source }) => source.kind === "op");
  if (ops.length <= most || order.some(({ source }) => source.kind === "scan")) return [whole];
  const partOf = new Map(ops.map((tensor, i) => [tensor, Math.floor(i / most)]));
  const crossing = crossingTensors(ops, partOf, new Set([...whole.inputs, ...whole.outputs].map(({ name }) => name)));
  return Array.from({ length: Math.ceil(ops.length / most) }, (_, part) => {
    const here = new Map<Tensor, Tensor>();
    const inPart = (tensor: Tensor): Tensor => {
      const name = (partOf.get(tensor) ?? part) < part ? crossing.get(tensor) : undefined;
      const known = here.get(tensor);
      if (known !== undefined || name === undefined) return known ?? tensor;
      const taken: Tensor = { dtype: tensor.dtype, shape: tensor.shape, source: { kind: "input", name } };
      here.set(tensor, taken);
      return taken;
    };
    for (const tensor of ops.slice(part * most, (part + 1) * most)) {
      const { dtype, shape, source } = tensor;
      if (source.kind === "op") {
        here.set(tensor, { dtype, shape, source: { ...source, inputs: source.inputs.map(inPart) } });
      }
    }
    // an output that is no op, an input say, is the first one's
    const own = whole.outputs.filter(({ tensor }) => (partOf.get(tensor) ?? 0) === part);
    const outputs = own.map(({ name, tensor }) => [name, inPart(tensor)] as const);
    const handed = [...crossing].filter(([tensor]) => partOf.get(tensor) === part);
    return graph(Object.fromEntries([...outputs, ...handed.map(([tensor, name]) => [name, inPart(tensor)] as const)]));
  });
}

/** Tensors that a later part takes, with names of their own. */
function crossingTensors(
  ops: readonly Tensor[],
  partOf: ReadonlyMap<Tensor, number>,
  taken: ReadonlySet<string>,
): ReadonlyMap<Tensor, string> {
  const names = new Map<Tensor, string>();
  let number = 0;
  for (const tensor of ops) {
    if (tensor.source.kind !== "op") continue;
    for (const input of tensor.source.inputs) {
      const from = partOf.get(input);
      if (from === undefined || from === partOf.get(tensor) || names.has(input)) continue;
      while (taken.has(`part.${number}`)) number += 1;
      names.set(input, `part.${number}`);
      number += 1;
    }
  }
  return names;
}
