import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chosenRidge,
  halfOf,
  type InfluenceScore,
  influenceCeiling,
  influenceRows,
} from "../../src/experiments/index.ts";
import { jackknifeError, rankCorrelation, tableScore } from "../../src/experiments/influence/rank-correlation.ts";
import { expectClose } from "../support/expect-close.ts";

/** Spearman's by its textbook form for values without ties: `1 − 6 Σ d² / (n (n² − 1))`. */
function withoutTies(a: readonly number[], b: readonly number[]): number {
  const rank = (values: readonly number[], value: number): number => values.filter((one) => one < value).length;
  const n = a.length;
  const squares = a.reduce((sum, value, i) => sum + (rank(a, value) - rank(b, b[i] ?? 0)) ** 2, 0);
  return 1 - (6 * squares) / (n * (n ** 2 - 1));
}

const distinct = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 12 });

describe("scores of predicted losses (theory 8.4)", () => {
  it("are Spearman's correlation", () =>
    fc.assert(
      fc.property(distinct, fc.nat(1000), (a, seed) => {
        const b = a.map((value, i) => Math.sin(seed + i) * 1000 + value / 7);
        expectClose(rankCorrelation(Float64Array.from(a), Float64Array.from(b)), withoutTies(a, b), {
          relative: 0,
          absolute: 1e-12,
        });
      }),
    ));

  it("share the place of ties, and are 0 where nothing varies", () => {
    // scipy.stats.spearmanr([1, 2, 2, 4], [3, 1, 2, 4]) is 0.316227766…
    expectClose(rankCorrelation(Float64Array.of(1, 2, 2, 4), Float64Array.of(3, 1, 2, 4)), Math.sqrt(0.1), {
      relative: 1e-12,
    });
    expect(rankCorrelation(Float64Array.of(1, 1, 1), Float64Array.of(3, 1, 2))).toBe(0);
  });

  it("are means over columns and tables, and over all halves but one", () => {
    const table = [
      [1, 5],
      [2, 1],
      [3, 3],
      [4, 2],
    ].map((row) => Float64Array.from(row));
    const same = tableScore(table, [table, table.map((row) => row.map((value) => -value))]);
    expect(same).toEqual({ score: 0, withoutHalf: [0, 0, 0, 0] });
    expect(tableScore(table, [table]).withoutHalf).toEqual([1, 1, 1, 1]);
    // of a mean the jackknife's standard error is the usual one: s / √n
    const values = [3, 1, 4, 1, 5];
    const means = values.map((left) => (14 - left) / 4);
    expectClose(jackknifeError(means), Math.sqrt(3.2 / 5), { relative: 1e-12 });
    expect(influenceCeiling([table, table])).toEqual({ agreement: 1, error: 0, ceiling: 1 });
  });

  it("stand beside what the path kernel has more than the controls", () => {
    const score = (
      similarity: InfluenceScore["similarity"],
      network: number,
      value: number,
      ridge = 3,
    ): InfluenceScore => ({
      ...{ similarity, network, ridge, score: value, even: value - ridge / 100, odd: value + ridge / 100 },
      withoutHalf: [value, value + 0.01 * (network + 1), value],
    });
    const scores = [
      score("path kernel", 0, 0.4),
      score("cosine of pixels", 0, 0.3),
      score("path kernel", 1, 0.6),
      score("cosine of pixels", 1, 0.3),
      score("path kernel", 0, 0.4, 1),
    ];
    const [paths, pixels] = influenceRows(scores, 3);
    expect(paths).toMatchObject({ similarity: "path kernel", networks: [0.4, 0.6], behind: 0, behindError: 0 });
    expect(pixels).toMatchObject({ similarity: "cosine of pixels", networks: [0.3, 0.3] });
    expectClose([pixels?.behind ?? Number.NaN, pixels?.behindError ?? Number.NaN], [0.2, 0], {
      ...{ relative: 1e-12, absolute: 1e-12 },
    });
    // the best on the even halves (ridge 1: less is taken off) is scored on the odd ones, and the other way round
    expectClose(chosenRidge(scores, [1, 3])?.score ?? Number.NaN, (0.41 + 0.37) / 2, { relative: 1e-12 });
    expect(chosenRidge(scores, [1, 3])?.ridge).toEqual({ onEven: 1, onOdd: 3 });
    expect(chosenRidge(scores, [1, 3, 10])).toBeUndefined();
  });

  it("are of halves that are drawn by their number", () => {
    const [first, second] = [halfOf(0, 11), halfOf(1, 11)];
    expect(new Set(first).size).toBe(5);
    expect([...first].every((example) => example >= 0 && example < 11)).toBe(true);
    expect([...first]).toEqual([...first].sort((a, b) => a - b));
    expect([...halfOf(0, 11)]).toEqual([...first]);
    expect([...second]).not.toEqual([...first]);
  });
});
