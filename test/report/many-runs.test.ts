/** Reports over more runs than anybody reads one by one: by setting, of a size that does not grow with the runs. */
import { describe, expect, it } from "vitest";
import { figuresOf, type ReportTrial, renderReport, renderSvg } from "../../src/report/index.ts";
import { failedTrial, plausibleKernels, reportOf, trialOfAccuracy } from "./fixture.ts";
import { textOf } from "./markup.ts";

/** A sweep of two batches, half of the runs each, with accuracies 90.0, 90.1, … 90.9 over and over. */
const sweep = (count: number): readonly ReportTrial[] =>
  Array.from({ length: count }, (_, seed) => {
    const trial = trialOfAccuracy("relu", seed, 90 + (seed % 10) / 10 + (seed % 2 === 0 ? 0 : 2));
    return { ...trial, run: { ...trial.run, plan: { ...trial.run.plan, batch: seed % 2 === 0 ? 32 : 64 } } };
  });

const rowsOf = (page: string): readonly (readonly string[])[] => {
  const section = /aria-label="Runs by setting">([\s\S]*?)<\/table>/.exec(page)?.[1] ?? expect.fail("no table");
  return [...section.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd].*?<\/t[hd]>/gs)].map(([cell]) => textOf(cell).trim()),
  );
};

describe("a report over hundreds of runs", () => {
  it("tells them by setting, the best first (means by hand)", async () => {
    const trials = sweep(400);
    const [first, ...others] = trials;
    if (first === undefined) throw new Error("no trials");
    const page = await renderReport(reportOf([failedTrial(first, 1, "a loss of NaN", "lower the rate"), ...others]));
    // odd seeds: 92.1, 92.3, 92.5, 92.7, 92.9; even ones: 90, 90.2, … 90.8, less the one of 90 that failed
    expect(rowsOf(page)).toEqual([
      ["Regime", "Batch", "Best, %", "Range", "Finished", "Runs"],
      ["ReLU", "64 examples", "92.50 ± 0.28", "92.10 – 92.90", "200", "200"],
      ["ReLU", "32 examples", "90.40 ± 0.28", "90.00 – 90.80", "199", "200"],
    ]);
    expect(page).not.toContain("relu-seed399");
    expect(page).toContain("<code>relu-seed0</code> failed after 1 epoch of 1");
    expect(textOf(page)).toContain("400, from 0 to 399");
  });

  it("draws a row of results as its range, without a warning", async () => {
    const [results] = figuresOf(reportOf(sweep(400)));
    const warnings: string[] = [];
    const svg = await renderSvg(results ?? expect.fail("no figure"), "light", (message) => warnings.push(message));
    expect(warnings).toEqual([]);
    expect(svg).toContain("a line from the least to the largest");
    expect(svg.length).toBeLessThan(20_000);
  });

  it("is no larger for twice the runs", async () => {
    const [once, twice] = await Promise.all([300, 600].map((count) => renderReport(reportOf(sweep(count)))));
    expect(Math.abs((twice?.length ?? 0) - (once?.length ?? 0))).toBeLessThan(1000);
  });

  it("keeps the matrices of one run", () => {
    const [first, second] = sweep(2);
    if (first === undefined || second === undefined) throw new Error("no trials");
    const kernels = plausibleKernels("relu", 1);
    const maps = (trials: readonly ReportTrial[]) =>
      figuresOf(reportOf(trials)).find(({ name }) => name === "kernel-map-relu")?.spec;
    const others = { ...kernels, start: undefined, last: undefined };
    expect(
      maps([
        { ...first, kernels },
        { ...second, kernels },
      ]),
    ).toEqual(
      maps([
        { ...first, kernels },
        { ...second, kernels: others },
      ]),
    );
  });
});
