import type { Tensor } from "../graph/index.ts";
import { optionsIn } from "../options.ts";
import type { Architecture } from "./architecture.ts";
import { checkFolded } from "./batch-normalization.ts";
import { filledNetwork } from "./from-architecture.ts";
import { forwardTensors } from "./gated-forward.ts";
import { gatePositions } from "./network-nodes.ts";
import { gateOfNode } from "./node-kinds.ts";
import type { Regime } from "./regimes.ts";
import type { TrialParameters } from "./trial-parameters.ts";

/** What a network of a regime predicts, and what decides its gates. */
export interface Prediction {
  /** `[batch, outputs]` */
  readonly logits: Tensor<"float32">;
  /**
   * Pre-activations that decide the gates, in the order of the value network's: a gate is on where they are positive,
   * also for soft gates.
   */
  readonly gatePreActivations: readonly Tensor<"float32">[];
}

/** What is other in a step of training than in a prediction. */
export interface TrainingForward {
  /** What the values behind gates are multiplied by, by the names of `trainedGates`: `[batch, …]`, to broadcast. */
  readonly factors?: Readonly<Record<string, Tensor<"float32">>>;
  /** What normalizes by the batch, by the names of `batchNorms`; without it normalizations must be folded. */
  readonly normalize?: Readonly<Record<string, (z: Tensor<"float32">) => Tensor<"float32">>>;
}

/**
 * The network that predicts, behind its own gates or those of the feature network.
 * @param x `[batch, ...inputShape]`
 * @throws GatewiseError if the parameters are not those of the architecture in the regime
 */
export function predict(
  architecture: Architecture,
  regime: Regime,
  parameters: TrialParameters<Tensor<"float32">>,
  x: Tensor<"float32">,
  options: TrainingForward = {},
): Prediction {
  const forward = optionsIn(options);
  if (forward.normalize === undefined) checkFolded(architecture);
  const network = filledNetwork(architecture, regime, parameters);
  const values = forwardTensors(network, x, { parameter: (_position, _kind, own) => own, ...forward });
  const at = (position: number): Tensor<"float32"> => {
    const value = values.get(position);
    if (value === undefined) throw new Error(`unreachable: no value of node ${position}`);
    return value;
  };
  const gatePreActivations = gatePositions(network).flatMap((position) => {
    const gate = gateOfNode(network.nodes[position]);
    return gate === undefined ? [] : [at(gate.by)];
  });
  return { logits: at(network.output), gatePreActivations };
}

/**
 * What the value network gives behind gates that are known: the feature network is not run, unless it selects maxima.
 * @param gates one a gate, in the value network's order, `[batch, ...shape]`
 * @returns `[batch, outputs]`
 */
export function predictBehind(
  architecture: Architecture,
  regime: Regime,
  parameters: TrialParameters<Tensor<"float32">>,
  x: Tensor<"float32">,
  gates: readonly Tensor<"float32">[],
  options: TrainingForward = {},
): Tensor<"float32"> {
  const forward = optionsIn(options);
  if (forward.normalize === undefined) checkFolded(architecture);
  const network = filledNetwork(architecture, regime, parameters);
  const knownGates = new Map(
    gatePositions(network).flatMap((position, i) => {
      const gate = gates[i];
      return gate === undefined ? [] : [[position, gate] as const];
    }),
  );
  const values = forwardTensors(network, x, { parameter: (_position, _kind, own) => own, knownGates, ...forward });
  const logits = values.get(network.output);
  if (logits === undefined) throw new Error("unreachable: a network without an output");
  return logits;
}
