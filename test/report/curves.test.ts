import { describe, expect, it } from "vitest";
import { curveOf, thinned } from "../../src/report/curves.ts";
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

describe("curveOf", () => {
  it("gives mean and range over the runs that have the epoch", () => {
    const curve = curveOf([trialOf(0, [90, 94]), trialOf(1, [92, 95, 96])], ({ testAccuracy }) => testAccuracy);
    expect(curve).toEqual([
      { at: 1, mean: 91, low: 90, high: 92 },
      { at: 2, mean: 94.5, low: 94, high: 95 },
      { at: 3, mean: 96, low: 96, high: 96 },
    ]);
  });
  it("leaves out what was not measured", () => {
    expect(curveOf([trialOf(0, [90, 94])], ({ epoch }) => (epoch === 1 ? undefined : 1))).toEqual([
      { at: 2, mean: 1, low: 1, high: 1 },
    ]);
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
