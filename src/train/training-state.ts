/** What training moves, as nested records and under the names of graphs and files. */
import { GatewiseError } from "../errors.ts";
import { type DenseArray, float32, sizeOf } from "../graph/index.ts";
import {
  byName,
  checkParameters,
  type ParameterPlace,
  type ParameterWords,
  placeOf,
  regimeOf,
  type TrialParameters,
  trialParameterSpecs,
  trialParameters,
} from "../network/index.ts";
import { SLOTS, type SlotName, slotNames } from "./optimizers.ts";
import type { TrainingPlan } from "./plan.ts";

/** Parameters, and what the optimizer keeps for each that trains. Plain data. */
export interface TrainingState {
  readonly parameters: TrialParameters;
  /** An array of the parameter's shape each: `averages["first-moment"].value[1].weight`. */
  readonly averages: Averages;
}

/** By the name of the average; none for an optimizer without, and where a checkpoint serves to predict. */
export type Averages = Readonly<Partial<Record<SlotName, TrialParameters>>>;

/** A name in graphs and files: `value.1.weight` of a parameter, `value.1.weight:first-moment` of an average of it. */
export const stateName = (parameter: string, slot: SlotName | undefined): string =>
  slot === undefined ? parameter : `${parameter}:${slot}`;

/** Before the first step: averages start at zero. */
export function startState(plan: TrainingPlan, parameters: TrialParameters): TrainingState {
  const trained = trialParameterSpecs(plan.architecture, regimeOf(plan)).filter(({ trains }) => trains);
  const zeros = trialParameters(
    trained.map((spec) => [spec, float32(spec.shape, new Float32Array(sizeOf(spec.shape)))] as const),
  );
  return { parameters, averages: Object.fromEntries(slotNames(plan.optimizer).map((slot) => [slot, zeros])) };
}

/** All arrays under one name each: inputs of a training graph, tensors of a checkpoint's file. */
export const stateByName = ({
  parameters,
  averages,
}: TrainingState): Readonly<Record<string, DenseArray<"float32">>> => ({
  ...byName(parameters),
  ...Object.fromEntries(
    SLOTS.flatMap((slot) => {
      const arrays = averages[slot];
      if (arrays === undefined) return [];
      return Object.entries(byName(arrays)).map(([name, array]) => [stateName(name, slot), array]);
    }),
  ),
});

/**
 * The other way round.
 * @param where the arrays come from, for the error: a file
 * @throws GatewiseError for a name that is none of a parameter or an average
 */
export function stateOf(arrays: Readonly<Record<string, DenseArray<"float32">>>, where = "a state"): TrainingState {
  const parameters: (readonly [ParameterPlace, DenseArray<"float32">])[] = [];
  const averages = new Map<SlotName, (readonly [ParameterPlace, DenseArray<"float32">])[]>();
  for (const [name, array] of Object.entries(arrays)) {
    const [path = "", average] = name.split(/:(.*)/s);
    const place = placeOf(path);
    const slot = SLOTS.find((one) => one === average);
    if (place === undefined || (average !== undefined && slot === undefined)) throw unknownName(where, name);
    if (slot === undefined) parameters.push([place, array]);
    else averages.set(slot, [...(averages.get(slot) ?? []), [place, array]]);
  }
  return {
    parameters: trialParameters(parameters),
    averages: Object.fromEntries([...averages].map(([slot, own]) => [slot, trialParameters(own)])),
  };
}

const unknownName = (where: string, name: string): GatewiseError =>
  new GatewiseError({
    received: `${where} with ${JSON.stringify(name)}`,
    expected: `parameters and their averages alone, such as value.1.weight and ${stateName("value.1.weight", "first-moment")}`,
    next: "use a checkpoint that gatewise wrote",
  });

const RESUMED: ParameterWords = {
  code: "invalid-argument",
  received: "a checkpoint",
  expected: "as the plan has it",
  next: "resume from a checkpoint of the same plan, one with its averages (last, not best)",
};

/**
 * Checks that a training can go on from a state.
 * @throws GatewiseError for a parameter or an average that is missing or of another shape
 */
export function checkState(plan: TrainingPlan, { parameters, averages }: TrainingState): void {
  const specs = trialParameterSpecs(plan.architecture, regimeOf(plan));
  checkParameters(parameters, specs, RESUMED);
  const trained = specs.filter(({ trains }) => trains);
  for (const slot of slotNames(plan.optimizer)) {
    const named = trained.map((spec) => ({ ...spec, name: stateName(spec.name, slot) }));
    checkParameters(averages[slot] ?? { value: {} }, named, RESUMED);
  }
}
