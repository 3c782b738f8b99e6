import { GatewiseError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import { type GatedNetwork, inputShapeOf, startsAt, usedNodes } from "../network/index.ts";
import { type Evaluated, evaluateNode, newEvaluation, perUnit, plainAt } from "./evaluation.ts";
import type { PathGraph } from "./path-graph.ts";
import type { NodeTotals } from "./path-pass.ts";

const NOTHING: ReadonlyMap<number, Uint8Array> = new Map();

/** What the gates of one example leave of the network (theory 1). */
export interface ActiveNetwork extends PathGraph {
  /** What each used node gives, by position; 0 or infinite beyond float64, where gates are right all the same. */
  readonly values: ReadonlyMap<number, Float64Array>;
  /** The same with a power of two for each node: the sums of all paths to its units, of nodes that paths come through. */
  readonly totals: ReadonlyMap<number, NodeTotals>;
  readonly logits: Float64Array;
}

/**
 * Evaluates the network on one example and keeps what is active, in float64 with a power of two for each node: gates do
 * not change under it, and tiny weights in many layers do not shut them by underflow.
 * @param input the elements of one example, `[...inputShape]` in C order
 * @param closed by position of a gate, by unit, what is not 0 where a unit is closed whatever is decided; gates behind it are
 * decided anew
 * @throws GatewiseError if the example has another number of elements
 */
export function activate(
  network: GatedNetwork,
  input: ArrayLike<number>,
  closed: ReadonlyMap<number, Uint8Array> = NOTHING,
): ActiveNetwork {
  const evaluated = newEvaluation();
  checkSize(network, input);
  for (const position of usedNodes(network)) evaluateNode(network, position, input, evaluated, closed.get(position));
  return activeNetwork(network, evaluated);
}

/** @throws GatewiseError if an example has another number of elements than the network reads */
export function checkSize(network: GatedNetwork, input: ArrayLike<number>): void {
  const size = sizeOf(inputShapeOf(network));
  if (input.length === size) return;
  throw new GatewiseError({
    received: `an example of ${input.length} elements`,
    expected: `${size}, the shape [${inputShapeOf(network).join(", ")}]`,
    next: "give one example at a time, as the network has it",
  });
}

function activeNetwork(network: GatedNetwork, evaluated: Evaluated): ActiveNetwork {
  const { gates, selected, starts, totals } = evaluated;
  const values = new Map([...totals.keys()].map((position) => [position, plainAt(evaluated, position)]));
  return { network, gates, selected, starts, values, totals, logits: plainAt(evaluated, network.output) };
}

/**
 * The network with every gate open and 1 at every element of the input: max-pools pass the sum of their windows, and no
 * path starts at a saturated unit.
 */
export function openNetwork(network: GatedNetwork): PathGraph {
  const starts = new Map<number, Float64Array>();
  for (const position of usedNodes(network)) {
    const node = network.nodes[position];
    const begun = node && startsAt(node);
    if (node === undefined || begun === undefined) continue;
    const size = sizeOf(node.shape);
    starts.set(position, begun.kind === "bias" ? perUnit(begun.bias, node.shape) : new Float64Array(size).fill(1));
  }
  return { network, gates: new Map(), selected: new Map(), starts };
}
