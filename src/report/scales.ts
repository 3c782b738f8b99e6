/**
 * The axes of the figures: where a value stands in pixels, and which values are written beside the axis.
 * Vega could choose both, but labels at the ends of lines must be moved apart before Vega sees them.
 */
import { largestOf, smallestOf } from "../graph/index.ts";

/** An axis: its range, the values written beside it, and where a value stands, in pixels from the top of the plot. */
export interface Scale {
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
  readonly pixel: (value: number) => number;
}

/** Pixels between two labels of an axis. */
const TICK_GAP = 20;

/** From 0 to a round number that holds all values, in percent: at least 1. */
export const fromZero = (values: readonly number[], height: number): Scale => fitted([0, 1, ...values], height);

/**
 * From a round number to a round number, as close around the values as ticks allow.
 * @param finest smallest step between ticks
 */
export function fitted(values: readonly number[], height: number, finest = 0.1): Scale {
  const [low, high] = [smallestOf(values), largestOf(values)];
  const most = Math.max(1, Math.floor(height / 27));
  const span = (size: number): readonly [number, number] => [
    Math.floor(low / size + 1e-9),
    Math.max(Math.ceil(high / size - 1e-9), Math.floor(low / size + 1e-9) + 1),
  ];
  const step = STEPS.find((size) => size >= finest && span(size)[1] - span(size)[0] <= most) ?? high - low;
  const [first, last] = span(step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => round((first + i) * step));
  const [bottom, top] = [round(first * step), round(last * step)];
  return { domain: [bottom, top], ticks, pixel: (value) => (height * (top - value)) / (top - bottom) };
}

const STEPS = [-5, -4, -3, -2, -1, 0, 1, 2, 3].flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
);

/** Logarithmic, with ticks at 1, 2 and 5 times powers of ten as they fit. */
export function logarithmic(values: readonly number[], height: number): Scale {
  const [low, high] = positiveRange(values);
  const pixel = (value: number): number => (height * Math.log(high / value)) / Math.log(high / low);
  const decades = Array.from({ length: 25 }, (_, i) => i - 12);
  const candidates = [1, 5, 2].flatMap((digit) => decades.map((power) => Number(`${digit}e${power}`)));
  const ticks = fitting([candidates, fitted([low, high], height, 1e-5).ticks], [low, high], pixel);
  return { domain: [low, high], ticks, pixel };
}

/** Accuracies whose labels are wanted most, first. */
const ACCURACIES = [
  90, 99, 50, 95, 98, 80, 97, 70, 60, 96, 99.9, 99.5, 85, 92, 40, 30, 20, 99.8, 94, 75, 65, 99.2, 93, 10, 55, 97.5,
  98.5,
];

/** Errors in percent, logarithmic, the smallest at the top; ticks where the *accuracy* is round. */
export function accuracyScale(errors: readonly number[], height: number): Scale {
  const [low, high] = positiveRange(errors);
  const pixel = (error: number): number => (height * Math.log(error / low)) / Math.log(high / low);
  const errorsOf = (accuracies: readonly number[]): readonly number[] => accuracies.map((value) => round(100 - value));
  const even = fitted([100 - high, 100 - low], height).ticks;
  const ticks = fitting([errorsOf(ACCURACIES), errorsOf(even)], [low, high], pixel);
  return { domain: [low, high], ticks, pixel };
}

/** Range of the values, opened a little, so that a single value has a place too. */
function positiveRange(values: readonly number[]): readonly [number, number] {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [0.1, 1];
  return [smallestOf(positive) / 1.06, largestOf(positive) * 1.06];
}

/** Takes candidates in their order as long as they keep their distance; of the second list only if the first gives few. */
function fitting(
  [wanted, otherwise]: readonly [readonly number[], readonly number[]],
  [low, high]: readonly [number, number],
  pixel: (value: number) => number,
): readonly number[] {
  const taken: number[] = [];
  const take = (value: number): void => {
    const free = taken.every((other) => Math.abs(pixel(other) - pixel(value)) >= TICK_GAP);
    if (value >= low && value <= high && free) taken.push(value);
  };
  wanted.forEach(take);
  if (taken.length < 3) otherwise.forEach(take);
  return taken.sort((a, b) => a - b);
}

const round = (value: number): number => Number(value.toPrecision(6));

/**
 * Moves labels apart along one axis so that neighbors are at least `gap` pixels apart and all lie in `[0, extent]` as far
 * as there is room; their order stays and none moves farther than it must (pool adjacent violators).
 * @param labels each with the place it wishes for
 * @returns the labels in the order of their places
 */
export function spreadLabels<Label extends { readonly wanted: number }>(
  labels: readonly Label[],
  gap: number,
  extent: number,
): readonly (Label & { readonly place: number })[] {
  // pools of labels that touch: a pool starts at the mean of what its members wish for it
  interface Pool {
    readonly labels: readonly Label[];
    readonly sum: number;
  }
  const startOf = ({ labels: { length }, sum }: Pool): number =>
    Math.max(0, Math.min(sum / length, extent - (length - 1) * gap));
  const endOf = (pool: Pool): number => startOf(pool) + pool.labels.length * gap;
  const pools: Pool[] = [];
  for (const label of [...labels].sort((a, b) => a.wanted - b.wanted)) {
    let pool: Pool = { labels: [label], sum: label.wanted };
    for (let above = pools.at(-1); above && endOf(above) > startOf(pool); above = pools.at(-1)) {
      pools.pop();
      pool = {
        labels: [...above.labels, ...pool.labels],
        sum: above.sum + pool.sum - pool.labels.length * above.labels.length * gap,
      };
    }
    pools.push(pool);
  }
  return pools.flatMap((pool) => pool.labels.map((label, i) => ({ ...label, place: startOf(pool) + i * gap })));
}
