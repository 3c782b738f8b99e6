import type { Shape } from "../graph/index.ts";
import type { Architecture } from "./architecture.ts";
import { checkFolded } from "./batch-normalization.ts";
import type { GatedNetwork, Weights } from "./gated-network.ts";
import { regimeSkeleton } from "./regime-skeleton.ts";
import type { Regime } from "./regimes.ts";
import { withWeights } from "./skeleton.ts";
import { parameterAt, parameterName, type TrialParameters } from "./trial-parameters.ts";
import { checkParameters, trialParameterSpecs } from "./trial-specs.ts";

/**
 * The nodes with their numbers; scales that are a batch normalization hold its scale and shift alone.
 * @throws GatewiseError if the regime cannot be had of the architecture, or the parameters are not those of both
 */
export function filledNetwork<W extends { readonly shape: Shape }>(
  architecture: Architecture,
  regime: Regime,
  parameters: TrialParameters<W>,
): GatedNetwork<W> {
  checkParameters(parameters, trialParameterSpecs(architecture, regime));
  const { nodes, output } = regimeSkeleton(architecture, regime);
  return {
    nodes: nodes.map((node) =>
      withWeights(node, (slot) => {
        const parameter = parameterAt(parameters, slot);
        if (parameter === undefined) throw new Error(`unreachable: no parameter ${parameterName(slot)}`);
        return parameter;
      }),
    ),
    output,
  };
}

/**
 * A network trained here as the graph that it is run by and that its paths are read from (theory 2.6 and 5.1).
 * @param parameters arrays, or tensors of a graph that is to be trained
 * @throws GatewiseError if the regime cannot be had of the architecture, the parameters are not those of both, or a batch
 * normalization is not folded yet ({@link foldBatchNorm})
 */
export function gatedNetwork<W extends { readonly shape: Shape } = Weights>(
  architecture: Architecture,
  regime: Regime,
  parameters: TrialParameters<W>,
): GatedNetwork<W> {
  checkFolded(architecture);
  return filledNetwork(architecture, regime, parameters);
}
