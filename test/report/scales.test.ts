import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accuracyScale, fitted, fromZero, logarithmic, spreadLabels } from "../../src/report/scales.ts";

const HEIGHT = 150;
const percents = fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });

describe.each([
  { name: "fitted", scaleOf: fitted },
  { name: "fromZero", scaleOf: fromZero },
  { name: "logarithmic", scaleOf: logarithmic },
  { name: "accuracyScale", scaleOf: accuracyScale },
])("$name", ({ scaleOf }) => {
  it("holds all values and draws them and its ticks inside the plot", () =>
    fc.assert(
      fc.property(percents, (values) => {
        const { domain, ticks, pixel } = scaleOf(values, HEIGHT);
        const [low, high] = domain;
        for (const value of [...values, ...ticks]) {
          expect(value).toBeGreaterThanOrEqual(low - 1e-6);
          expect(value).toBeLessThanOrEqual(high + 1e-6);
          expect(pixel(value)).toBeGreaterThanOrEqual(-0.01);
          expect(pixel(value)).toBeLessThanOrEqual(HEIGHT + 0.01);
        }
      }),
    ));
  it("has labels that do not overlap", () =>
    fc.assert(
      fc.property(percents, (values) => {
        const { ticks, pixel } = scaleOf(values, HEIGHT);
        const places = ticks.map(pixel).sort((a, b) => a - b);
        for (const [i, place] of places.entries()) {
          if (i > 0) expect(place - places[i - 1]!).toBeGreaterThanOrEqual(15);
        }
      }),
    ));
});

describe("ticks", () => {
  it.each([
    { name: "a share around one half", scale: fitted([27.4, 53.9], 110), ticks: [20, 30, 40, 50, 60] },
    { name: "few flips", scale: fromZero([0, 0], 110), ticks: [0, 0.5, 1] },
    { name: "losses", scale: logarithmic([0.04, 2.3], 150), ticks: [0.05, 0.1, 0.2, 0.5, 1, 2] },
    {
      name: "losses of a narrow range",
      scale: logarithmic([0.21, 0.24], 150),
      ticks: [0.2, 0.21, 0.22, 0.23, 0.24, 0.25],
    },
    { name: "errors of MNIST", scale: accuracyScale([2, 20], 230), ticks: [2, 3, 4, 5, 8, 10, 15, 20] },
    { name: "errors of a narrow range", scale: accuracyScale([2.7, 2.9], 230), ticks: [2.6, 2.7, 2.8, 2.9, 3] },
  ])("$name", ({ scale, ticks }) => {
    expect(scale.ticks).toEqual(ticks);
  });
});

describe("spreadLabels", () => {
  const labels = fc.array(fc.double({ min: -20, max: 220, noNaN: true }), { minLength: 1, maxLength: 15 });
  it("keeps gap, order and bounds", () =>
    fc.assert(
      fc.property(labels, (wanted) => {
        const placed = spreadLabels(wanted, 11, 200);
        const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
        for (const [rank, i] of order.entries()) {
          expect(placed[i]).toBeGreaterThanOrEqual(-1e-9);
          expect(placed[i]).toBeLessThanOrEqual(200 + 1e-9);
          if (rank > 0) expect(placed[i]! - placed[order[rank - 1]!]!).toBeGreaterThanOrEqual(11 - 1e-9);
        }
      }),
    ));
  it.each([
    { name: "leaves what is apart", wanted: [50, 10, 30], placed: [50, 10, 30] },
    { name: "moves two by the same amount", wanted: [50, 50], placed: [45, 55] },
    { name: "moves a crowd around its middle", wanted: [48, 50, 52], placed: [40, 50, 60] },
    { name: "keeps a crowd inside at the bottom", wanted: [100, 99], placed: [100, 90] },
    { name: "keeps a crowd inside at the top", wanted: [0, 1], placed: [0, 10] },
  ])("$name", ({ wanted, placed }) => {
    expect(spreadLabels(wanted, 10, 100)).toEqual(placed);
  });
});
