/** How the learning rate moves, as a factor of the optimizer's. Plain data. */
export type Schedule = {
  /** Epochs (or parts of one) in which the rate rises from a step's share to its full height; 0 for none. */
  readonly warmup: number;
} & (
  | { readonly kind: "constant" }
  /** Times `gamma` after each of the epochs `milestones` (He et al., CVPR 2016, section 4; PyTorch's `MultiStepLR`). */
  | { readonly kind: "step"; readonly milestones: readonly number[]; readonly gamma: number }
  /** Half a cosine from the end of the warm-up to the end of `epochs` (Loshchilov and Hutter, ICLR 2017, equation 5). */
  | { readonly kind: "cosine"; readonly epochs: number }
);

/** The schedules by kind. */
export const SCHEDULE_KINDS = ["constant", "step", "cosine"] as const satisfies readonly Schedule["kind"][];
/** The kind of a schedule. */
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];

/**
 * Factor of the learning rate in step `t` of a training, from 1, of which an epoch has `stepsOfEpoch`. It moves with every
 * step: `min(1, t / w)` in a warm-up of `w` steps (Goyal et al., 2017, section 2.2, from zero; PyTorch's
 * `LinearLR(1/w, total_iters=w−1)`), and of a cosine `½(1 + cos(π·(t − 1 − w) / (T − w)))` behind it, `T` the steps of all
 * epochs.
 */
export function rateFactor(schedule: Schedule, t: number, stepsOfEpoch: number): number {
  const warmup = Math.round(schedule.warmup * stepsOfEpoch);
  const rise = warmup === 0 ? 1 : Math.min(1, t / warmup);
  switch (schedule.kind) {
    case "constant":
      return rise;
    case "step": {
      const epoch = Math.floor((t - 1) / stepsOfEpoch);
      return rise * schedule.gamma ** schedule.milestones.filter((milestone) => milestone <= epoch).length;
    }
    case "cosine": {
      const done = Math.max(0, t - 1 - warmup) / (schedule.epochs * stepsOfEpoch - warmup);
      return rise * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
    }
  }
}
