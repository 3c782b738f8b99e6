import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float64 } from "../../../src/graph/index.ts";
import { averagedPairs, averagingWindows } from "../../../src/kernels/pair/averages.ts";
import {
  forEachPair,
  pairIndex,
  pairsOf,
  pairsWithin,
  type Size,
  stepsBefore,
} from "../../../src/kernels/pair/pair-lines.ts";
import { shiftedSum } from "../../../src/kernels/pair/windows.ts";
import type { MapWindow } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { expectClose } from "../../support/expect-close.ts";

const INPUT: Size = [9, 8];
const POSITIONS = INPUT[0] * INPUT[1];
const twice = (numbers: fc.Arbitrary<number>): fc.Arbitrary<[number, number]> => fc.tuple(numbers, numbers);
/** Overlapping, spaced and padded windows. */
const windows = fc.record({
  kernel: twice(fc.integer({ min: 1, max: 3 })),
  strides: twice(fc.integer({ min: 1, max: 3 })),
  pads: fc.integer({ min: 0, max: 1 }).map((pad): [number, number, number, number] => [pad, pad, pad, pad]),
  dilations: fc.constant<[number, number]>([1, 1]),
});
const sizeBehind = ({ kernel, strides, pads }: MapWindow): Size => [
  Math.floor((INPUT[0] + 2 * pads[0] - kernel[0]) / strides[0]) + 1,
  Math.floor((INPUT[1] + 2 * pads[1] - kernel[1]) / strides[1]) + 1,
];

/** The kernel of all pairs, and the same of some: 0 outside the maps. */
const whole = randomStream(1, "kernel").normal(POSITIONS ** 2);
function lines(pairs: ReturnType<typeof pairsOf>): Float64Array {
  if (pairs === "all") return whole;
  const kept = new Float64Array(pairs.steps.length * POSITIONS);
  forEachPair(pairs, POSITIONS, (at, u, v) => {
    kept[at] = whole[u * POSITIONS + v] ?? 0;
  });
  return kept;
}

/** What both give for each pair that is kept. */
function expectSame(some: Float64Array, pairs: ReturnType<typeof pairsOf>, all: Float64Array, positions: number): void {
  const [got, wanted]: [number[], number[]] = [[], []];
  forEachPair(pairs, positions, (_, u, v) => {
    got.push(some[pairIndex(pairs, positions, u, v)] ?? 0);
    wanted.push(all[u * positions + v] ?? 0);
  });
  const shape = [got.length];
  expectClose(float64(shape, got), float64(shape, wanted), { relative: 1e-12, absolute: 1e-12 });
}

describe("kernels kept along lines are those of all pairs (theory 3.8 to 3.10)", () => {
  it("behind an average pool and behind a convolution", () => {
    let asLines = 0;
    fc.assert(
      fc.property(windows, fc.boolean(), (window, countPadding) => {
        const output = sizeBehind(window);
        const positions = output[0] * output[1];
        const pairs = pairsOf(output, [
          [0, 0],
          [0, 1],
          [1, -1],
        ]);
        if (pairs === "all") return;
        const pools = averagingWindows(INPUT, output, window, (held) =>
          countPadding ? window.kernel[0] * window.kernel[1] : held,
        );
        const pooled = pairsWithin(INPUT, pairs.steps, window);
        const means = averagedPairs(whole, "all", pools, "all");
        expectSame(averagedPairs(lines(pooled), pooled, pools, pairs), pairs, means, positions);
        if (pooled !== "all") asLines += 1;
        const read = pairsOf(INPUT, stepsBefore(pairs.steps, window));
        const sums = shiftedSum(whole, [INPUT, "all"], [output, "all"], window);
        expectSame(shiftedSum(lines(read), [INPUT, read], [output, pairs], window), pairs, sums, positions);
      }),
    );
    expect(asLines).toBeGreaterThan(20);
  });
});
