import { sizeOf } from "../graph/index.ts";
import { featureNetworks, isLayered, placeLayers, regimeOf, skeletonOf } from "../network/index.ts";
import type { TrainingPlan } from "./plan.ts";

/** Steps a run: long enough to hide the call (0.1 ms), short enough for smooth progress and a quick stop. */
export const STEPS_PER_RUN = 250;
/** Floating point operations a run of convolutional steps has at most: 2 s of a core at 30 GFLOP/s. */
const WORK_PER_RUN = 6e10;

type Architecture = TrainingPlan["architecture"];

/** Multiply-adds of one example on its way through a network. */
const multiplyAdds = (architecture: Architecture): number =>
  skeletonOf(architecture).nodes.reduce((sum, node) => {
    if (node.kind !== "dense" && node.kind !== "convolution") return sum;
    return sum + (sizeOf(node.weight.shape) / (node.shape[0] ?? 1)) * sizeOf(node.shape);
  }, 0);

/**
 * Floating point operations of one step, about: a network that trains takes three passes of its multiply-adds, one
 * that only makes gates takes one. Gates that come from a table are counted too.
 */
export function stepWork(plan: Pick<TrainingPlan, "architecture" | "regime" | "variant" | "gates" | "batch">): number {
  const { architecture, batch } = plan;
  const own = multiplyAdds(architecture);
  const features = featureNetworks(regimeOf(plan)).reduce((sum, { from, trains }) => {
    const given = typeof from === "string" ? undefined : from.architecture;
    return sum + (trains ? 3 : 1) * (given === undefined ? own : multiplyAdds(given));
  }, 0);
  return 2 * batch * (3 * own + features);
}

/** How an engine that trains a plan should hold memory: with maps a plan of all of a run's memory is half of it. */
export const memoryOf = ({ architecture }: Pick<TrainingPlan, "architecture">): "planned" | "as-needed" =>
  hasMaps(architecture) ? "as-needed" : "planned";

const hasMaps = (architecture: Architecture): boolean =>
  isLayered(architecture)
    ? placeLayers(architecture).some(({ outputShape }) => outputShape.length > 1)
    : skeletonOf(architecture).nodes.some(({ kind, shape }) => kind !== "input" && shape.length > 1);

/**
 * Steps that one run of the engine should have at most. It follows from the plan alone, never from a clock: the lengths
 * of the runs are part of what decides the bits of the result.
 */
export function stepsPerRun(plan: Parameters<typeof stepWork>[0]): number {
  // maps make the work: a step of vectors is short at any usual width
  if (!hasMaps(plan.architecture)) return STEPS_PER_RUN;
  return Math.min(STEPS_PER_RUN, Math.max(1, Math.floor(WORK_PER_RUN / stepWork(plan))));
}
