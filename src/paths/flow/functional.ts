import { GatewiseError } from "../../errors.ts";
import { float64, sizeOf } from "../../graph/index.ts";
import {
  checkOutput,
  decisionOf,
  edgePattern,
  edgeWeights,
  type GatedNetwork,
  type GatedNode,
  outputCount,
  pathInputs,
  startsAt,
} from "../../network/index.ts";
import { ITSELF } from "../factors.ts";
import type { PathGraph } from "../path-graph.ts";
import { pullEdges } from "../pull-edges.ts";

/** What is looked at: an output, or how far it is above another. */
export interface FlowTarget {
  readonly output: number;
  readonly against: number | null;
}

/**
 * The network with one output, `c·ŷ`: its last layer becomes the one row `c·θ`, so that what two outputs share cancels before masses are
 * taken (theory 7). Where the outputs are no dense layer's, perhaps in another order, `c` is a layer behind them, and masses are those
 * of both outputs' paths.
 * @throws GatewiseError if there is no such output, or both are one
 */
export function targetNetwork(network: GatedNetwork, { output, against }: FlowTarget): GatedNetwork {
  checkOutput(network, output);
  if (against !== null) checkOutput(network, against);
  if (against === output) {
    throw new GatewiseError({
      received: `output ${output} against itself`,
      expected: "two outputs",
      next: "choose another, or leave it out",
    });
  }
  let functional = new Float64Array(outputCount(network));
  functional[output] = 1;
  if (against !== null) functional[against] = -1;
  let position = network.output;
  for (;;) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    const pattern = edgePattern(node);
    const [source] = pathInputs(node);
    if (pattern.kind === "every" && source !== undefined) {
      const starts = startsAt(node);
      return withLast(network, {
        name: node.name,
        input: source,
        row: rowTimes(pattern.weight.data, functional),
        bias: starts?.kind === "bias" ? dot(starts.bias.data, functional) : undefined,
      });
    }
    if (source === undefined || !onlyMoves(node)) {
      return withLast(network, { name: `${node.name}, chosen`, input: position, row: functional, bias: undefined });
    }
    const shape = network.nodes[source]?.shape ?? [];
    const none = { gates: undefined, selected: undefined };
    [functional = new Float64Array(sizeOf(shape))] = pullEdges(node, functional, [shape], none, ITSELF).map((one) =>
      Float64Array.from(one),
    );
    position = source;
  }
}

/** Whether a node puts the elements of one other elsewhere, and no more. */
const onlyMoves = (node: GatedNode): boolean =>
  pathInputs(node).length === 1 &&
  edgePattern(node).kind === "edges" &&
  edgeWeights(node) === "ones" &&
  decisionOf(node) === undefined &&
  startsAt(node) === undefined;

interface LastLayer {
  readonly name: string;
  readonly input: number;
  readonly row: Float64Array;
  readonly bias: number | undefined;
}

function withLast({ nodes }: GatedNetwork, { name, input, row, bias }: LastLayer): GatedNetwork {
  const last: GatedNode = {
    kind: "dense",
    name,
    shape: [1],
    input,
    weight: float64([row.length, 1], row),
    bias: bias === undefined ? undefined : float64([1], [bias]),
  };
  return { nodes: [...nodes, last], output: nodes.length };
}

/** What an example's gates leave of the network, to that one output. */
export function targetGraph({ gates, selected, starts }: PathGraph, target: GatedNetwork): PathGraph {
  const last = target.nodes[target.output];
  const begun = last && startsAt(last);
  if (begun?.kind !== "bias") return { network: target, gates, selected, starts };
  const bias = Float64Array.from(begun.bias.data);
  return { network: target, gates, selected, starts: new Map([...starts, [target.output, bias]]) };
}

function rowTimes(weights: ArrayLike<number>, functional: Float64Array): Float64Array {
  const units = functional.length;
  const row = new Float64Array(weights.length / units);
  for (let i = 0; i < row.length; i++) {
    let sum = 0;
    for (let j = 0; j < units; j++) if (functional[j] !== 0) sum += functional[j]! * weights[i * units + j]!;
    row[i] = sum;
  }
  return row;
}

const dot = (numbers: ArrayLike<number>, functional: Float64Array): number =>
  functional.reduce((sum, one, i) => (one === 0 ? sum : sum + one * numbers[i]!), 0);
