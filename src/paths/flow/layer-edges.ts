/**
 * What flows over a whole layer at once: from each unit to each unit of a dense layer, from each channel to each channel of a
 * convolution, over all of its positions. A picture needs all of them for every input; {@link weightFlow} visits edge by edge.
 */
import { sizeOf } from "../../graph/index.ts";
import { type EdgePattern, edgePattern, pathInputs } from "../../network/index.ts";
import { plain } from "../path-pass.ts";
import type { FlowPasses } from "./passes.ts";

type Convolution = Extract<EdgePattern, { readonly kind: "convolution" }>;

/** Sums of what flows between the units, or the channels, of a weight layer and of what it reads. */
export interface LayerEdges {
  /** Units or channels that the edges lead to and come from. */
  readonly to: number;
  readonly from: number;
  /** `[to, from]` */
  readonly flow: Float64Array;
}

/**
 * @param position of a dense or a convolutional layer
 * @returns undefined for a node of another kind, and where no path goes on
 */
export function layerEdges({ graph, values, gradients }: FlowPasses, position: number): LayerEdges | undefined {
  const node = graph.network.nodes[position];
  const after = gradients.get(position);
  const [source = -1] = node === undefined ? [] : pathInputs(node);
  const before = values.get(source);
  if (node === undefined || after === undefined || before === undefined) return undefined;
  const pattern = edgePattern(node);
  const shape = graph.network.nodes[source]?.shape ?? [];
  const found =
    pattern.kind === "every"
      ? denseEdges(pattern.weight.data, before.totals, after.totals)
      : pattern.kind === "convolution"
        ? convolutionEdges(pattern, shape, node.shape, before.totals, after.totals)
        : undefined;
  const exponent = before.exponent + after.exponent;
  if (found !== undefined && exponent !== 0) {
    for (let i = 0; i < found.flow.length; i++) found.flow[i] = plain({ value: found.flow[i]!, exponent });
  }
  return found;
}

/** @param weight `[from, to]` */
function denseEdges(weight: ArrayLike<number>, z: Float64Array, gradient: Float64Array): LayerEdges {
  const [to, from] = [gradient.length, z.length];
  const flow = new Float64Array(to * from);
  for (let i = 0; i < from; i++) {
    const value = z[i]!;
    if (value === 0) continue;
    for (let j = 0; j < to; j++) flow[j * from + i] = value * weight[i * to + j]! * gradient[j]!;
  }
  return { to, from, flow };
}

/** Position by position, so that what lies under a window is gathered once for all channels that it leads to. */
function convolutionEdges(
  { window: { kernel, strides, pads, dilations }, weight: { data: weight }, groups }: Convolution,
  [from = 0, height = 0, width = 0]: readonly number[],
  shape: readonly number[],
  z: Float64Array,
  gradient: Float64Array,
): LayerEdges {
  const [to = 0, , columns = 1] = shape;
  const positions = sizeOf(shape.slice(1));
  const taps = kernel[0] * kernel[1];
  const [ins, outs] = [from / groups, to / groups];
  const flow = new Float64Array(to * from);
  const under = new Float64Array(from * taps);
  for (let position = 0; position < positions; position++) {
    const top = Math.floor(position / columns) * strides[0] - pads[0];
    const left = (position % columns) * strides[1] - pads[1];
    under.fill(0);
    for (let ky = 0; ky < kernel[0]; ky++) {
      const y = top + ky * dilations[0];
      if (y < 0 || y >= height) continue;
      for (let kx = 0; kx < kernel[1]; kx++) {
        const x = left + kx * dilations[1];
        if (x < 0 || x >= width) continue;
        for (let c = 0; c < from; c++) under[c * taps + ky * kernel[1] + kx] = z[(c * height + y) * width + x]!;
      }
    }
    for (let o = 0; o < to; o++) {
      const slope = gradient[o * positions + position]!;
      if (slope === 0) continue;
      const first = Math.floor(o / outs) * ins;
      for (let c = 0; c < ins; c++) {
        const [w, u] = [(o * ins + c) * taps, (first + c) * taps];
        let sum = 0;
        for (let tap = 0; tap < taps; tap++) sum += weight[w + tap]! * under[u + tap]!;
        flow[o * from + first + c]! += slope * sum;
      }
    }
  }
  return { to, from, flow };
}
