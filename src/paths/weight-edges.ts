/**
 * What a single weight joins, for bundles (theory 3.5). Edges of regular patterns are computed from the weight's place, for a search
 * goes through thousands of weights; those of all others are looked up among the edges that the kind tells.
 */
import { sizeOf } from "../graph/index.ts";
import {
  type EdgePattern,
  edgePattern,
  type GatedNetwork,
  pathInputs,
  visitEdges,
  type WeightNode,
} from "../network/index.ts";

/** Receives an edge of a weight: which of the node's inputs it comes from, and the unit there. */
export type VisitSource = (which: number, unit: number) => void;
/** Calls `visit` for the edges of one weight into a unit of its node. */
export type EdgesOfWeight = (unit: number, visit: VisitSource) => void;

type Convolution = Extract<EdgePattern, { readonly kind: "convolution" }>;

/** Units that share a weight node's bias. */
export const positionsOf = ({ shape }: WeightNode): number => sizeOf(shape.slice(1));

/** Shapes of what comes into a node. */
export const inputShapes = ({ nodes }: GatedNetwork, node: WeightNode): readonly (readonly number[])[] =>
  pathInputs(node).map((input) => nodes[input]?.shape ?? []);

/** The edges of the weight at that place of the node's array. */
export function edgesOfWeight(network: GatedNetwork, node: WeightNode, place: number): EdgesOfWeight {
  const pattern = edgePattern(node);
  const shapes = inputShapes(network, node);
  switch (pattern.kind) {
    case "every": {
      const [units = 1] = node.shape;
      return (unit, visit) => {
        if (unit === place % units) visit(0, Math.floor(place / units));
      };
    }
    case "unit": {
      const positions = positionsOf(node);
      return (unit, visit) => {
        if (Math.floor(unit / positions) === place) visit(0, unit);
      };
    }
    case "convolution":
      return edgesOfTap(pattern, node, shapes[0] ?? [], place);
    default:
      return (unit, visit) =>
        visitEdges(node, shapes, unit, (which, from, _weight, own) => {
          if (own === place) visit(which, from);
        });
  }
}

function edgesOfTap(
  pattern: Convolution,
  node: WeightNode,
  inputShape: readonly number[],
  place: number,
): EdgesOfWeight {
  const { channel, input, offset } = convolutionWeight(pattern, node, inputShape, place);
  const { strides, pads, dilations } = pattern.window;
  const [, height = 0, width = 0] = inputShape;
  const [, rows = 1, columns = 1] = node.shape;
  return (unit, visit) => {
    if (Math.floor(unit / (rows * columns)) !== channel) return;
    const row = (Math.floor(unit / columns) % rows) * strides[0] - pads[0] + offset[0] * dilations[0];
    const column = (unit % columns) * strides[1] - pads[1] + offset[1] * dilations[1];
    if (row < 0 || row >= height || column < 0 || column >= width) return;
    visit(0, (input * height + row) * width + column);
  };
}

/** Place of the weight of the edge between two units; −1 where none trains. */
export function weightBetween(
  network: GatedNetwork,
  node: WeightNode,
  from: readonly [node: number, unit: number],
  to: number,
) {
  const sources = pathInputs(node);
  let found = -1;
  visitEdges(node, inputShapes(network, node), to, (which, unit, _weight, place) => {
    if (found < 0 && unit === from[1] && sources[which] === from[0]) found = place;
  });
  return found;
}

/** What a weight joins: channels of maps or units of vectors, in a convolution at an offset of its kernel. */
export interface Joined {
  readonly from: number;
  readonly to: number;
  readonly offset: readonly [row: number, column: number] | null;
}

/** In a pattern of its own a weight is told by the first two units that it joins. */
export function joinedBy(network: GatedNetwork, node: WeightNode, place: number): Joined {
  const pattern = edgePattern(node);
  switch (pattern.kind) {
    case "every": {
      const [units = 1] = node.shape;
      return { from: Math.floor(place / units), to: place % units, offset: null };
    }
    case "unit":
      return { from: place, to: place, offset: null };
    case "convolution": {
      const [inputShape = []] = inputShapes(network, node);
      const { channel, input, offset } = convolutionWeight(pattern, node, inputShape, place);
      return { from: input, to: channel, offset };
    }
    default: {
      const edges = edgesOfWeight(network, node, place);
      const units = sizeOf(node.shape);
      let from = -1;
      let to = 0;
      const first = (_which: number, unit: number): void => {
        if (from < 0) from = unit;
      };
      for (; to < units; to++) {
        edges(to, first);
        if (from >= 0) break;
      }
      return { from, to, offset: null };
    }
  }
}

/** What a convolution's weight joins: channels of its input and output, at an offset in the kernel. */
function convolutionWeight(
  { window, groups }: Convolution,
  { shape }: WeightNode,
  [inputChannels = 0]: readonly number[],
  place: number,
): { readonly channel: number; readonly input: number; readonly offset: readonly [number, number] } {
  const [, kernelColumns] = window.kernel;
  const taps = window.kernel[0] * kernelColumns;
  const held = inputChannels / groups;
  const [channels = 1] = shape;
  const channel = Math.floor(place / (held * taps));
  const group = Math.floor(channel / (channels / groups));
  const tap = place % taps;
  return {
    channel,
    input: group * held + (Math.floor(place / taps) % held),
    offset: [Math.floor(tap / kernelColumns), tap % kernelColumns],
  };
}
