/**
 * The neural path kernel read aloud (theory 3.5): every path of a small network with the list of its weights, paths of
 * equal weights summed, features multiplied. Exponential; knows nothing of positions, terms or masks.
 */

import { type DenseArray, input } from "../../src/graph/index.ts";
import { forwardNodes, type GatedNetwork, type GatedNode } from "../../src/network/index.ts";
import { unitOf } from "../paths/node-kinds.reference.ts";
import { runGraph } from "../support/run-graph.ts";

/** Contribution to a unit by the weights that a path went through, in their order along it. */
type Bundles = ReadonlyMap<string, number>;

/** `[n, n]`, at element `output` of the network's output. */
export async function bundleGram(
  network: GatedNetwork,
  inputs: DenseArray<"float64">,
  output = 0,
): Promise<readonly (readonly number[])[]> {
  const [examples = 0, ...shape] = inputs.shape;
  const x = Float32Array.from(inputs.data);
  const values = forwardNodes(network, input("x", "float32", ["batch", ...shape]));
  const named = Object.fromEntries([...values].map(([position, tensor]) => [`n${position}`, tensor]));
  const computed = await runGraph(named, { x: { dtype: "float32", shape: inputs.shape, data: x } });
  const size = inputs.data.length / examples;
  const features = Array.from({ length: examples }, (_, example) => {
    const known = new Map<number, readonly number[]>();
    const decided = (position: number): readonly number[] => {
      const data = [...(known.has(position) ? [] : (computed[`n${position}`]?.data ?? []))].map(Number);
      const each = data.length / examples;
      const own = known.get(position) ?? data.slice(example * each, (example + 1) * each);
      known.set(position, own);
      return own;
    };
    const bundles: Bundles[][] = [];
    network.nodes.forEach((node, position) => {
      const own = [...inputs.data.subarray(example * size, (example + 1) * size)];
      bundles.push(pathsTo(node, position, own, (at) => bundles[at] ?? [], decided, network));
    });
    return bundles[network.output]?.[output] ?? new Map<string, number>();
  });
  return features.map((left) => features.map((right) => dot(left, right)));
}

const dot = (left: Bundles, right: Bundles): number =>
  [...left].reduce((sum, [weights, value]) => sum + value * (right.get(weights) ?? 0), 0);

function pathsTo(
  node: GatedNode,
  position: number,
  x: readonly number[],
  at: (position: number) => readonly Bundles[],
  decided: (position: number) => readonly number[],
  network: GatedNetwork,
): Bundles[] {
  const size = node.shape.reduce((product, length) => product * length, 1);
  const inner = node.shape.slice(1).reduce((product, length) => product * length, 1);
  const holdsWeights = "weight" in node;
  return Array.from({ length: size }, (_, i) => {
    // paths start at what the network makes of its input
    if (node.kind === "normalize") {
      return add([times(at(node.input)[i], node.factor.data[i] ?? 0), new Map([["", node.shift.data[i] ?? 0]])]);
    }
    const { edges, starts } = unitOf(node, i, {
      example: (unit) => x[unit] ?? 0,
      shape: (from) => network.nodes[from]?.shape ?? [],
      value: (from, unit) => decided(from)[unit] ?? 0,
    });
    return add([
      ...edges.map(({ node: from, unit, weight, gate, place }) =>
        place < 0 ? times(at(from)[unit], weight * gate) : times(through(at(from)[unit], `${position}:${place}`), gate),
      ),
      ...starts.map(({ value }) =>
        holdsWeights ? new Map([[`bias ${position}:${Math.floor(i / inner)}`, 1]]) : new Map([["", value]]),
      ),
    ]);
  });
}

const times = (unit: Bundles | undefined, factor: number): Bundles =>
  new Map([...(unit ?? [])].flatMap(([weights, value]) => (factor === 0 ? [] : [[weights, value * factor]])));

const through = (unit: Bundles | undefined, weight: string): Bundles =>
  new Map([...(unit ?? [])].map(([weights, value]) => [`${weights} ${weight}`, value]));

function add(units: readonly (Bundles | undefined)[]): Bundles {
  const sum = new Map<string, number>();
  for (const unit of units) {
    for (const [weights, value] of unit ?? []) sum.set(weights, (sum.get(weights) ?? 0) + value);
  }
  return sum;
}
