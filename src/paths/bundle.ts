import { isWeightNode, weightLayers } from "../network/index.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { type BundleEnd, type BundleStep, BundleWalk, type Reached, startKey } from "./bundle-walk.ts";
import { log2Of, plain } from "./path-pass.ts";
import { joinedBy } from "./weight-edges.ts";

/**
 * A weight of a bundle, by what it joins: channels of maps, units of vectors; in layers of a pattern of their own the first two units
 * that it joins. `offset`: row and column in a convolution's kernel, else null.
 */
export interface BundleWeight {
  readonly layer: number;
  readonly from: number;
  readonly to: number;
  readonly offset: readonly [row: number, column: number] | null;
}

/** Where the paths of a bundle start. */
export type BundleStart =
  | { readonly kind: "input" }
  /** The bias of a channel (or unit) of weight layer `layer`. */
  | { readonly kind: "bias"; readonly layer: number; readonly channel: number }
  /** Saturated units of the clipped gates right behind weight layer `layer`; 0: behind none. */
  | { readonly kind: "saturation"; readonly layer: number };

/** All paths of one example to one output that come from one start through the same weights (theory 3.5). */
export interface Bundle {
  /** Sum of their contributions. */
  readonly contribution: number;
  /** `log₂|contribution|`, right also where the contribution lies outside float64. */
  readonly log2Contribution: number;
  /** From the start to the output. */
  readonly weights: readonly BundleWeight[];
  readonly start: BundleStart;
  /** Active paths in it. */
  readonly paths: number;
  /** Positions where its active paths start: units of the input, of the layer, or of the gates. */
  readonly positions: number;
}

/** Turns found bundles into what is told of them. */
export class BundleReader {
  readonly #active: ActiveNetwork;
  readonly #counts: BundleWalk;
  readonly #begin: Reached;
  readonly #exponent: number;
  readonly #layers: ReadonlyMap<number, number>;

  constructor(active: ActiveNetwork, output: number, exponent: number) {
    this.#active = active;
    this.#counts = new BundleWalk(active, { exponentAt: () => 0, counting: true });
    this.#begin = this.#counts.begin(output);
    this.#exponent = exponent;
    this.#layers = weightLayers(active.network);
  }

  /** @param found `steps` from the output back, `sum` in units of `2^exponent` */
  bundleOf({
    steps,
    end,
    sum,
  }: {
    readonly steps: readonly BundleStep[];
    readonly end: BundleEnd | undefined;
    readonly sum: number;
  }): Bundle {
    const contribution = { value: sum, exponent: this.#exponent };
    return {
      contribution: plain(contribution),
      log2Contribution: log2Of(contribution),
      weights: steps
        .filter(({ bias }) => !bias)
        .map((step) => this.#weightOf(step))
        .reverse(),
      start: this.#startOf(steps.at(-1), end),
      ...this.#count(steps, end),
    };
  }

  #weightOf({ position, index }: BundleStep): BundleWeight {
    const { nodes } = this.#active.network;
    const node = nodes[position];
    const layer = this.#layers.get(position) ?? 0;
    if (node === undefined || !isWeightNode(node)) throw new Error(`unreachable: no weights at ${position}`);
    return { layer, ...joinedBy(this.#active.network, node, index) };
  }

  #startOf(last: BundleStep | undefined, end: BundleEnd | undefined): BundleStart {
    if (last?.bias) return { kind: "bias", layer: this.#layers.get(last.position) ?? 0, channel: last.index };
    if (end?.kind === "saturation") return { kind: "saturation", layer: end.layer };
    return { kind: "input" };
  }

  #count(
    steps: readonly BundleStep[],
    end: BundleEnd | undefined,
  ): { readonly paths: number; readonly positions: number } {
    let reached = this.#begin;
    for (const step of steps) {
      if (step.bias) {
        const { sum, units } = this.#counts.fromBias(reached, step);
        return { paths: sum, positions: units };
      }
      reached = this.#counts.through(reached, step);
    }
    const same = reached.ends.find((one) => end !== undefined && startKey(one) === startKey(end));
    return { paths: same?.sum ?? 0, positions: same?.units.size ?? 0 };
  }
}
