import { describe, expect, it } from "vitest";
import { figuresOf, type ReportInput, renderSvg } from "../../src/report/index.ts";
import { failedTrial, plausibleTrials, reportOf, sampleReport, trialOfAccuracy } from "./fixture.ts";
import { expectBalanced } from "./markup.ts";

const failed = plausibleTrials({ regimes: ["relu"], seeds: 1, epochs: 3 }).map((trial) =>
  failedTrial(trial, 2, "a", "b"),
);
const gateless = plausibleTrials({ seeds: 1, epochs: 2 }).map((trial) => ({
  ...trial,
  metrics: trial.metrics.map((metrics) => ({ ...metrics, gates: [] })),
}));

const INPUTS: readonly { name: string; input: ReportInput; figures: readonly string[] }[] = [
  {
    name: "five regimes",
    input: sampleReport(),
    figures: [
      "results",
      "accuracy",
      "loss-frnpf-ii",
      "loss-frnpf-di",
      "loss-flnpf",
      "loss-dlnpf",
      "loss-relu",
      "gates-dlnpf",
      "gates-relu",
      "gates-by-layer",
    ],
  },
  {
    name: "one run of one epoch",
    input: reportOf(plausibleTrials({ regimes: ["relu"], seeds: 1, epochs: 1 }), { published: {} }),
    figures: ["results", "accuracy", "loss-relu", "gates-relu", "gates-by-layer"],
  },
  {
    name: "only gates that are fixed",
    input: reportOf(plausibleTrials({ regimes: ["frnpf-ii"], seeds: 2, epochs: 5 })),
    figures: ["results", "accuracy", "loss-frnpf-ii", "gates-by-layer"],
  },
  {
    name: "only a failed run",
    input: reportOf(failed),
    figures: ["accuracy", "loss-relu", "gates-relu", "gates-by-layer"],
  },
  {
    name: "no gates",
    input: reportOf(gateless.filter(({ run }) => run.plan.regime === "flnpf")),
    figures: ["results", "accuracy", "loss-flnpf"],
  },
  {
    name: "accuracies of 100 and 0 %",
    input: reportOf([trialOfAccuracy("relu", 0, 100), trialOfAccuracy("frnpf-ii", 0, 0)]),
    figures: ["results", "accuracy", "loss-frnpf-ii", "loss-relu", "gates-relu", "gates-by-layer"],
  },
  { name: "no runs", input: reportOf([]), figures: [] },
];

describe.each(INPUTS)("figures of $name", ({ input, figures }) => {
  it("are those that have something to show", () => {
    expect(figuresOf(input).map(({ name }) => name)).toEqual(figures);
  });
  it("are drawn without a warning, in numbers, as balanced SVG", async () => {
    for (const figure of figuresOf(input)) {
      const warnings: string[] = [];
      const svg = await renderSvg(figure, "light", (message) => warnings.push(message));
      expect({ figure: figure.name, warnings }).toEqual({ figure: figure.name, warnings: [] });
      expect(svg).not.toMatch(/NaN|undefined|Infinity|null/);
      // ids of Vega are counted for the process: they would make a second rendering differ, and collide in a page
      expect(svg).not.toMatch(/ id=|url\(/);
      expectBalanced(svg);
    }
  });
});

describe("renderSvg", () => {
  const [results, accuracy] = figuresOf(sampleReport());
  if (results === undefined || accuracy === undefined) throw new Error("the sample has no figures");

  it("gives a file of its own that names itself", async () => {
    expect(await renderSvg(results)).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img" aria-label="Best test accuracy, %\. Best [^"]*" width="380" height="260" viewBox="0 0 380 260"><rect width="380" height="260" fill="#ffffff"\/>/,
    );
  });
  it("gives the same text again, whatever was drawn before", async () => {
    const first = await renderSvg(results);
    await renderSvg(accuracy);
    expect(await renderSvg(results)).toBe(first);
  });
  it("uses no color of its own in a page", async () => {
    for (const figure of figuresOf(sampleReport())) {
      const svg = await renderSvg(figure, "page");
      expect(svg).not.toMatch(/"#|xmlns|<rect/);
      expect(svg).toContain("var(--");
    }
  });
});

describe("figuresOf", () => {
  it("gives specs that stand alone", () => {
    for (const { spec } of figuresOf(sampleReport())) {
      expect(spec.$schema).toBe("https://vega.github.io/schema/vega-lite/v6.json");
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
      expect(JSON.stringify(spec)).not.toContain('"url"');
    }
  });
  it("thins 300 epochs to 150 points a line", () => {
    const input = reportOf(plausibleTrials({ regimes: ["relu"], seeds: 1, epochs: 300 }));
    const accuracy = figuresOf(input).find(({ name }) => name === "accuracy");
    expect(JSON.stringify(accuracy?.spec).match(/"epoch":/g)).toHaveLength(150);
  });
});
