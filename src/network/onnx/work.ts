/** What a node's numbers cost: of memory what it gives, of time what one forward pass does there. */
import { sizeOf } from "../../graph/index.ts";
import type { GatedNode } from "../gated-network.ts";
import { edgePattern, pathInputs } from "../node-kinds.ts";

/** Products of weights are vectorized; all else is walked over in plain loops, by counts of paths in whole numbers of any size. */
const LOOP = 256;

/** Products or their like for one example. */
export function workOf(node: GatedNode): number {
  const size = sizeOf(node.shape);
  const pattern = edgePattern(node);
  switch (pattern.kind) {
    case "every":
      return pattern.weight.data.length;
    case "convolution":
      return size * sizeOf(pattern.weight.shape.slice(1));
    case "window":
      return LOOP * size * sizeOf(pattern.window.kernel);
    case "unit":
      return LOOP * size * pathInputs(node).length;
    case "edges":
      return LOOP * size * Math.max(pattern.most, pathInputs(node).length);
    case "none":
      return LOOP * size;
  }
}
