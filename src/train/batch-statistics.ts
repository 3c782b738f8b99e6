/** Batch normalization in a step of training: by the batch, with running statistics that follow. */
import { GatewiseError } from "../errors.ts";
import {
  add,
  divide,
  multiply,
  reduceMean,
  reshape,
  sizeOf,
  sqrt,
  square,
  subtract,
  type Tensor,
} from "../graph/index.ts";
import {
  BATCH_NORM_EPSILON,
  type BatchNorm,
  batchNorms,
  parameterAt,
  parameterName,
  regimeOf,
  type TrainingForward,
  type TrialParameters,
} from "../network/index.ts";
import type { TrainingPlan } from "./plan.ts";

type FloatTensor = Tensor<"float32">;

/** What of a running statistic each batch replaces (PyTorch's `momentum`). */
const FOLLOW = 0.1;

/** The normalizations of one step: what the forward pass asks, and the statistics behind it. */
export interface BatchStatistics {
  readonly forward: TrainingForward;
  /** Running statistics after the step, by name; of the normalizations that the pass has come through. */
  readonly next: () => Readonly<Record<string, FloatTensor>>;
}

/**
 * `γ·(q − m) / √(v + ε) + β` with mean `m` and variance `v` (of `n` values: over `n`) of each channel over batch and
 * positions; running ones become `0.9·running + 0.1·batch`, with the variance over `n − 1`, as PyTorch has it (Ioffe and
 * Szegedy, ICML 2015, algorithms 1 and 2). Gradients flow through `m` and `v`.
 */
export function batchStatistics(plan: TrainingPlan, parameters: TrialParameters<FloatTensor>): BatchStatistics {
  const next: Record<string, FloatTensor> = {};
  const normalizer = (norm: BatchNorm) => {
    const at = (kind: "scale" | "shift" | "mean" | "variance"): FloatTensor => {
      const parameter = parameterAt(parameters, { ...norm, kind });
      if (parameter === undefined) throw new Error(`unreachable: no ${kind} of ${norm.name}`);
      return parameter;
    };
    const axes = [0, ...norm.shape.slice(1).map((_, i) => i + 2)];
    const perChannel = (vector: FloatTensor): FloatTensor =>
      reshape(vector, [norm.shape[0] ?? 1, ...norm.shape.slice(1).map(() => 1)]);
    return (q: FloatTensor): FloatTensor => {
      const mean = reduceMean(q, axes, true);
      const centered = subtract(q, mean);
      const variance = reduceMean(square(centered), axes, true);
      const values = Number(q.shape[0]) * positionsOf(norm);
      const follow = (kind: "mean" | "variance", batch: FloatTensor): void => {
        const moved = multiply(reshape(batch, [norm.shape[0] ?? 1]), FOLLOW);
        next[parameterName({ ...norm, kind })] = add(multiply(at(kind), 1 - FOLLOW), moved);
      };
      follow("mean", mean);
      follow("variance", multiply(variance, values / (values - 1)));
      const factor = divide(perChannel(at("scale")), sqrt(add(variance, BATCH_NORM_EPSILON)));
      return add(multiply(centered, factor), perChannel(at("shift")));
    };
  };
  const norms = batchNorms(plan.architecture, regimeOf(plan));
  if (norms.length === 0) return { forward: {}, next: () => ({}) };
  const normalize = Object.fromEntries(norms.map((norm) => [norm.name, normalizer(norm)]));
  return { forward: { normalize }, next: () => next };
}

/** Values of a channel in one example. */
const positionsOf = ({ shape }: BatchNorm): number => sizeOf(shape.slice(1));

/**
 * A batch of one value has no variance.
 * @param examples that are trained on
 * @throws GatewiseError where a step, the last of an epoch, would normalize one value a channel
 */
export function checkBatches({ batch, ...plan }: TrainingPlan, examples: number): void {
  const least = Math.min(batch, examples % batch === 0 ? batch : examples % batch);
  const norm = batchNorms(plan.architecture, regimeOf(plan)).find((one) => least * positionsOf(one) < 2);
  if (norm === undefined) return;
  throw new GatewiseError({
    received: `a step of ${least} example${least === 1 ? "" : "s"} (${examples} in batches of ${batch}) for the batch normalization ${norm.name}`,
    expected: "at least two values a channel, for a variance",
    next: "choose another batch size, or another number of examples",
  });
}
