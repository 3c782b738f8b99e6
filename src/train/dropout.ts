/**
 * Dropout (Srivastava et al., JMLR 2014): each step leaves out units of hidden layers, behind the gates of the networks that
 * train, and divides the others by the share that stays, as PyTorch's `Dropout` does; of maps whole channels (`Dropout2d`;
 * Tompson et al., CVPR 2015). To a path it is one more gate, of 0 or `1 / (1 − p)`; evaluation has none.
 *
 * Which units go is drawn from a stream of the seed for each gate and step: it depends on neither threads nor interruptions.
 */
import { cast, type DenseArray, denseArray, input, multiply, reshape, type Tensor } from "../graph/index.ts";
import { regimeOf, type TrainedGate, trainedGates } from "../network/index.ts";
import { flagProbability, randomStream } from "../random.ts";
import type { TrainingPlan } from "./plan.ts";

const maskName = (gate: TrainedGate): string => `kept:${gate.name}`;

/** Units that stay or go together: channels of maps. */
const unitsOf = ({ shape: [units = 0] }: TrainedGate): number => units;

const gatesOf = (plan: TrainingPlan): readonly TrainedGate[] =>
  plan.recipe?.dropout === undefined ? [] : trainedGates(plan.architecture, regimeOf(plan));

/** What the steps of a chunk read of it, `kept:dense1.gate`, … of `[steps, batch, units]`; none without dropout. */
export type Masks = Readonly<Record<string, Tensor>>;

/** The masks as inputs of a graph. */
export const maskInputs = (plan: TrainingPlan, [steps, batch]: readonly [number | string, number]): Masks =>
  Object.fromEntries(
    gatesOf(plan).map((gate) => [maskName(gate), input(maskName(gate), "bool", [steps, batch, unitsOf(gate)])]),
  );

/** What values are multiplied by in one step, by the names of gates: 0, or 1 over the share that stays. */
export function factorsOf(plan: TrainingPlan, masks: Masks): Readonly<Record<string, Tensor<"float32">>> {
  const inverse = 1 / keptShare(plan);
  return Object.fromEntries(
    gatesOf(plan).flatMap((gate) => {
      const kept = masks[maskName(gate)];
      if (kept === undefined) return [];
      const factor = multiply(cast(kept, "float32"), inverse);
      return [[gate.name, reshape(factor, [...kept.shape, ...gate.shape.slice(1).map(() => 1)])]];
    }),
  );
}

/** In steps of 2⁻¹⁶, as flags are drawn. */
const keptShare = ({ recipe }: TrainingPlan): number => flagProbability(1 - (recipe?.dropout ?? 0));

/** The masks of `count` steps, the first of which is step `firstStep` of the training. */
export function drawMasks(
  plan: TrainingPlan,
  firstStep: number,
  [count, batch]: readonly [number, number],
): Readonly<Record<string, DenseArray<"bool">>> {
  return Object.fromEntries(
    gatesOf(plan).map((gate) => {
      const each = batch * unitsOf(gate);
      const all = new Uint8Array(count * each);
      for (let i = 0; i < count; i++) {
        all.set(randomStream(plan.seed, "dropout", gate.name, firstStep + i).flags(each, keptShare(plan)), i * each);
      }
      return [maskName(gate), denseArray("bool", [count, batch, unitsOf(gate)], all)];
    }),
  );
}
