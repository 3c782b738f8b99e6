/**
 * Optimizers with Keras's formulas, as graph.
 *
 * A pass over memory is what an update costs (half of an Adam step, bench/training.bench.ts), so averages are kept in
 * scales that save passes. Without their factor, `M = m / (1 − β₁)` and `V = v / (1 − β₂)`, an average is
 * `M' = β₁M + g`. And while a chunk of steps runs, step `i` of it sees everything scaled by `sᵢ = β₂^(−i/2)`: gradients
 * `g̃ = sᵢg` (the loss is scaled), `M̂ = sᵢM`, `V̂ = sᵢ²V`; then `V̂' = V̂ + g̃²` needs no product with `β₂`, and
 * `M̂' = (β₁/√β₂)M̂ + g̃`. The scale is taken back when the chunk ends: checkpoints hold `M` and `V`. What is scaled and added
 * is one product of matrices where parameters are rows ({@link plusScaled}).
 */
import { add, divide, matMul, multiply, negate, reshape, scalar, sqrt, subtract, type Tensor } from "../graph/index.ts";
import type { OptimizerKind } from "./optimizer-kinds.ts";

type FloatTensor = Tensor<"float32">;

/** An optimizer with its constants; Keras's defaults where the paper names none (theory 6.1). */
export type Optimizer =
  | ({
      readonly kind: "sgd";
      readonly learningRate: number;
      /** `b' = momentum·b + g`, `p' = p − α·b'` (PyTorch's SGD; Sutskever et al., ICML 2013, say it for a constant α). */
      readonly momentum: number;
      /** Nesterov's momentum, `p' = p − α·(g + momentum·b')`, as PyTorch and Keras have it. */
      readonly nesterov?: boolean | undefined;
    } & CoupledDecay)
  | ({ readonly kind: "adam" } & AdamConstants & CoupledDecay)
  /**
   * Adam with decoupled decay, `p' = (1 − α·weightDecay)·p − α·m̂/(√v̂ + ε)` (Loshchilov and Hutter, ICLR 2019, algorithm 2,
   * with the rate in the decay as in PyTorch); ε behind the bias correction, as PyTorch has it.
   */
  | ({ readonly kind: "adamw"; readonly weightDecay: number } & AdamConstants)
  | ({
      readonly kind: "rmsprop";
      readonly learningRate: number;
      readonly rho: number;
      readonly epsilon: number;
    } & CoupledDecay);

/** The constants of Adam (Kingma and Ba, ICLR 2015). */
export interface AdamConstants {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** L2 regularization by the gradient, `g + weightDecay·p` of everything that trains, biases too (PyTorch's `weight_decay`). */
export interface CoupledDecay {
  readonly weightDecay?: number | undefined;
}

/** An optimizer of Keras's defaults, AdamW of PyTorch's, but for its learning rate. */
export function optimizer(kind: OptimizerKind, learningRate: number): Optimizer {
  switch (kind) {
    case "sgd":
      return { kind, learningRate, momentum: 0 };
    case "adam":
      return { kind, learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    case "adamw":
      return { kind, learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2 };
    case "rmsprop":
      return { kind, learningRate, rho: 0.9, epsilon: 1e-7 };
  }
}

/** The averages that optimizers keep for parameters. */
export type SlotName = "velocity" | "first-moment" | "second-moment";
export const SLOTS: readonly SlotName[] = ["velocity", "first-moment", "second-moment"];

/** Names of the averages that an optimizer keeps for each parameter; all start at zero. */
export function slotNames(config: Optimizer): readonly SlotName[] {
  switch (config.kind) {
    case "sgd":
      return config.momentum === 0 ? [] : ["velocity"];
    case "adam":
    case "adamw":
      return ["first-moment", "second-moment"];
    case "rmsprop":
      return ["second-moment"];
  }
}

/** Decay of an optimizer's squared gradients, or 1 for those without. */
function squareDecay(config: Optimizer): number {
  switch (config.kind) {
    case "sgd":
      return 1;
    case "adam":
    case "adamw":
      return config.beta2;
    case "rmsprop":
      return config.rho;
  }
}

/** Scale `sᵢ` of the gradients in step `i` of a chunk, from 1; step 0 is before the chunk. */
export const gradientScale = (config: Optimizer, step: number): number => squareDecay(config) ** (-step / 2);

/**
 * Steps that a chunk may have before scaled squares (`sᵢ²` times their size) come near the end of float32, `2¹²⁸`: up to
 * `sᵢ² = 2⁶⁰` (Adam 41,000 steps, RMSprop 394, with Keras's constants).
 */
export function mostSteps(config: Optimizer): number {
  const decay = squareDecay(config);
  return decay === 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((60 * Math.LN2) / -Math.log(decay)));
}

/** Power of the gradient's scale that a slot carries within a chunk. */
export const scalePower = (slot: SlotName): 0 | 1 | 2 =>
  slot === "second-moment" ? 2 : slot === "first-moment" ? 1 : 0;

/** What one step needs from outside. */
export const STEP_SCALARS = ["rate", "scale", "epsilon", "keep"] as const;
export type StepScalars<T> = Readonly<Record<(typeof STEP_SCALARS)[number], T>>;

/**
 * Scalars of step `t` of the training that is step `i` of its chunk, both from 1: the rate, with Adam's bias corrections
 * `α·√(1 − β₂ᵗ) / (1 − β₁ᵗ)`, the scale of the gradients, and ε, all with the factors of the averages' scales; and what
 * decoupled decay leaves of a parameter.
 * @param factor of the learning rate, by a schedule
 */
export function stepScalars(config: Optimizer, t: number, i: number, factor = 1): StepScalars<number> {
  const scale = gradientScale(config, i);
  const learningRate = config.learningRate * factor;
  switch (config.kind) {
    case "sgd":
      return { rate: learningRate, scale, epsilon: 0, keep: 1 };
    case "adam":
    case "adamw": {
      const { beta1, beta2, epsilon } = config;
      const correction = Math.sqrt(1 - beta2 ** t);
      const corrected = (learningRate * correction) / (1 - beta1 ** t);
      const behind = config.kind === "adamw" ? epsilon * correction : epsilon;
      return {
        rate: (corrected * (1 - beta1)) / Math.sqrt(1 - beta2),
        scale,
        epsilon: (scale * behind) / Math.sqrt(1 - beta2),
        keep: config.kind === "adamw" ? 1 - learningRate * config.weightDecay : 1,
      };
    }
    case "rmsprop": {
      // p' = p − rate·g / (√v' + ε), with v' = (1 − ρ)V'; ε outside the root, as Keras had it when the paper was written
      const { rho, epsilon } = config;
      const epsilonNow = (scale * epsilon) / Math.sqrt(1 - rho);
      return { rate: learningRate / Math.sqrt(1 - rho), scale, epsilon: epsilonNow, keep: 1 };
    }
  }
}

type Slots = Readonly<Partial<Record<SlotName, FloatTensor>>>;

export interface Update {
  readonly parameter: FloatTensor;
  readonly slots: Slots;
}

/** The gradient with what coupled decay adds to it, in the gradient's scale. */
function decayed(
  config: Optimizer,
  parameter: FloatTensor,
  gradient: FloatTensor,
  { scale }: StepScalars<FloatTensor>,
): FloatTensor {
  if (config.kind === "adamw" || !config.weightDecay) return gradient;
  const decay = multiply(parameter, config.weightDecay);
  return add(gradient, config.kind === "sgd" ? decay : multiply(decay, scale));
}

/**
 * `z + s·x` of one shape, `s` a scalar. For a row it is a product of matrices, `[1, 1]·[1, n]`, onto which the engine adds
 * `z`: in wider registers than its `Mul` and `Add`, 2.9 µs where they take 4.2 for 16,384 numbers (AMD EPYC), and with the
 * same bits where its kernel rounds the product before the sum, as on x64.
 */
function plusScaled(z: FloatTensor, x: FloatTensor, s: FloatTensor): FloatTensor {
  const isRow = x.shape.length === 2 && x.shape[0] === 1;
  return isRow ? add(matMul(reshape(s, [1, 1]), x), z) : add(multiply(x, s), z);
}

/**
 * One parameter after one step. All tensors have one shape; rows `[1, n]` take the least time ({@link plusScaled}).
 * @param gradient of the scaled loss
 * @param slots the parameter's averages by their {@link slotNames}, in the scale of the step before
 * @param rateMoves whether a schedule changes the learning rate
 */
export function update(
  config: Optimizer,
  parameter: FloatTensor,
  gradient: FloatTensor,
  slots: Slots,
  scalars: StepScalars<FloatTensor>,
  rateMoves = false,
): Update {
  const { rate, epsilon, keep } = scalars;
  const slot = (name: SlotName): FloatTensor => {
    const tensor = slots[name];
    if (tensor === undefined) throw new Error(`unreachable: ${config.kind} without its ${name}`);
    return tensor;
  };
  const slope = decayed(config, parameter, gradient, scalars);
  switch (config.kind) {
    case "sgd": {
      const { learningRate, momentum, nesterov = false } = config;
      if (!rateMoves) {
        // constants, not step scalars: they fuse into the product that makes the gradient
        const move = multiply(slope, learningRate);
        if (momentum === 0) return { parameter: subtract(parameter, move), slots: {} };
        // of a constant rate the velocity is −α times the sum of gradients: velocity' = momentum·velocity − α·g
        const velocity = subtract(multiply(slot("velocity"), momentum), move);
        const step = nesterov ? subtract(multiply(velocity, momentum), move) : velocity;
        return { parameter: add(parameter, step), slots: { velocity } };
      }
      if (momentum === 0) return { parameter: subtract(parameter, multiply(slope, rate)), slots: {} };
      const velocity = add(multiply(slot("velocity"), momentum), slope);
      const direction = nesterov ? add(slope, multiply(velocity, momentum)) : velocity;
      return { parameter: subtract(parameter, multiply(direction, rate)), slots: { velocity } };
    }
    case "adam":
    case "adamw": {
      const first = plusScaled(slope, slot("first-moment"), scalar("float32", config.beta1 / Math.sqrt(config.beta2)));
      const second = add(slot("second-moment"), multiply(slope, slope));
      const direction = divide(first, add(sqrt(second), epsilon));
      const kept = config.kind === "adamw" && config.weightDecay > 0 ? multiply(parameter, keep) : parameter;
      return {
        parameter: plusScaled(kept, direction, negate(rate)),
        slots: { "first-moment": first, "second-moment": second },
      };
    }
    case "rmsprop": {
      const second = add(slot("second-moment"), multiply(slope, slope));
      const direction = divide(slope, add(sqrt(second), epsilon));
      return { parameter: plusScaled(parameter, direction, negate(rate)), slots: { "second-moment": second } };
    }
  }
}
