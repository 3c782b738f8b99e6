/** Which pairs of positions of its inputs a node reads for its own (theory 3.8 to 3.11). */
import { sizeOf } from "../../graph/index.ts";
import { edgePattern, type GatedNetwork, type GatedNode, pathInputs, visitEdges } from "../../network/index.ts";
import { mapsOf, nodeAt, sizeOfMaps } from "./maps.ts";
import {
  areEqual,
  DIAGONAL,
  forEachPair,
  isDiagonal,
  type PairLines,
  type PositionPairs,
  pairCountOf,
  pairsOf,
  pairsWithin,
  type Size,
  type Step,
  stepsBefore,
} from "./pair-lines.ts";

/** One object for equal pairs: deep networks have many maps of one size. */
const sameOr = (known: PositionPairs, pairs: PositionPairs): PositionPairs => (areEqual(known, pairs) ? known : pairs);

/** The pairs of an input that a node reads for its own. */
export function pairsRead(network: GatedNetwork, node: GatedNode, own: PositionPairs, input: number): PositionPairs {
  const size = sizeOfMaps(nodeAt(network, input));
  if (size[0] * size[1] === 1) return pairsOf(size, DIAGONAL);
  const pattern = edgePattern(node);
  switch (pattern.kind) {
    case "every":
      return pairsOf(size, DIAGONAL);
    case "window":
      return own === "all" ? own : pairsWithin(size, own.steps, pattern.window);
    case "convolution":
      return own === "all" ? own : sameOr(own, pairsOf(size, stepsBefore(own.steps, pattern.window)));
    case "none":
    case "unit":
      return own;
    case "edges":
      return pairsOfEdges(network, node, own, input, size);
  }
}

/** Pairs of elements, of all channels together, that are looked at one by one: about a second's work. */
const MOST_REARRANGED = 2 ** 26;

/** Between the elements that the pairs of a rearranged map were; all pairs where there are too many to look. */
function pairsRearranged(
  node: Extract<GatedNode, { readonly kind: "rearrange" }>,
  own: PairLines,
  size: Size,
): PositionPairs {
  const { channels, positions } = mapsOf(node);
  const [before, width] = [size[0] * size[1], size[1]];
  if (isDiagonal(own)) return pairsOf(size, DIAGONAL);
  if (channels * pairCountOf(own, positions) > MOST_REARRANGED) return "all";
  const [height, span] = [size[0], 2 * width - 1];
  const seen = new Uint8Array((2 * height - 1) * span);
  const steps: Step[] = [];
  // each channel's elements were as many of one channel, in the same order
  const alike = node.from === undefined && positions === before;
  for (let c = 0; c < (alike ? 1 : channels); c++) {
    const was = node.from?.subarray(c * positions, (c + 1) * positions);
    forEachPair(own, positions, (_, u, v) => {
      const [first, second] = [was?.[u] ?? c * positions + u, was?.[v] ?? c * positions + v];
      if (first < 0 || second < 0) return;
      const [left, right] = [first % before, second % before];
      const rows = Math.floor(right / width) - Math.floor(left / width);
      const columns = (right % width) - (left % width);
      const place = (rows + height - 1) * span + columns + width - 1;
      if (seen[place] === 1) return;
      seen[place] = 1;
      steps.push([rows, columns]);
    });
    if (steps.length >= before) return "all";
  }
  return pairsOf(size, steps.length === 0 ? DIAGONAL : steps);
}

/** What a node of edges in no regular pattern reads of an input. */
function pairsOfEdges(
  network: GatedNetwork,
  node: GatedNode,
  own: PositionPairs,
  input: number,
  size: Size,
): PositionPairs {
  if (node.kind === "concat") {
    if (isDiagonal(own)) return pairsOf(size, DIAGONAL);
    if (node.axis === 0) return own;
    return own === "all" || node.shape.length > 3 ? "all" : pairsOf(size, own.steps);
  }
  if (own === "all") return own;
  return node.kind === "rearrange" ? pairsRearranged(node, own, size) : pairsJoined(network, node, own, input, size);
}

/** Between the elements that two units have edges from, edge by edge; all pairs where there are too many to look. */
function pairsJoined(network: GatedNetwork, node: GatedNode, own: PairLines, input: number, size: Size): PositionPairs {
  const { channels, positions } = mapsOf(node);
  const [before, width] = [size[0] * size[1], size[1]];
  const pattern = edgePattern(node);
  const most = pattern.kind === "edges" ? pattern.most : 1;
  if (channels * pairCountOf(own, positions) * most ** 2 > MOST_REARRANGED) return "all";
  const edges = edgeTable(network, node, pathInputs(node).indexOf(input));
  const steps = new Map<string, Step>();
  for (let c = 0; c < channels; c++) {
    forEachPair(own, positions, (_, u, v) => {
      const [first, second] = [edges[c * positions + u] ?? [], edges[c * positions + v] ?? []];
      for (const one of first) {
        for (const other of second) {
          if (!mayMeet(one, other)) continue;
          const [left, right] = [one.from % before, other.from % before];
          const rows = Math.floor(right / width) - Math.floor(left / width);
          const columns = (right % width) - (left % width);
          steps.set(`${rows},${columns}`, [rows, columns]);
        }
      }
    });
    if (steps.size >= before) return "all";
  }
  return pairsOf(size, steps.size === 0 ? DIAGONAL : [...steps.values()]);
}

/** An edge into a unit, as the node's kind tells it. */
export interface TableEdge {
  readonly from: number;
  readonly weight: number;
  readonly place: number;
}

/** The edges into each unit of a node from one of its inputs. */
export function edgeTable({ nodes }: GatedNetwork, node: GatedNode, input: number): readonly (readonly TableEdge[])[] {
  const shapes = pathInputs(node).map((position) => nodes[position]?.shape ?? []);
  return Array.from({ length: sizeOf(node.shape) }, (_, unit) => {
    const edges: TableEdge[] = [];
    visitEdges(node, shapes, unit, (which, from, weight, place) => {
      if (which === input) edges.push({ from, weight, place });
    });
    return edges;
  });
}

/** Whether paths through two edges may have the same weights: of weights that train only those through the same one. */
export const mayMeet = (a: TableEdge, b: TableEdge): boolean => a.place === b.place;
