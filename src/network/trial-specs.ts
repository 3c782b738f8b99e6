/** What parameters a trial has, and whether records hold them. */
import { type ErrorCode, GatewiseError } from "../errors.ts";
import { formatShape, type Shape } from "../graph/index.ts";
import type { Architecture } from "./architecture.ts";
import { featureNetworks } from "./gate-plan.ts";
import type { ParameterSpec } from "./parameter-spec.ts";
import { regimeSlots } from "./regime-skeleton.ts";
import type { Regime } from "./regimes.ts";
import {
  parameterAt,
  parameterEntries,
  parameterName,
  type TrialNetwork,
  type TrialParameters,
} from "./trial-parameters.ts";

/** A parameter of a trial. */
export interface TrialParameterSpec extends ParameterSpec {
  readonly network: TrialNetwork;
  /** Its path as one name, `value.1.weight`. */
  readonly name: string;
  readonly trains: boolean;
}

/**
 * All parameters of a trial, the value network's first.
 * @throws GatewiseError if the regime cannot be had of the architecture
 */
export function trialParameterSpecs(architecture: Architecture, regime: Regime): readonly TrialParameterSpec[] {
  const trained = new Set<TrialNetwork>(trainedNetworks(regime));
  return regimeSlots(architecture, regime).map((slot) => ({
    ...slot,
    name: parameterName(slot),
    trains: trained.has(slot.network) && !isStatistic(slot),
  }));
}

/** Whether a parameter follows the batches instead of a gradient. */
export const isStatistic = ({ kind }: Pick<ParameterSpec, "kind">): boolean => kind === "mean" || kind === "variance";

/** Which networks of a regime train: the value network does in all. */
export const trainedNetworks = (regime: Pick<Regime, "gates">): readonly TrialNetwork[] => [
  "value",
  ...featureNetworks(regime).flatMap(({ name, trains }) => (trains ? [name] : [])),
];

/** Words of the error about parameters that are not a trial's. */
export interface ParameterWords {
  readonly code: ErrorCode;
  /** Where they come from: `last.safetensors`. */
  readonly received: string;
  /** Who says what they should be: `as the run.json beside it has the network`. */
  readonly expected: string;
  readonly next: string;
}

const GIVEN: ParameterWords = {
  code: "invalid-argument",
  received: "parameters",
  expected: "as the architecture has it in its regime",
  next: "take initialParameters of the same plan, or the parameters of a checkpoint of it",
};

/**
 * Checks that parameters are those of a trial.
 * @param specs {@link trialParameterSpecs} of it
 * @throws GatewiseError for one that is missing or of another shape, by its name, and for a network that the trial has not
 */
export function checkParameters(
  parameters: TrialParameters<{ readonly shape: Shape }>,
  specs: readonly TrialParameterSpec[],
  words: ParameterWords = GIVEN,
): void {
  for (const spec of specs) {
    const { name, shape } = spec;
    const found = parameterAt(parameters, spec);
    if (found !== undefined && `${found.shape}` === `${shape}`) continue;
    throw new GatewiseError({
      code: words.code,
      received:
        found === undefined
          ? `${words.received} without ${name}`
          : `${words.received} with ${name} of shape ${formatShape(found.shape)}`,
      expected: `${name} of shape ${formatShape(shape)}, ${words.expected}`,
      next: words.next,
    });
  }
  // a whole network more is a mistake; a layer more is not: gates are taken of networks that predict
  const known = new Set(specs.map(({ network }) => network));
  const [other] = parameterEntries(parameters).find(([{ network }]) => !known.has(network)) ?? [];
  if (other === undefined) return;
  throw new GatewiseError({
    code: words.code,
    received: `${words.received} with a ${other.network} network`,
    expected: `none, ${words.expected}`,
    next: words.next,
  });
}
