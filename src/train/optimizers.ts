/**
 * Optimizers with Keras's formulas, as graph.
 *
 * A pass over memory is what an update costs (half of an Adam step, bench/training.bench.ts), so averages are kept in
 * scales that save passes. Without their factor, `M = m / (1 − β₁)` and `V = v / (1 − β₂)`, an average is
 * `M' = β₁M + g`. And while a chunk of steps runs, step `i` of it sees everything scaled by `sᵢ = β₂^(−i/2)`: gradients
 * `g̃ = sᵢg` (the loss is scaled), `M̂ = sᵢM`, `V̂ = sᵢ²V`; then `V̂' = V̂ + g̃²` needs no product with `β₂`, and
 * `M̂' = (β₁/√β₂)M̂ + g̃`. The scale is taken back when the chunk ends: checkpoints hold `M` and `V`.
 */
import { add, divide, multiply, sqrt, subtract, type Tensor } from "../graph/index.ts";

type FloatTensor = Tensor<"float32">;

/** An optimizer with its constants; Keras's defaults where the paper names none (theory 6.1). */
export type Optimizer =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number }
  | {
      readonly kind: "adam";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    }
  | { readonly kind: "rmsprop"; readonly learningRate: number; readonly rho: number; readonly epsilon: number };

/** The optimizers by kind. */
export const OPTIMIZER_KINDS = ["sgd", "adam", "rmsprop"] as const satisfies readonly Optimizer["kind"][];
/** The kind of an optimizer. */
export type OptimizerKind = (typeof OPTIMIZER_KINDS)[number];

/** An optimizer of Keras's defaults but for its learning rate. */
export function optimizer(kind: OptimizerKind, learningRate: number): Optimizer {
  switch (kind) {
    case "sgd":
      return { kind, learningRate, momentum: 0 };
    case "adam":
      return { kind, learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
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
export const STEP_SCALARS = ["rate", "scale", "epsilon"] as const;
export type StepScalars<T> = Readonly<Record<(typeof STEP_SCALARS)[number], T>>;

/**
 * Scalars of step `t` of the training that is step `i` of its chunk, both from 1: the rate, with Adam's bias corrections
 * `α·√(1 − β₂ᵗ) / (1 − β₁ᵗ)`, the scale of the gradients, and ε, all with the factors of the averages' scales.
 */
export function stepScalars(config: Optimizer, t: number, i: number): StepScalars<number> {
  const scale = gradientScale(config, i);
  switch (config.kind) {
    case "sgd":
      return { rate: config.learningRate, scale, epsilon: 0 };
    case "adam": {
      const { learningRate, beta1, beta2, epsilon } = config;
      const corrected = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
      return {
        rate: (corrected * (1 - beta1)) / Math.sqrt(1 - beta2),
        scale,
        epsilon: (scale * epsilon) / Math.sqrt(1 - beta2),
      };
    }
    case "rmsprop": {
      // p' = p − rate·g / (√v' + ε), with v' = (1 − ρ)V'; ε outside the root, as Keras had it when the paper was written
      const { learningRate, rho, epsilon } = config;
      return { rate: learningRate / Math.sqrt(1 - rho), scale, epsilon: (scale * epsilon) / Math.sqrt(1 - rho) };
    }
  }
}

type Slots = Readonly<Partial<Record<SlotName, FloatTensor>>>;

export interface Update {
  readonly parameter: FloatTensor;
  readonly slots: Slots;
}

/**
 * One parameter after one step.
 * @param gradient of the scaled loss
 * @param slots the parameter's averages by their {@link slotNames}, in the scale of the step before
 */
export function update(
  config: Optimizer,
  parameter: FloatTensor,
  gradient: FloatTensor,
  slots: Slots,
  { rate, epsilon }: StepScalars<FloatTensor>,
): Update {
  const slot = (name: SlotName): FloatTensor => {
    const tensor = slots[name];
    if (tensor === undefined) throw new Error(`unreachable: ${config.kind} without its ${name}`);
    return tensor;
  };
  switch (config.kind) {
    case "sgd": {
      // constants, not step scalars: they fuse into the product that makes the gradient
      const { learningRate, momentum } = config;
      if (momentum === 0) return { parameter: subtract(parameter, multiply(gradient, learningRate)), slots: {} };
      // velocity' = momentum·velocity − rate·g
      const velocity = subtract(multiply(slot("velocity"), momentum), multiply(gradient, learningRate));
      return { parameter: add(parameter, velocity), slots: { velocity } };
    }
    case "adam": {
      const first = add(multiply(slot("first-moment"), config.beta1 / Math.sqrt(config.beta2)), gradient);
      const second = add(slot("second-moment"), multiply(gradient, gradient));
      const direction = divide(first, add(sqrt(second), epsilon));
      return {
        parameter: subtract(parameter, multiply(direction, rate)),
        slots: { "first-moment": first, "second-moment": second },
      };
    }
    case "rmsprop": {
      const second = add(slot("second-moment"), multiply(gradient, gradient));
      const direction = divide(gradient, add(sqrt(second), epsilon));
      return { parameter: subtract(parameter, multiply(direction, rate)), slots: { "second-moment": second } };
    }
  }
}
