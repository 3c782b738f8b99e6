import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import type { LargestBundles } from "../paths/index.ts";
import type { DecidingOptions, DecidingUnits } from "./deciding-units.ts";
import type { FlipsBetween, NearestFlips, NearestFlipsOptions } from "./flips.ts";
import type { FlowAnswer, FlowOptions } from "./flow-of-example.ts";
import { type PathsAnswer, type PathsOptions, pathsOfExample } from "./paths-of-example.ts";
import type { Asking } from "./progress.ts";
import type { SufficientOptions, SufficientUnits } from "./sufficient-units.ts";

/** What can be asked of a model about single examples, exactly: in float64 and in this thread, without an engine. */
export abstract class ExampleQuestions {
  abstract readonly network: GatedNetwork;

  /** Whether it may be asked, and with these options. */
  protected abstract checkUse(options?: object): void;

  /**
   * What an output of one example is made of, exactly: counts, masses, entropy and the strongest paths (theory 2). In
   * float64 and in this thread; it needs no engine.
   * @param example `[1, …inputShape]` or `[…inputShape]`
   * @throws GatewiseError if the example does not have the network's shape, or the network no such output
   */
  paths(example: Inputs, options: PathsOptions = {}): PathsAnswer {
    this.checkUse(options);
    return pathsOfExample(this.network, example, options);
  }

  /**
   * The largest bundles of one example: paths of the same weights at all positions, summed.
   * @param example `[1, …inputShape]` or `[…inputShape]`
   * @throws GatewiseError if the example does not have the network's shape, or the network no such output
   */
  async bundles(example: Inputs, options: PathsOptions = {}): Promise<LargestBundles> {
    this.checkUse(options);
    const { bundlesOfExample } = await import("./bundles-of-example.ts");
    return bundlesOfExample(this.network, example, options);
  }

  /**
   * What carries an output of one example, or one output less another: sums over all paths through each part of the network,
   * exactly, and how much of it cancels (theory 7). With a reference, the difference of the two is split by the paths that both
   * leave open. In float64 and in this thread; it needs no engine.
   * @param example `[1, …inputShape]` or `[…inputShape]`
   * @throws GatewiseError if an example does not have the network's shape, the network no such output, or a sum leaves float64
   */
  async flow(example: Inputs, options: FlowOptions = {}): Promise<FlowAnswer> {
    this.checkUse(options);
    const { flowOfExample } = await import("./flow-of-example.ts");
    return flowOfExample(this.network, example, options);
  }

  /**
   * The fewest units whose removal changes what the network decides, of each input or of one: closed in the order of what flows
   * through them to the margin, renewed as they close, all other gates decided anew (theory 7); beside removal by activation and
   * in random order. In float64 and in this thread; it needs no engine.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError if the network has one output, or the inputs do not have its shape, or there is no such example
   */
  async decidingUnits(inputs: Inputs, options: DecidingOptions = {}): Promise<readonly DecidingUnits[]> {
    this.checkUse(options);
    const { decidingUnits } = await import("./deciding-units.ts");
    return await decidingUnits(this.network, inputs, options);
  }

  /**
   * The fewest units that keep a share of the margin when all others are closed, of each input or of one; with what they alone say
   * of the other inputs, for a set that is found for one example says little of others. See {@link decidingUnits}.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError likewise, or if the margin is no share
   */
  async sufficientUnits(inputs: Inputs, options: SufficientOptions = {}): Promise<readonly SufficientUnits[]> {
    this.checkUse(options);
    const { sufficientUnits } = await import("./sufficient-units.ts");
    return await sufficientUnits(this.network, inputs, options);
  }

  /**
   * How far one example is from where gates and selections flip, by unit: the length of the smallest change of the input, exact
   * as long as nothing flips before; so the nearest is exact. In float64 and in this thread, a pass for each element of the
   * input; it needs no engine.
   * @param example `[1, …inputShape]` or `[…inputShape]`
   * @throws GatewiseError if the example does not have the network's shape, or a soft gate decides further ones
   */
  async nearestFlips(example: Inputs, options: NearestFlipsOptions = {}): Promise<NearestFlips> {
    this.checkUse(options);
    const { nearestFlips } = await import("./flips.ts");
    return await nearestFlips(this.network, example, options);
  }

  /**
   * Every flip of a gate or a selection on the straight way from one example to another, exactly, and where it is. In float64 and
   * in this thread, two passes a flip; it needs no engine.
   * @param example `[1, …inputShape]` or `[…inputShape]`; `other` likewise
   * @throws GatewiseError if one does not have the network's shape, or a soft gate decides further ones
   */
  async flipsBetween(example: Inputs, other: Inputs, options: Asking = {}): Promise<FlipsBetween> {
    this.checkUse(options);
    const { flipsBetween } = await import("./flips.ts");
    return await flipsBetween(this.network, example, other, options);
  }
}
