/**
 * What a tangent kernel is multiplied from (theory 4.8), by the plan: the factors of gradients that are products of two
 * vectors, and gradients that are formed, of all examples, `[batch, …]`.
 *
 * One reverse pass gives all of it, since the sum over the batch has the gradients of all examples side by side.
 */
import {
  add,
  concat,
  constant,
  float64,
  type Graph,
  gradients,
  graph,
  input,
  multiply,
  reduceSum,
  type Tensor,
} from "../../graph/index.ts";
import { forwardNodes, type GatedNetwork, gateOfNode, inputShapeOf, outputCount } from "../../network/index.ts";
import { factorNames } from "./factor-names.ts";
import { type Layer, perArray, perParameter } from "./formed-gradients.ts";
import type { OuterGradients, PartPlan, TangentPart, TangentPlan } from "./plan.ts";

type Maps = Tensor<"float64">;

/**
 * The graph from examples `x`, float64 `[batch, ...inputShape]`, and `chosen` `[batch, outputs]`, 1 at the logit that is
 * differentiated and else 0, to the factors of these parts, each `[batch, …]`.
 */
export function factorGraph(network: GatedNetwork, plan: TangentPlan, parts: readonly TangentPart[]): Graph {
  const x = input("x", "float64", ["batch", ...inputShapeOf(network)]);
  const values = forwardNodes(network, x);
  const at = (position: number): Maps => {
    const value = values.get(position);
    if (value === undefined) throw new Error(`unreachable: node ${position} is not used`);
    return value;
  };
  const chosen = input("chosen", "float64", ["batch", outputCount(network)]);
  const logit = reduceSum(multiply(at(network.output), chosen));
  const wanted = [...new Set(parts.flatMap((part) => positionsOf(plan[part])))];
  const deltas = gradients(
    logit,
    wanted.map((position) => at(position)),
  );
  const deltaOf = new Map(wanted.map((position, i) => [position, deltas[i] ?? logit]));
  const layer = (position: number): Layer => {
    const node = network.nodes[position];
    const delta = deltaOf.get(position);
    if (node === undefined || !("input" in node) || delta === undefined) {
      throw new Error(`unreachable: node ${position} has no parameters`);
    }
    const gate = gateOfNode(node);
    return { node, z: at(node.input), delta, q: gate && at(gate.by) };
  };
  const outputs: Record<string, Maps> = {};
  for (const part of parts) {
    for (const [index, one] of plan[part].outer.entries()) {
      for (const [use, { left, right }] of outerFactors(one, layer).entries()) {
        outputs[factorNames.outer(part, index, use, "left")] = left;
        outputs[factorNames.outer(part, index, use, "right")] = right;
      }
    }
    const formed = plan[part].formed.map((one) =>
      one.kind === "array"
        ? perArray(layer(one.use.position), one.use)
        : one.uses.map((use) => perParameter(layer(use.position), use, one.size)).reduce((sum, term) => add(sum, term)),
    );
    const [first, ...rest] = formed;
    if (first !== undefined) outputs[factorNames.formed(part)] = concat([first, ...rest], 1);
  }
  return graph(withoutSharing(outputs, x));
}

/** Nodes whose gradients a part needs. */
const positionsOf = ({ outer, formed }: PartPlan): readonly number[] => [
  ...outer.flatMap(({ uses }) => uses.map(({ position }) => position)),
  ...formed.flatMap((one) => (one.kind === "array" ? [one.use.position] : one.uses.map(({ position }) => position))),
];

/** The two vectors of each use, as the rows and columns of the parameter have them. */
const outerFactors = (
  { uses }: OuterGradients,
  layer: (position: number) => Layer,
): readonly { readonly left: Maps; readonly right: Maps }[] =>
  uses.map(({ position, transposed, factors }) => {
    const { z, delta } = layer(position);
    const units =
      factors === 1
        ? delta
        : multiply(delta, typeof factors === "number" ? factors : constant(float64([1, factors.length], factors)));
    return transposed ? { left: units, right: z } : { left: z, right: units };
  });

/** One output for each name, although two layers may read the same tensor, or the input itself. */
const withoutSharing = (outputs: Readonly<Record<string, Maps>>, x: Maps): Readonly<Record<string, Maps>> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, tensor === x ? multiply(tensor, 1) : tensor]),
  );
