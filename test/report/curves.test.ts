import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanAndDeviation } from "../../src/experiments/index.ts";
import { CurveSums, PointSums } from "../../src/report/curve-sums.ts";
import { pointOf, thinned } from "../../src/report/curves.ts";
import { DrawnRuns } from "../../src/report/drawn-runs.ts";
import { expectClose } from "../support/expect-close.ts";
import { completedTrial, plausibleMetrics } from "./fixture.ts";

const trialOf = (seed: number, accuracies: readonly number[]) =>
  completedTrial(
    "relu",
    seed,
    plausibleMetrics("relu", seed, accuracies.length).map((metrics, i) => ({
      ...metrics,
      testAccuracy: accuracies[i] ?? 0,
    })),
  );

describe("curves that are gathered run by run", () => {
  it("give mean and range over the runs that have the epoch", () => {
    const drawn = new DrawnRuns();
    for (const trial of [trialOf(0, [90, 94]), trialOf(1, [92, 95, 96])]) drawn.add(trial);
    expect(drawn.error.curve()).toEqual([
      { at: 1, mean: 9, low: 8, high: 10 },
      { at: 2, mean: 5.5, low: 5, high: 6 },
      { at: 3, mean: 4, low: 4, high: 4 },
    ]);
    expect(drawn.lastEpoch).toBe(3);
  });

  it("give the points of the values held together, to the bit", () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, (all) => {
        const [sums, curve] = [new PointSums(), new CurveSums()];
        for (const value of all) {
          sums.add(value);
          curve.add(7, value);
        }
        expect(sums.point(7)).toEqual(pointOf(7, all));
        expect(curve.points()).toEqual([pointOf(7, all)]);
        const { std } = meanAndDeviation(all);
        expectClose(sums.deviation, std, { relative: 1e-9, absolute: 1e-9 * Math.max(...all.map(Math.abs)) });
      }),
    );
  });
});

describe("thinned", () => {
  it.each([
    { items: 3, most: 5, kept: [0, 1, 2] },
    { items: 9, most: 5, kept: [0, 2, 4, 6, 8] },
    { items: 10, most: 4, kept: [0, 3, 6, 9] },
  ])("$items items to at most $most", ({ items, most, kept }) => {
    expect(thinned([...Array(items).keys()], most)).toEqual(kept);
  });
});
