import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fisherTest, holm, shareInterval } from "../../../src/models/monitor/count-tests.ts";
import { coveringExamples } from "../../../src/models/monitor/covering-examples.ts";
import { largerOfOwn, thresholdOf, unfamiliarity } from "../../../src/models/monitor/quantiles.ts";
import { expectClose } from "../../support/expect-close.ts";

// few values: ties are part of the law
const pairs = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { minLength: 8, maxLength: 60 });
const without = (values: readonly number[], i: number): Float64Array => Float64Array.from(values.toSpliced(i, 1));

describe("quantiles of exchangeable inputs", () => {
  it("are at least q for at most a share 1 − q of them, each against all the others", () =>
    fc.assert(
      fc.property(pairs, fc.double({ min: 0.01, max: 1, noNaN: true }), (drawn, q) => {
        const values = drawn.map(([value]) => value);
        const own = values.map((value, i) => unfamiliarity(without(values, i).sort(), value));
        expect(own.filter((u) => u >= q).length).toBeLessThanOrEqual((1 - q) * values.length + 1e-9);
        // without ties they are 0, 1/n, 2/n, …
        if (new Set(values).size === values.length) {
          expectClose(
            own.toSorted((a, b) => a - b),
            values.map((_, i) => i / values.length),
            { relative: 1e-12 },
          );
        }
      }),
    ));

  it("raise an alarm by the larger of two for at most a share 1 − level of them", () =>
    fc.assert(
      fc.property(pairs, fc.constantFrom(0.5, 0.7, 0.9), (drawn, level) => {
        const [a, b] = [drawn.map(([one]) => one), drawn.map(([, other]) => other)];
        let raised = 0;
        for (let i = 0; i < drawn.length; i++) {
          const [heldA, heldB] = [without(a, i), without(b, i)];
          let above: number;
          try {
            above = thresholdOf(largerOfOwn(heldA, heldB), level).threshold;
          } catch {
            // too few for this level: no alarm
            continue;
          }
          const alarm = Math.max(unfamiliarity(heldA.sort(), a[i] ?? 0), unfamiliarity(heldB.sort(), b[i] ?? 0));
          if (alarm > above) raised += 1;
        }
        expect(raised).toBeLessThanOrEqual((1 - level) * drawn.length + 1e-9);
      }),
    ));
});

/** Binomial coefficients by Pascal's rule. */
const choose = (n: number, k: number): number => {
  const row = [1];
  for (let i = 0; i < n; i++) for (let j = row.length; j > 0; j--) row[j] = (row[j] ?? 0) + (row[j - 1] ?? 0);
  return row[k] ?? 0;
};

describe("tests of counts", () => {
  it("Clopper and Pearson's interval leaves a fortieth on either side", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), (n, drawn) => {
        const k = drawn % (n + 1);
        const { low, high } = shareInterval(k, n);
        const sum = (from: number, to: number, p: number): number => {
          let total = 0;
          for (let i = from; i <= to; i++) total += choose(n, i) * p ** i * (1 - p) ** (n - i);
          return total;
        };
        if (k > 0) expectClose(sum(k, n, low), 0.025, { relative: 1e-8 });
        if (k < n) expectClose(sum(0, k, high), 0.025, { relative: 1e-8 });
      }),
    ));

  it("Fisher's test is twice the smaller tail of all tables with these sums", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.nat(),
        (n, m, x, y) => {
          const [a, b] = [x % (n + 1), y % (m + 1)];
          const all = a + b;
          let [lower, upper] = [0, 0];
          for (let i = Math.max(0, all - m); i <= Math.min(n, all); i++) {
            const p = (choose(n, i) * choose(m, all - i)) / choose(n + m, all);
            if (i <= a) lower += p;
            if (i >= a) upper += p;
          }
          expectClose(fisherTest(a, n, b, m), Math.min(1, 2 * Math.min(lower, upper)), { relative: 1e-9 });
        },
      ),
    ));

  // scipy.stats.fisher_exact([[a, n - a], [b, m - b]], alternative="less" or "greater"), doubled
  it.each([
    { a: 300, n: 1000, b: 4000, m: 10_000, wanted: 4.3879678399545576e-10 },
    { a: 5000, n: 10_000, b: 5100, m: 10_000, wanted: 0.16146929150845823 },
  ])("of $a of $n and $b of $m is SciPy's", ({ a, n, b, m, wanted }) => {
    expectClose(fisherTest(a, n, b, m), wanted, { relative: 1e-9 });
  });

  it("Holm's correction rejects as its steps do", () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (p) => {
        const adjusted = holm(Float64Array.from(p));
        for (const level of [0.01, 0.05, 0.3]) {
          const rising = p.toSorted((one, other) => one - other);
          const stop = rising.findIndex((one, i) => one * (p.length - i) > level);
          const rejected = stop < 0 ? p.length : stop;
          expect(adjusted.filter((one) => one <= level).length).toBe(rejected);
        }
      }),
    ));
});

it("examples that cover are chosen as the greedy sum says", () =>
  fc.assert(
    fc.property(fc.array(fc.double({ min: -9, max: 0, noNaN: true }), { minLength: 36, maxLength: 36 }), (drawn) => {
      const count = 6;
      const similar = Float32Array.from(
        { length: 36 },
        (_, i) => drawn[Math.min(i, (i % 6) * 6 + Math.floor(i / 6))] ?? 0,
      );
      const best = new Array<number>(count).fill(-20);
      const taken: number[] = [];
      for (let turn = 0; turn < 4; turn++) {
        const sums = Array.from({ length: count }, (_, s) =>
          taken.includes(s)
            ? Number.NEGATIVE_INFINITY
            : best.reduce((sum, one, i) => sum + Math.max(one, similar[s * count + i] ?? 0), 0),
        );
        const next = sums.indexOf(Math.max(...sums));
        taken.push(next);
        for (let i = 0; i < count; i++) best[i] = Math.max(best[i] ?? 0, similar[next * count + i] ?? 0);
      }
      const covered = (chosen: readonly number[]): number => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += Math.max(-20, ...chosen.map((s) => similar[s * count + i] ?? 0));
        return sum;
      };
      // where two are equal by rounding either may be taken
      expectClose(covered([...coveringExamples(similar, count, 4)]), covered(taken), { relative: 1e-5 });
    }),
  ));
