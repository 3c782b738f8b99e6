import { GatewiseError } from "../errors.ts";
import { formatShape } from "../graph/index.ts";
import type { Architecture } from "./architecture.ts";
import { foldedLayers } from "./batch-normalization.ts";
import { type FeatureNetwork, featureNetworks } from "./gate-plan.ts";
import { type Initializer, initialize, type NetworkPurpose } from "./initializers.ts";
import type { ParameterSpec } from "./parameter-spec.ts";
import { checkRegime, type RegimeChoice, regimeOf } from "./regime-variant.ts";
import type { RegimeName } from "./regimes.ts";
import { layersOf, type ParametersByLayer, parameterName, type TrialParameters } from "./trial-parameters.ts";
import { type TrialParameterSpec, trialParameterSpecs } from "./trial-specs.ts";

/** What decides the parameters before training; a training plan is one. */
export interface InitialPlan extends RegimeChoice {
  readonly architecture: Architecture;
  readonly initializer: Initializer;
  readonly seed: number;
  /** The value network starts from the weights of a given network, by its digest; drawn unless told otherwise. */
  readonly init?: { readonly network: string } | undefined;
}

/** Parameters of networks that are handed over, by what plans know them by: digests. */
export type GivenParameters = Readonly<Record<string, ParametersByLayer>>;

/**
 * Parameters before training.
 * @param learnt for gates from `learnt` (`flnpf`): `parameters.value` of the trained ReLU network whose gates are taken
 * @param given parameters of the networks that the plan names by digest
 * @throws GatewiseError if the regime cannot be had of the architecture, a network that the plan names is missing, or its
 * shapes are not those that are wanted
 */
export function initialParameters(
  plan: InitialPlan,
  learnt?: ParametersByLayer,
  given: GivenParameters = {},
): TrialParameters {
  const { architecture, initializer, seed, init } = plan;
  const regime = regimeOf(plan);
  checkRegime(architecture, regime);
  const specs = trialParameterSpecs(architecture, regime);
  const of = (network: string): readonly TrialParameterSpec[] => specs.filter((spec) => spec.network === network);
  const networks = featureNetworks(regime);
  // behind the gates of a network that was trained from the same seed, values are drawn anew
  const isFresh = networks.some(({ from }) => from === "learnt" || typeof from !== "string");
  const value =
    init === undefined
      ? initialize(of("value"), initializer, seed, isFresh ? "fresh-value-network" : "value-network")
      : taken(of("value"), given[init.network], { network: "value", words: wordsOfGiven(init.network) });
  const features = networks.map((network): readonly [string, ParametersByLayer] => {
    const own = of(network.name);
    const { from } = network;
    if (from === "random") return [network.name, initialize(own, initializer, seed, purposeOf(network, networks))];
    if (from === "initial") return [network.name, chosen(network.trains ? value : foldedLayers(value), own)];
    const words = from === "learnt" ? wordsOfLearnt(plan.regime) : wordsOfGiven(from.network);
    const source = from === "learnt" ? learnt : given[from.network];
    const layers = source === undefined || network.trains ? source : foldedLayers(source);
    return [network.name, taken(own, layers, { network: "value", words })];
  });
  return { value, ...Object.fromEntries(features) };
}

/** A second random network (one trains, one does not) is another than the first. */
function purposeOf(network: FeatureNetwork, networks: readonly FeatureNetwork[]): NetworkPurpose {
  const before = networks.filter(({ from }) => from === "random").indexOf(network);
  return before === 0 ? "feature-network" : `feature-network-${before + 1}`;
}

interface SourceWords {
  readonly missing: { readonly received: string; readonly expected: string };
  readonly next: string;
}

const wordsOfLearnt = (regime: RegimeName): SourceWords => ({
  missing: {
    received: `regime "${regime}" without a trained network`,
    expected: "a trained ReLU network to take the gates from",
  },
  next: "name a run of regime relu with the same architecture (`from`)",
});

const wordsOfGiven = (network: string): SourceWords => ({
  missing: {
    received: `a plan that names the network ${network}, which is not given`,
    expected: "its parameters among those given",
  },
  next: "give a network of the architecture that the plan has",
});

function taken(
  specs: readonly ParameterSpec[],
  source: ParametersByLayer | undefined,
  { network, words }: { readonly network: "value"; readonly words: SourceWords },
): ParametersByLayer {
  if (source === undefined) throw new GatewiseError({ ...words.missing, next: words.next });
  for (const { layer, kind, shape } of specs) {
    const name = parameterName({ network, layer, kind });
    const found = source[layer]?.[kind]?.shape;
    if (found?.join() === shape.join()) continue;
    throw new GatewiseError({
      received: `a trained network ${found === undefined ? `without ${name}` : `whose ${name} is ${formatShape(found)}`}`,
      expected: `${name} of ${formatShape(shape)}, as the value network has it`,
      next: words.next,
    });
  }
  return chosen(source, specs);
}

const chosen = (parameters: ParametersByLayer, specs: readonly ParameterSpec[]): ParametersByLayer =>
  layersOf(
    specs.flatMap((spec) => {
      const array = parameters[spec.layer]?.[spec.kind];
      return array === undefined ? [] : [[spec, array] as const];
    }),
  );
