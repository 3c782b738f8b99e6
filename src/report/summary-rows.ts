/** Whole hundredths of a percent: what table and words show, so that their differences add up for a reader. */
export const hundredths = (value: number): number => Math.round(value * 100);
