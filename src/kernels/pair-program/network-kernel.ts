/** The kernel of a network as a graph of kernels, node by node as pair.ts computes it (theory 3.6 to 3.12). */
import { type GatedNetwork, type GatedNode, pathInputs } from "../../network/index.ts";
import { mapsOf, nodeAt, sizeOfMaps } from "../pair/maps.ts";
import type { PairPlan } from "../pair/plan.ts";
import { ones } from "./channel-masks.ts";
import type { KernelNode, KernelPart } from "./kernel-nodes.ts";
import { joinedTerms, rearrangedTerms } from "./moved-terms.ts";
import { averagedTerms, chosenTerms } from "./pooled-terms.ts";
import { contracted, type KernelTerm, masked, merged, type ProgramTerm, summed } from "./terms.ts";

/**
 * The kernel of one number that is the network's; undefined where nodes are of another kind: gates that
 * are no bits, a kernel of its own for each channel, paths of the same weights that meet again behind poolings.
 */
export function networkKernel(network: GatedNetwork, plan: PairPlan): KernelNode | undefined {
  const made = new Map<number, readonly ProgramTerm[]>();
  for (const position of plan.positions) {
    const inputs = pathInputs(nodeAt(network, position)).map((input) => made.get(input) ?? []);
    const terms = termsOf(network, plan, position, inputs);
    if (terms === undefined) return undefined;
    made.set(position, terms);
  }
  const size = sizeOfMaps(nodeAt(network, network.output));
  const kernel = gathered(size, contracted(made.get(network.output) ?? [], [0, 1]), 0);
  if (size[0] * size[1] === 1) return kernel;
  const first = { map: { key: "first", from: Int32Array.of(0) }, mask: undefined, weights: undefined };
  return gathered([1, 1], [{ kind: "places", kernel, places: [first] }], 0);
}

const gathered = (size: KernelNode["size"], parts: readonly KernelPart[], bias: number): KernelNode => ({
  kind: "gather",
  size,
  parts,
  divisors: undefined,
  bias,
});

/** A layer's kernel: the same for all channels of a range. */
function layerTerm(node: GatedNode, position: number, kernel: KernelNode, group = 0, groups = 1): KernelTerm {
  const { channels, positions } = mapsOf(node);
  const each = channels / groups;
  return {
    kind: "kernel",
    source: groups === 1 ? String(position) : `${position} group ${group}`,
    roots: new Set([String(position)]),
    kernel,
    channels: [group * each, (group + 1) * each],
    places: [{ map: undefined, mask: ones(each, positions), weights: undefined }],
  };
}

function termsOf(
  network: GatedNetwork,
  plan: PairPlan,
  position: number,
  inputs: readonly (readonly ProgramTerm[])[],
): readonly ProgramTerm[] | undefined {
  const node = nodeAt(network, position);
  const [terms = []] = inputs;
  const maps = mapsOf(node);
  const before = (input: number): KernelNode["size"] => sizeOfMaps(nodeAt(network, input));
  switch (node.kind) {
    case "input":
      return [{ kind: "values", values: { kind: "input", key: "x", ...maps } }];
    case "normalize": {
      const [only] = terms;
      if (only?.kind !== "values") return undefined;
      const { factor, shift } = node;
      const key = `${only.values.key} normalized ${position}`;
      const values = {
        kind: "normalized",
        key,
        ...maps,
        of: only.values,
        factor: factor.data,
        shift: shift.data,
      } as const;
      return [{ kind: "values", values }];
    }
    case "dense": {
      const bias = node.bias === undefined ? 0 : 1;
      const { channels } = mapsOf(nodeAt(network, node.input));
      return [layerTerm(node, position, gathered(before(node.input), contracted(terms, [0, channels]), bias))];
    }
    case "convolution": {
      const bias = node.bias === undefined ? 0 : 1;
      const each = mapsOf(nodeAt(network, node.input)).channels / node.groups;
      return Array.from({ length: node.groups }, (_, group) => {
        const input = gathered(before(node.input), contracted(terms, [group * each, (group + 1) * each]), 0);
        const box: KernelNode = { kind: "box", size: sizeOfMaps(node), input, window: node.window, bias };
        return layerTerm(node, position, box, group, node.groups);
      });
    }
    case "scale":
      return scaled(node, position, terms);
    case "gate":
      if (node.rule.kind !== "hard") return undefined;
      return terms.flatMap((term): readonly ProgramTerm[] => {
        if (term.kind === "kernel")
          return [masked(term, { kind: "gate", key: `g${position}`, ...maps, node: position })];
        if (term.kind === "summed") throw new Error(`unreachable: a gate behind a sum over channels at ${position}`);
        const { values } = term;
        const key = `${values.key} gated ${position}`;
        return [{ kind: "values", values: { kind: "gated", key, ...maps, of: values, node: position } }];
      });
    case "max-pool":
      return chosenTerms(network, node, position, terms);
    case "average-pool":
      return averagedTerms(network, plan, node, position, terms);
    case "sum":
      return summed(inputs);
    case "concat":
      return joinedTerms(network, node, position, inputs);
    case "rearrange": {
      const input = nodeAt(network, node.input);
      if (!plan.summed.has(position)) return rearrangedTerms(node, position, input, terms);
      const { channels, positions } = mapsOf(input);
      const kernel = gathered(sizeOfMaps(input), contracted(terms, [0, channels]), 0);
      if (positions === 1) return [{ kind: "summed", kernel }];
      return [{ kind: "summed", kernel: gathered([1, 1], [{ kind: "diagonal", kernel }], 0) }];
    }
    // the machine has instructions for these kinds; others go node by node
    default:
      return undefined;
  }
}

/** Other weights, and paths that start at the bias of each channel. */
function scaled(
  node: Extract<GatedNode, { readonly kind: "scale" }>,
  position: number,
  terms: readonly ProgramTerm[],
): readonly ProgramTerm[] | undefined {
  const behind = (source: string): string => (node.weight === undefined ? source : `${source}/${position}`);
  if (node.weight !== undefined && terms.some(({ kind }) => kind !== "kernel")) {
    // values of the input times a weight for each channel are paths of a weight, and no values any more
    return undefined;
  }
  const weighted = terms.map((term): ProgramTerm => {
    if (term.kind !== "kernel") return term;
    return { ...term, source: behind(term.source), roots: new Set([...term.roots].map(behind)) };
  });
  if (node.bias === undefined) return weighted;
  const bias = layerTerm(node, position, { kind: "ones", size: sizeOfMaps(node) });
  const source = `bias of ${position}`;
  return merged([...weighted, { ...bias, source, roots: new Set([source]) }]);
}
