import { placeLayers, REGIMES, trainedNetworks } from "../network/index.ts";
import type { TrainingPlan } from "./plan.ts";

/** Steps a run: long enough to hide the call (0.1 ms), short enough for smooth progress and a quick stop. */
export const STEPS_PER_RUN = 250;
/** Floating point operations a run of convolutional steps has at most: 2 s of a core at 30 GFLOP/s. */
const WORK_PER_RUN = 6e10;

type PlacedLayer = ReturnType<typeof placeLayers>[number];

/** Multiply-adds of one example on its way through one layer, those of branches included. */
function multiplyAdds({ layer, inputShape, outputShape, branches }: PlacedLayer): number {
  const outputs = outputShape.reduce((product, size) => product * size, 1);
  switch (layer.kind) {
    case "dense":
      return (inputShape[0] ?? 0) * outputs;
    case "convolution":
      return (inputShape[0] ?? 0) * layer.kernel ** 2 * outputs;
    default:
      return (branches ?? []).flat().reduce((sum, inner) => sum + multiplyAdds(inner), 0);
  }
}

/**
 * Floating point operations of one step, about: a network that trains takes three passes of its multiply-adds, one
 * that only makes gates takes one. Gates that come from a table are counted too.
 */
export function stepWork({
  architecture,
  regime,
  batch,
}: Pick<TrainingPlan, "architecture" | "regime" | "batch">): number {
  const pass = 2 * batch * placeLayers(architecture).reduce((sum, placed) => sum + multiplyAdds(placed), 0);
  const { kind } = REGIMES[regime];
  const trained = trainedNetworks(REGIMES[regime]).length;
  const fixed = kind === "own-gates" ? 0 : 2 - trained;
  return (3 * trained + fixed) * pass;
}

/** How an engine that trains a plan should hold memory: with maps a plan of all of a run's memory is half of it. */
export const memoryOf = ({ architecture }: Pick<TrainingPlan, "architecture">): "planned" | "as-needed" =>
  hasMaps(architecture) ? "as-needed" : "planned";

const hasMaps = (architecture: TrainingPlan["architecture"]): boolean =>
  placeLayers(architecture).some(({ outputShape }) => outputShape.length > 1);

/**
 * Steps that one run of the engine should have at most. It follows from the plan alone, never from a clock: the lengths
 * of the runs are part of what decides the bits of the result.
 */
export function stepsPerRun(plan: Pick<TrainingPlan, "architecture" | "regime" | "batch">): number {
  // maps make the work: a step of vectors is short at any usual width
  if (!hasMaps(plan.architecture)) return STEPS_PER_RUN;
  return Math.min(STEPS_PER_RUN, Math.max(1, Math.floor(WORK_PER_RUN / stepWork(plan))));
}
