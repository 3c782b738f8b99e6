/** What a file of a sweep asks for: its points, its draws, and what is refused. */
import { describe, expect, it } from "vitest";
import { pointsOf } from "../../src/sweeps/points.ts";
import { readSpecification } from "../../src/sweeps/specification.ts";
import { errorOf } from "../support/error-of.ts";

const read = (specification: unknown) => readSpecification(JSON.stringify(specification), "s.json");
const settings = (specification: unknown) => pointsOf(read(specification)).map((point) => point.settings);

describe("points", () => {
  it("combine every entry of the list with the grid, the draws and the seeds", () => {
    const points = pointsOf(
      read({
        base: { data: "digits", lr: 1, epochs: 2 },
        list: [{ arch: "fc", width: 8 }, { arch: "fc" }],
        grid: { regime: ["relu", "dlnpf"], lr: [0.1, 0.2] },
        seeds: [3, 5],
      }),
    );
    expect(points).toHaveLength(2 * 2 * 2 * 2);
    expect(points[1]).toEqual({
      options: { data: "digits", epochs: 2, arch: "fc", width: 8, regime: "relu", lr: 0.1, seed: 5 },
      settings: { regime: "relu", lr: 0.1, arch: "fc", width: 8 },
    });
    expect(points.at(-1)?.settings).toEqual({ regime: "dlnpf", lr: 0.2, arch: "fc" });
  });

  it("have one seed where nothing is said, that of base, or those that are tried", () => {
    const seeds = (specification: unknown) => pointsOf(read(specification)).map(({ options }) => options.seed);
    expect(seeds({})).toEqual([0]);
    expect(seeds({ base: { seed: 7 } })).toEqual([7]);
    expect(seeds({ grid: { seed: [1, 2] } })).toEqual([1, 2]);
    expect(seeds({ seeds: 3 })).toEqual([0, 1, 2]);
  });

  it("draw from ranges and lists; more draws and other options change none", () => {
    const random = (draws: number, more = {}) => ({
      random: { draws, options: { lr: { min: 1e-4, max: 1e-2, scale: "log" }, ...more } },
    });
    const few = settings(random(5)).map(({ lr }) => lr);
    const many = settings(random(2000, { width: { min: 4, max: 7 }, batch: [16, 32] }));
    expect(many.slice(0, 5).map(({ lr }) => lr)).toEqual(few);
    const rates = many.map(({ lr }) => Number(lr));
    expect(rates.every((rate) => rate >= 1e-4 && rate <= 1e-2)).toBe(true);
    // as many in each power of ten, with five standard deviations of their number
    expect(Math.abs(rates.filter((rate) => rate < 1e-3).length - 1000)).toBeLessThan(5 * Math.sqrt(500));
    expect([...new Set(many.map(({ width }) => width))].sort()).toEqual([4, 5, 6, 7]);
    expect([...new Set(many.map(({ batch }) => batch))].sort()).toEqual([16, 32]);
    expect(settings({ random: { draws: 5, seed: 1, options: { lr: { min: 0, max: 1 } } } })).not.toEqual(
      settings({ random: { draws: 5, options: { lr: { min: 0, max: 1 } } } }),
    );
  });
});

describe("refusals", () => {
  it.each([
    [{ gird: {} }, 's.json: "gird": expected base, grid, list, random or seeds', 'did you mean "grid"?'],
    [{ lr: 1 }, 's.json: "lr": expected base, grid, list, random or seeds', "put lr into base"],
    [
      { base: { test_limit: 5 } },
      's.json, base: option "test_limit": expected options of a training, in camel case',
      'did you mean "testLimit"?',
    ],
    [
      { grid: { regimes: ["relu"] } },
      's.json, grid: option "regimes": expected options of a training, in camel case',
      'did you mean "regime"?',
    ],
    [
      { base: { out: "runs" } },
      's.json, base: option "out": expected options of a training, in camel case',
      "leave it out: each trial has a folder of its own in that of the sweep",
    ],
    [{ grid: { lr: 1e-3 } }, "s.json, grid.lr: 0.001: expected a list with at least one value", undefined],
    [{ grid: { lr: [] } }, "s.json, grid.lr: an empty list: expected a list with at least one value", undefined],
    [
      { grid: { lr: [1] }, list: [{ lr: 2 }] },
      's.json: "lr" in grid and in list: expected each option in one of them: their points are combined',
      "leave it out of one",
    ],
    [{ base: { seed: 1 }, seeds: 2 }, 's.json: seeds beside the option "seed": expected one of them', undefined],
    [{ seeds: 0 }, "s.json, seeds 0: expected a whole number of at least 1", undefined],
    [
      { grid: { dataDir: ["a"] } },
      's.json: "dataDir" outside of base: expected one for all trials',
      "put dataDir into base",
    ],
    [
      { random: { draw: 3, options: {} } },
      's.json, random: "draw": expected draws, a number of points; options, ranges or lists of values; and perhaps a seed',
      'did you mean "draws"?',
    ],
    [
      { random: { draws: 3, options: { lr: { min: 0, max: 1, scale: "log" } } } },
      "s.json, random.options.lr: from 0 to 1: expected min and max, two numbers in this order above 0, and perhaps scale, linear or log",
      undefined,
    ],
    [
      { random: { draws: 3, options: { lr: { min: 1, max: 2, scale: "logg" } } } },
      's.json, random.options.lr: scale "logg": expected linear or log',
      'did you mean "log"?',
    ],
    [{ grid: { lr: [1, 2] }, seeds: 60_000 }, "s.json, which makes 120000 trials: expected at most 100000", undefined],
    [[], "s.json: a list: expected an object with base, grid, list, random or seeds", undefined],
  ])("%j", (specification, message, hint) => {
    const error = errorOf(() => read(specification));
    expect(error.message).toBe(message);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });

  it("text that is no JSON", () => {
    expect(errorOf(() => readSpecification("{", "s.json")).message).toMatch(/^s\.json: .+: expected JSON$/);
  });
});
