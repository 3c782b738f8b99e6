import { GatewiseError } from "../errors.ts";
import { formatShape } from "../graph/index.ts";
import type { Architecture } from "./architecture.ts";
import { type Initializer, initialize } from "./initializers.ts";
import { featureParameterSpecs, type ParameterSpec, parameterSpecs } from "./parameter-specs.ts";
import { checkRegime, type RegimeChoice, regimeOf } from "./regime-variant.ts";
import type { Regime, RegimeName } from "./regimes.ts";
import { layersOf, type ParametersByLayer, parameterName, type TrialParameters } from "./trial-parameters.ts";

/** What decides the parameters before training; a training plan is one. */
export interface InitialPlan extends RegimeChoice {
  readonly architecture: Architecture;
  readonly initializer: Initializer;
  readonly seed: number;
}

/**
 * Parameters before training.
 * @param learnt for `flnpf`: `parameters.value` of the trained ReLU network whose gates are taken
 * @throws GatewiseError if the regime cannot be had of the architecture, `learnt` is missing, or its shapes are not the
 * architecture's
 */
export function initialParameters(plan: InitialPlan, learnt?: ParametersByLayer): TrialParameters {
  const { architecture, initializer, seed } = plan;
  const regime: Regime = regimeOf(plan);
  checkRegime(architecture, regime);
  const specs = parameterSpecs(architecture);
  if (regime.kind === "own-gates") return { value: initialize(specs, initializer, seed, "value-network") };
  const featureSpecs = featureParameterSpecs(architecture, regime.features);
  switch (regime.featureNetwork) {
    case "independent":
      return {
        value: initialize(specs, initializer, seed, "value-network"),
        feature: initialize(featureSpecs, initializer, seed, "feature-network"),
      };
    case "copy-of-initial-value": {
      const value = initialize(specs, initializer, seed, "value-network");
      return { value, feature: chosen(value, featureSpecs) };
    }
    case "trained":
      return {
        value: initialize(specs, initializer, seed, "fresh-value-network"),
        feature: learntFeatures(plan.regime, featureSpecs, learnt),
      };
  }
}

function learntFeatures(
  regimeName: RegimeName,
  specs: readonly ParameterSpec[],
  learnt: ParametersByLayer | undefined,
): ParametersByLayer {
  const next = "name a run of regime relu with the same architecture (`from`)";
  if (learnt === undefined) {
    throw new GatewiseError({
      received: `regime "${regimeName}" without a trained network`,
      expected: "a trained ReLU network to take the gates from",
      next,
    });
  }
  for (const { layer, kind, shape } of specs) {
    const name = parameterName({ network: "value", layer, kind });
    const found = learnt[layer]?.[kind]?.shape;
    if (found?.join() === shape.join()) continue;
    throw new GatewiseError({
      received: `a trained network ${found === undefined ? `without ${name}` : `whose ${name} is ${formatShape(found)}`}`,
      expected: `${name} of ${formatShape(shape)}, as the value network has it`,
      next,
    });
  }
  return chosen(learnt, specs);
}

const chosen = (parameters: ParametersByLayer, specs: readonly ParameterSpec[]): ParametersByLayer =>
  layersOf(
    specs.flatMap((spec) => {
      const array = parameters[spec.layer]?.[spec.kind];
      return array === undefined ? [] : [[spec, array] as const];
    }),
  );
