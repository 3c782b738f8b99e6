import { cast, concat, input, multiply, slice, type Tensor } from "../graph/index.ts";
import {
  type Architecture,
  featureParameterSpecs,
  type NetworkPair,
  type ParameterSpec,
  type ParameterTensors,
  parameterSpecs,
  type Regime,
  trainedNetworks,
} from "../network/index.ts";
import { slotNames } from "./optimizers.ts";
import type { TrainingPlan } from "./plan.ts";

type FloatTensor = Tensor<"float32">;

/** Bytes become inputs in [0, 1] (theory 6.1). */
export const scaleBytes = (bytes: Tensor<"uint8">): FloatTensor => multiply(cast(bytes, "float32"), 1 / 255);

/** A parameter of a trial: `value.1.weight`, `feature.1.bias`; averages add a suffix: `value.1.weight:first-moment`. */
export interface TrialParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trains: boolean;
}

/** All parameters of a trial, the value network's first. */
export function trialParameters(architecture: Architecture, regime: Regime): readonly TrialParameter[] {
  const trained = trainedNetworks(regime);
  const of = (network: "value" | "feature"): readonly TrialParameter[] => {
    return specsOf(network, architecture, regime).map(({ name, shape }) => ({
      name: `${network}.${name}`,
      shape,
      trains: trained.includes(network),
    }));
  };
  return [...of("value"), ...of("feature")];
}

function specsOf(network: "value" | "feature", architecture: Architecture, regime: Regime): readonly ParameterSpec[] {
  if (network === "value") return parameterSpecs(architecture);
  return regime.kind === "own-gates" ? [] : featureParameterSpecs(architecture, regime.features);
}

/** Names of a parameter's averages. */
export const slotsOf = (plan: Pick<TrainingPlan, "optimizer">, parameter: string): readonly string[] =>
  slotNames(plan.optimizer).map((slot) => `${parameter}:${slot}`);

/** Splits tensors named `value.…` and `feature.…` into the two networks. */
export function networkPair<P>(tensors: Readonly<Record<string, P>>): NetworkPair<Readonly<Record<string, P>>> {
  const of = (prefix: string): Readonly<Record<string, P>> =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
      ),
    );
  return { value: of("value."), feature: of("feature.") };
}

/** Graph inputs for parameters, by name. */
export const inputsFor = (parameters: readonly TrialParameter[]): ParameterTensors =>
  Object.fromEntries(parameters.map(({ name, shape }) => [name, input(name, "float32", shape)]));

/** Parameters that are updated as one tensor: a weight alone, or all biases as one vector. */
export interface Group {
  readonly name: string;
  readonly members: readonly TrialParameter[];
}

export function groupsOf(moving: readonly TrialParameter[]): readonly Group[] {
  const [vectors, others] = [
    moving.filter(({ shape }) => shape.length === 1),
    moving.filter(({ shape }) => shape.length !== 1),
  ];
  const alone = others.map((parameter): Group => ({ name: parameter.name, members: [parameter] }));
  return vectors.length === 0 ? alone : [...alone, { name: "vectors", members: vectors }];
}

/** One tensor of all that the members of a group hold under their name and `suffix`. */
export function join({ members }: Group, tensors: ParameterTensors, suffix = ""): FloatTensor {
  const [first, ...rest] = members.map(({ name }) => existing(tensors, name + suffix));
  return concat([first ?? existing(tensors, ""), ...rest], 0);
}

/** The members of a joined tensor, by name and `suffix`. */
export function split(
  { members }: Group,
  joined: FloatTensor,
  suffix = "",
): readonly (readonly [string, FloatTensor])[] {
  if (members.length === 1) return members.map(({ name }) => [name + suffix, joined]);
  let start = 0;
  return members.map(({ name, shape: [size = 0] }) => {
    const from = start;
    start += size;
    return [name + suffix, slice(joined, 0, from, start)];
  });
}

/** A tensor that must be there. */
export function existing(tensors: ParameterTensors, name: string): FloatTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`unreachable: no tensor ${name}`);
  return tensor;
}
