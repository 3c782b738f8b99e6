/** What goes through each part of a network for one example, and why another differs (theory 7): by passes alone. */
import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type PathFlow, pathFlow, type ReferenceSplit, referenceSplit } from "../paths/index.ts";
import { activeExample } from "./paths-of-example.ts";

/** What flow is looked at, and what it is compared with. */
export interface FlowOptions {
  /** Which output, from 0; the one with the largest logit unless told otherwise. */
  readonly output?: number | undefined;
  /** Another output: what is looked at is then the difference of the two. */
  readonly against?: number | undefined;
  /** Another example, `[1, …inputShape]` or `[…inputShape]`: the difference to it is split into kept, gained and lost. */
  readonly reference?: Inputs | undefined;
}

/** Sums over all paths through each part of the network, exactly, and the split of the difference to a reference. */
export interface FlowAnswer extends PathFlow {
  /** Undefined where no reference was given. */
  readonly reference: ReferenceSplit | undefined;
}

/**
 * @param example `[1, …inputShape]` or `[…inputShape]`
 * @throws GatewiseError if an example does not have the network's shape, the network no such output, or a sum leaves float64
 */
export function flowOfExample(network: GatedNetwork, example: Inputs, options: FlowOptions = {}): FlowAnswer {
  const { output, against = null, reference } = options;
  const { active, chosen } = activeExample(network, example, output);
  const flow = pathFlow(active, { output: chosen, against });
  if (reference === undefined) return { ...flow, reference: undefined };
  return { ...flow, reference: referenceSplit(flow, activeExample(network, reference, output).active) };
}
