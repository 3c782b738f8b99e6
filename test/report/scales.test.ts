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
          expect(place - (places[i - 1] ?? -15)).toBeGreaterThanOrEqual(15 - 1e-9);
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
      ticks: [0.2, 0.22, 0.24],
    },
    { name: "errors of MNIST", scale: accuracyScale([2, 20], 230), ticks: [2, 3, 4, 5, 8, 10, 15, 20] },
    { name: "errors of a narrow range", scale: accuracyScale([2.7, 2.9], 230), ticks: [2.6, 2.7, 2.8, 2.9, 3] },
  ])("$name", ({ scale, ticks }) => {
    expect(scale.ticks).toEqual(ticks);
  });
});

describe("spreadLabels", () => {
  const labels = fc.array(
    fc.double({ min: -20, max: 220, noNaN: true }).map((wanted) => ({ wanted })),
    { minLength: 1, maxLength: 15 },
  );
  it("keeps gap, order and bounds", () =>
    fc.assert(
      fc.property(labels, (wishes) => {
        const spread = spreadLabels(wishes, 11, 200);
        expect(spread.map(({ wanted }) => wanted)).toEqual(wishes.map(({ wanted }) => wanted).sort((a, b) => a - b));
        for (const [i, { place }] of spread.entries()) {
          expect(place).toBeGreaterThanOrEqual(-1e-9);
          expect(place).toBeLessThanOrEqual(200 + 1e-9);
          expect(place - (spread[i - 1]?.place ?? -11)).toBeGreaterThanOrEqual(11 - 1e-9);
        }
      }),
    ));
  it.each([
    { name: "leaves what is apart", wanted: [50, 10, 30], places: [10, 30, 50] },
    { name: "moves two by the same amount", wanted: [50, 50], places: [45, 55] },
    { name: "moves a crowd around its middle", wanted: [48, 50, 52], places: [40, 50, 60] },
    { name: "keeps a crowd inside at the bottom", wanted: [100, 99], places: [90, 100] },
    { name: "keeps a crowd inside at the top", wanted: [0, 1], places: [0, 10] },
  ])("$name", ({ wanted, places }) => {
    const spread = spreadLabels(
      wanted.map((wish) => ({ wanted: wish })),
      10,
      100,
    );
    expect(spread.map(({ place }) => place)).toEqual(places);
  });
});
