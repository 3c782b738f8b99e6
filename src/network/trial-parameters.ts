/**
 * Parameters as nested records. A parameter has one name, the path to it: `parameters.value[1].weight` in memory is
 * `value.1.weight` in a checkpoint and among the inputs of a graph; only this file makes the one of the other.
 */
import type { DenseArray } from "../graph/index.ts";

/** What a weight layer learns. `P`: arrays, or tensors of a graph. */
export interface LayerParameters<P = DenseArray<"float32">> {
  /** Dense `[in, out]`, convolution `[out, in, kernel, kernel]`. */
  readonly weight: P;
  /** `[out]`; layers may have none. */
  readonly bias?: P;
  /** Of a layer with batch normalization, `[out]` each; the statistics do not train, they follow the batches. */
  readonly scale?: P;
  readonly shift?: P;
  readonly mean?: P;
  readonly variance?: P;
}

/** What a weight layer has. */
export type ParameterKind = "weight" | "bias" | "scale" | "shift" | "mean" | "variance";
/** In the order of files. */
const PARAMETER_KINDS: readonly ParameterKind[] = ["weight", "bias", "scale", "shift", "mean", "variance"];

/** Parameters of one network by the number of the weight layer, from 1 (theory 1.2). */
export type ParametersByLayer<P = DenseArray<"float32">> = Readonly<Record<number, LayerParameters<P>>>;

/** A network that makes gates; further ones where layers have gates of their own sources. */
export type FeatureName = "feature" | `feature-${number}`;
/** Which network of a trial: the one that predicts, or one that makes its gates, where it does not make its own. */
export type TrialNetwork = "value" | FeatureName;

/** All parameters of a trial: `value` predicts, `feature` (`feature-2`, …) makes gates in regimes of two networks. */
export interface TrialParameters<P = DenseArray<"float32">> {
  readonly value: ParametersByLayer<P>;
  readonly feature?: ParametersByLayer<P>;
  readonly [more: `feature-${number}`]: ParametersByLayer<P>;
}

/** The networks that a trial has parameters of: value, feature, feature-2, …. */
function networksOf(parameters: TrialParameters<unknown>): readonly TrialNetwork[] {
  const numbers = Object.keys(parameters).flatMap((name) => {
    const network = networkNamed(name);
    return network === undefined || network === "value" || network === "feature" ? [] : [Number(name.slice(8))];
  });
  const more = numbers.sort((a, b) => a - b).map((number): FeatureName => `feature-${number}`);
  return ["value", ...(parameters.feature === undefined ? [] : ["feature" as const]), ...more];
}

const networkNamed = (name: string): TrialNetwork | undefined => {
  if (name === "value" || name === "feature") return name;
  const [, number] = /^feature-([2-9]|[1-9]\d{1,3})$/.exec(name) ?? [];
  return number === undefined ? undefined : `feature-${Number(number)}`;
};

/** Where a parameter stands. */
export interface ParameterPlace {
  readonly network: TrialNetwork;
  /** Number of the weight layer, from 1. */
  readonly layer: number;
  readonly kind: ParameterKind;
}

/** The path as one name, `value.1.weight`: in files, as input of graphs, in messages. */
export const parameterName = ({ network, layer, kind }: ParameterPlace): string => `${network}.${layer}.${kind}`;

const NAME = /^(?<network>value|feature(-\d+)?)\.(?<layer>[1-9]\d{0,8})\.(?<kind>\w+)$/;

/** The place that a name tells, or undefined if it is none. */
export function placeOf(name: string): ParameterPlace | undefined {
  const { network: called = "", layer, kind } = NAME.exec(name)?.groups ?? {};
  const network = networkNamed(called);
  const known = PARAMETER_KINDS.find((one) => one === kind);
  if (layer === undefined || network === undefined || known === undefined) return undefined;
  return { network, layer: Number(layer), kind: known };
}

/** All parameters with their places, by network and layer, a layer's in the order of `PARAMETER_KINDS`. */
export const parameterEntries = <P>(parameters: TrialParameters<P>): readonly (readonly [ParameterPlace, P])[] =>
  networksOf(parameters).flatMap((network) =>
    Object.entries(parameters[network] ?? {}).flatMap(([key, own]: readonly [string, LayerParameters<P>]) =>
      PARAMETER_KINDS.flatMap((kind): readonly (readonly [ParameterPlace, P])[] => {
        const parameter = own[kind];
        return parameter === undefined ? [] : [[{ network, layer: Number(key), kind }, parameter]];
      }),
    ),
  );

/** The parameter at a place, or undefined. */
export const parameterAt = <P>(
  parameters: TrialParameters<P>,
  { network, layer, kind }: ParameterPlace,
): P | undefined => parameters[network]?.[layer]?.[kind];

/** The records by the names of the parameters: feeds of a graph, tensors of a file. */
export const byName = <P>(parameters: TrialParameters<P>): Readonly<Record<string, P>> =>
  Object.fromEntries(parameterEntries(parameters).map(([place, parameter]) => [parameterName(place), parameter]));

/**
 * The records of one network.
 * @param entries each layer with its weight, in any order
 */
export function layersOf<P>(
  entries: Iterable<readonly [Pick<ParameterPlace, "layer" | "kind">, P]>,
): ParametersByLayer<P> {
  const layers: Record<number, { weight?: P } & Omit<LayerParameters<P>, "weight">> = {};
  for (const [{ layer, kind }, parameter] of entries) layers[layer] = { ...layers[layer], [kind]: parameter };
  return Object.fromEntries(
    // a bias alone is no layer: whoever reads the records misses the weight, and says so
    Object.entries(layers).flatMap(([layer, { weight, ...others }]) =>
      weight === undefined ? [] : [[layer, { weight, ...others }]],
    ),
  );
}

/** The records of all networks that have entries; `value` is there in any case. */
export function trialParameters<P>(entries: Iterable<readonly [ParameterPlace, P]>): TrialParameters<P> {
  const all = [...entries];
  const of = (network: TrialNetwork) => layersOf(all.filter(([place]) => place.network === network));
  const features = [...new Set(all.map(([{ network }]) => network))].filter((network) => network !== "value");
  return { value: of("value"), ...Object.fromEntries(features.map((network) => [network, of(network)])) };
}

/** The same records of something else. */
export const mapParameters = <P, Q>(
  parameters: TrialParameters<P>,
  make: (parameter: P, place: ParameterPlace) => Q,
): TrialParameters<Q> =>
  trialParameters(parameterEntries(parameters).map(([place, parameter]) => [place, make(parameter, place)] as const));
