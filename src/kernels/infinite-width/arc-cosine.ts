/**
 * Expectations over two jointly normal pre-activations of mean 0, variances `k`, `k'` and covariance `c`: the
 * arc-cosine kernels (Cho and Saul, NIPS 2009). With `θ` the angle, `cos θ = c / sqrt(k k')`.
 */

/** What a wide layer adds: weights of variance `weightVariance / fan-in`, biases of variance `biasVariance`. */
export interface WideLayers {
  /** `σ_w²`; 2 keeps the size of signals through ReLU layers. */
  readonly weightVariance: number;
  /** `σ_b²`; 0 without biases. */
  readonly biasVariance: number;
}

/** Rounding leaves a little under 1 where both are the same; its arc cosine would be 1e-8, not 0. */
const ONE = 1 - 4 * Number.EPSILON;

/** `θ`; `π` where a variance is 0, since a gate is then never on. */
export function angleBetween(variance: number, otherVariance: number, covariance: number): number {
  const scale = Math.sqrt(variance * otherVariance);
  if (scale === 0) return Math.PI;
  const cosine = covariance / scale;
  return cosine >= ONE ? 0 : Math.acos(Math.max(-1, cosine));
}

/** Probability that both gates are on: `E[1{q > 0} 1{q' > 0}] = (π − θ) / 2π`. */
export const jointlyOn = (angle: number): number => (Math.PI - angle) / (2 * Math.PI);

/** `E[relu(q) relu(q')] = sqrt(k k') (sin θ + (π − θ) cos θ) / 2π`. */
export const reluCovariance = (variance: number, otherVariance: number, angle: number): number =>
  (Math.sqrt(variance * otherVariance) * (Math.sin(angle) + (Math.PI - angle) * Math.cos(angle))) / (2 * Math.PI);
