import type { Schedule } from "./schedules.ts";

/**
 * What people add to a training, each of it off unless it is told. Plain data, part of a plan: what is off is left out, and
 * changes no bit of the others.
 */
export interface Recipe {
  /** How the learning rate moves; it stays as it is unless told otherwise. */
  readonly schedule?: Schedule | undefined;
  /** Largest norm of all gradients together (Pascanu et al., ICML 2013; PyTorch's `clip_grad_norm_`). */
  readonly clipNorm?: number | undefined;
}
