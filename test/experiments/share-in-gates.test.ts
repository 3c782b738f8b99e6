import { describe, expect, it } from "vitest";
import { intervalOf, shareInGates } from "../../src/experiments/index.ts";
import { randomStream } from "../../src/random.ts";

const same = (value: number, examples: number): Float64Array => new Float64Array(examples).fill(value);

describe("the share in the gates", () => {
  it("is what comes back of what learning gained over random gates", () => {
    const { gained, share } = shareInGates({
      model: same(98, 4),
      gates: [same(97, 4), same(97.4, 4)],
      random: [same(94, 4), same(94, 4)],
    });
    expect(gained).toEqual({ value: 4, low: 4, high: 4 });
    expect(share?.value).toBeCloseTo(3.2 / 4, 12);
    // seeds alone: 12.706 · 0.2828 / √2 of a gain of 4
    expect(share?.high).toBeCloseTo((3.2 + (12.706 * Math.sqrt(0.08)) / Math.SQRT2) / 4, 9);
    expect(share?.low).toBeCloseTo((3.2 - (12.706 * Math.sqrt(0.08)) / Math.SQRT2) / 4, 9);
  });

  it("counts the test examples in pairs: what all rows miss alike widens nothing", () => {
    const shared = Float64Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? 0 : 100));
    const without = (every: number): Float64Array => shared.map((score, i) => (i % every === 1 ? 0 : score));
    const { share } = shareInGates({ model: shared, gates: [without(100)], random: [without(10)] });
    const width = (share?.high ?? 0) - (share?.low ?? 0);
    const alone = intervalOf([shared]);
    expect(width).toBeLessThan(0.5);
    expect(alone.high - alone.low).toBeGreaterThan(5);
  });

  it.each([
    ["a large gain", { m: 0.97, f: 0.95, r: 0.85, scatter: 0.004 }],
    ["a small one", { m: 0.93, f: 0.92, r: 0.9, scatter: 0.004 }],
    ["one that could be nothing", { m: 0.91, f: 0.905, r: 0.9, scatter: 0.01 }],
  ])("has an interval that covers 95 in 100 of what is drawn, or more: %s", (_, { m, f, r, scatter }) => {
    const [examples, runs, draws] = [300, 3, 400];
    const stream = randomStream(1, "coverage", m);
    const truth = (f - r) / (m - r);
    let missed = 0;
    for (let draw = 0; draw < draws; draw++) {
      // an example is as hard for one network as for another, but for some luck
      const hard = stream.uniform(examples, 0, 1);
      const scoresOf = (rate: number): Float64Array => {
        const luck = stream.uniform(examples, 0, 1);
        const other = stream.uniform(examples, 0, 1);
        return hard.map((one, i) => ((luck[i]! < 0.7 ? one : other[i]!) < rate ? 100 : 0));
      };
      const seeded = (rate: number): readonly Float64Array[] =>
        Array.from({ length: runs }, () => {
          const [a = 0.5, b = 0.5] = stream.uniform(2, 1e-9, 1);
          return scoresOf(rate + scatter * Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b));
        });
      const { share } = shareInGates({ model: scoresOf(m), gates: seeded(f), random: seeded(r) });
      // no interval claims nothing
      if (share === null || share.low === null || share.high === null) continue;
      if (truth < share.low || truth > share.high) missed++;
    }
    expect(missed / draws).toBeLessThan(0.07);
  });

  it("has no interval where the gain could be nothing, and is none where it is", () => {
    const scores = (right: number): Float64Array => Float64Array.from({ length: 50 }, (_, i) => (i < right ? 100 : 0));
    const tight = shareInGates({ model: scores(46), gates: [scores(45)], random: [scores(45)] });
    expect(tight.share).toEqual({ value: 0, low: null, high: null });
    expect(tight.gained.low).toBeLessThan(0);
    expect(shareInGates({ model: scores(45), gates: [scores(46)], random: [scores(45)] }).share).toBeNull();
  });
});
