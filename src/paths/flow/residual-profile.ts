/**
 * The paths by how many residual branches they come through (theory 7): with every branch multiplied by `t` the output is a polynomial
 * in `t`, and its coefficients are carried along the pass. No `t` has to be chosen, and no system solved.
 */
import { largestOf, sizeOf, smallestOf } from "../../graph/index.ts";
import {
  decisionOf,
  edgePattern,
  edgeWeights,
  type GatedNetwork,
  type GatedNode,
  pathInputs,
  pathNodes,
} from "../../network/index.ts";
import { mapEdges } from "../edge-maps.ts";
import { ITSELF } from "../factors.ts";
import type { PathGraph } from "../path-graph.ts";
import { beyondFloat64 } from "../path-pass.ts";

/**
 * `y_0 … y_K`: the sum of the paths to unit 0 of the output through exactly `k` residual branches; `K` the most that a path comes
 * through. Null without residual sums.
 */
export function residualProfile({ network, gates, selected, starts }: PathGraph): readonly number[] | null {
  const skips = skipsOf(network);
  if (skips.size === 0) return null;
  const done = new Map<number, readonly (Float64Array | undefined)[]>();
  for (const position of pathNodes(network)) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    const sources = edgePattern(node).kind === "none" ? [] : pathInputs(node);
    const skip = skips.get(position);
    // what comes to the node by each input, with the branches that it comes through
    const coming = sources.map((source, which) => {
      const coefficients = done.get(source) ?? [];
      return skip === undefined || skip === which ? coefficients : [undefined, ...coefficients];
    });
    const shapes = sources.map((source) => network.nodes[source]?.shape ?? []);
    const decided = { gates: gates.get(position), selected: selected.get(position) };
    const length = largestOf(
      coming.map((one) => one.length),
      1,
    );
    const own = Array.from({ length }, (_, k) => {
      const begun = k === 0 ? starts.get(position) : undefined;
      if (coming.every((one) => one[k] === undefined)) return begun;
      const inputs = shapes.map((shape, i) => ({ data: coming[i]?.[k] ?? new Float64Array(sizeOf(shape)), shape }));
      const sum = mapEdges(node, inputs, decided, ITSELF, "sum");
      if (begun !== undefined) for (let i = 0; i < sum.length; i++) sum[i]! += begun[i]!;
      return sum;
    });
    done.set(position, own);
  }
  const profile = (done.get(network.output) ?? []).map((one) => one?.[0] ?? 0);
  if (!profile.every(Number.isFinite)) throw beyondFloat64("the residual profile of this output");
  return profile;
}

/**
 * Residual sums by position, and which of their inputs is the skip: the one with the fewest layers behind it, along the longest way.
 * Every other is a branch. A sum without one such input (of parallel layers) is none.
 */
function skipsOf(network: GatedNetwork): ReadonlyMap<number, number> {
  const depths = new Map<number, number>();
  const skips = new Map<number, number>();
  for (const position of pathNodes(network)) {
    const node = network.nodes[position];
    if (node === undefined) continue;
    const before = pathInputs(node).map((source) => depths.get(source) ?? 0);
    const { kind } = edgePattern(node);
    const layers = kind === "every" || kind === "convolution" ? 1 : 0;
    depths.set(position, layers + largestOf(before, 0));
    if (!addsUp(node)) continue;
    const least = smallestOf(before);
    if (before.filter((depth) => depth === least).length === 1) skips.set(position, before.indexOf(least));
  }
  return skips;
}

const addsUp = (node: GatedNode): boolean =>
  pathInputs(node).length > 1 &&
  edgePattern(node).kind === "unit" &&
  edgeWeights(node) === "ones" &&
  decisionOf(node) === undefined;
