import { GatewiseError } from "../errors.ts";
import { formatShape, type Tensor } from "../graph/index.ts";
import { type Architecture, featureParameterSpecs, type ParameterSpec, parameterSpecs } from "./architecture.ts";
import { featureForward, type ParameterTensors, reluForward, valueForward } from "./forward.ts";
import { type Gating, gateOf } from "./gating.ts";
import { type Initializer, initialize, type Parameters } from "./initializers.ts";

export const REGIME_NAMES = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"] as const;
export type RegimeName = (typeof REGIME_NAMES)[number];

/** Where the gates of a regime come from and what is trained (theory 5). */
export type Regime =
  /** One ReLU network: its own gates, features and values together. */
  | { readonly kind: "own-gates"; readonly title: string }
  /** A feature network makes the gates of a value network. */
  | {
      readonly kind: "two-networks";
      readonly title: string;
      readonly gating: Gating;
      readonly featureNetwork: "independent" | "copy-of-initial-value" | "trained";
      readonly trainsFeatures: boolean;
    };

const HARD: Gating = { kind: "hard" };
/** β = 4 and ε = 0.1 (theory 5). */
const SOFT: Gating = { kind: "soft", beta: 4, epsilon: 0.1 };

/** The regimes of theory 5. */
export const REGIMES = {
  relu: { kind: "own-gates", title: "ReLU" },
  "frnpf-ii": {
    kind: "two-networks",
    title: "FRNPF(II)",
    gating: HARD,
    featureNetwork: "independent",
    trainsFeatures: false,
  },
  "frnpf-di": {
    kind: "two-networks",
    title: "FRNPF(DI)",
    gating: HARD,
    featureNetwork: "copy-of-initial-value",
    trainsFeatures: false,
  },
  flnpf: { kind: "two-networks", title: "FLNPF", gating: HARD, featureNetwork: "trained", trainsFeatures: false },
  dlnpf: { kind: "two-networks", title: "DLNPF", gating: SOFT, featureNetwork: "independent", trainsFeatures: true },
} as const satisfies Record<RegimeName, Regime>;

/** Parameters of a trial: of the network that predicts, and of the one that makes its gates if there are two. */
export interface NetworkPair<P> {
  readonly value: P;
  readonly feature: P | undefined;
}

/**
 * Parameters before training.
 * @param learnt for `flnpf`: the parameters of the trained ReLU network whose gates are taken
 * @throws GatewiseError if `learnt` is missing, or its shapes are not the architecture's
 */
export function initialParameters(
  architecture: Architecture,
  regimeName: RegimeName,
  initializer: Initializer,
  seed: number,
  learnt?: Parameters,
): NetworkPair<Parameters> {
  const regime: Regime = REGIMES[regimeName];
  const specs = parameterSpecs(architecture);
  const featureSpecs = featureParameterSpecs(architecture);
  if (regime.kind === "own-gates")
    return { value: initialize(specs, initializer, seed, "value-network"), feature: undefined };
  switch (regime.featureNetwork) {
    case "independent":
      return {
        value: initialize(specs, initializer, seed, "value-network"),
        feature: initialize(featureSpecs, initializer, seed, "feature-network"),
      };
    case "copy-of-initial-value": {
      const value = initialize(specs, initializer, seed, "value-network");
      return { value, feature: pick(value, featureSpecs) };
    }
    case "trained":
      return {
        value: initialize(specs, initializer, seed, "fresh-value-network"),
        feature: learntFeatures(regimeName, featureSpecs, learnt),
      };
  }
}

function learntFeatures(
  regimeName: RegimeName,
  specs: readonly ParameterSpec[],
  learnt: Parameters | undefined,
): Parameters {
  const next = "name a run of regime relu with the same architecture (--from RUN)";
  if (learnt === undefined) {
    throw new GatewiseError({
      received: `regime "${regimeName}" without a trained network`,
      expected: "a trained ReLU network to take the gates from",
      next,
    });
  }
  for (const { name, shape } of specs) {
    const found = learnt[name]?.shape;
    if (found?.join() === shape.join()) continue;
    throw new GatewiseError({
      received: `a trained network ${found === undefined ? `without ${name}` : `whose ${name} is ${formatShape(found)}`}`,
      expected: `${name} of ${formatShape(shape)}, as the value network has it`,
      next,
    });
  }
  return pick(learnt, specs);
}

const pick = (parameters: Parameters, specs: readonly ParameterSpec[]): Parameters =>
  Object.fromEntries(Object.entries(parameters).filter(([key]) => specs.some(({ name }) => name === key)));

/** Which of the two networks a regime trains. */
export const trainedNetworks = (regime: Regime): readonly ("value" | "feature")[] =>
  regime.kind === "two-networks" && regime.trainsFeatures ? ["value", "feature"] : ["value"];

export interface Prediction {
  /** `[batch, outputs]` */
  readonly logits: Tensor<"float32">;
  /** Pre-activations that decide the gates: a gate is on where they are positive, also for soft gates. */
  readonly gatePreActivations: readonly Tensor<"float32">[];
}

/** The network that predicts, behind its own gates or those of the feature network. */
export function predict(
  architecture: Architecture,
  regime: Regime,
  parameters: NetworkPair<ParameterTensors>,
  x: Tensor<"float32">,
): Prediction {
  if (regime.kind === "own-gates") {
    const { output, preActivations } = reluForward(architecture, parameters.value, x);
    return { logits: output, gatePreActivations: preActivations };
  }
  if (parameters.feature === undefined) throw new Error("unreachable: two networks and no feature parameters");
  const gatePreActivations = featureForward(architecture, parameters.feature, x);
  const gates = gatePreActivations.map((q) => gateOf(regime.gating, q).gate);
  return { logits: valueForward(architecture, parameters.value, x, gates).output, gatePreActivations };
}
