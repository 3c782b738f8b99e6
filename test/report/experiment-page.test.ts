import { describe, expect, it } from "vitest";
import {
  binaryMnist,
  kernelMachine,
  kernelMachineCifar10,
  ntkTrace,
  type TheoremFinding,
  type TheoremNetwork,
  theorem,
  type Watched,
} from "../../src/experiments/index.ts";
import {
  type ExperimentMaking,
  type ExperimentPage,
  renderExperimentPage,
  renderSvg,
  theoremPage,
  watchedPage,
} from "../../src/report/index.ts";
import { startTags, textOf } from "./markup.ts";

const MAKING: ExperimentMaking = {
  command: "gatewise reproduce theorem --out 'a <b>'",
  createdAt: "2025-11-24T06:00:00.000Z",
  version: "0.1.0",
  threads: 1,
  machine: {
    platform: "linux x64",
    processor: "A & B",
    cores: 2,
    memoryGiB: 8,
    node: "20.0.0",
    onnxruntime: "1.30.0",
  },
};

/** Errors of exactly `width^slope`. */
const finding = (network: TheoremNetwork, slope: number, slopeError = 0.02): TheoremFinding => ({
  network,
  ...theorem.series[network],
  rows: [16, 64, 256, 1024].map((width) => ({ width, meanError: width ** slope, stdError: 0.1 * width ** slope })),
  slope,
  slopeError,
  draws: 20,
});
const bothOf = (dense: number, convolutional: number, slopeError?: number): ExperimentPage =>
  theoremPage({
    experiment: theorem,
    profileName: "quick",
    findings: [finding("fully-connected", dense, slopeError), finding("convolutional", convolutional)],
  });

type Row = Watched<Readonly<Record<string, number>>>;

/** Two runs, measured twice: the second of every number is `factor` of the first. */
const rowsOf = (names: readonly string[], from: number, factor: number): readonly Row[] =>
  [0, 1].flatMap((seed) =>
    [0, 4].map((epoch) => ({
      seed,
      epoch,
      testAccuracy: epoch === 0 ? undefined : 95 + seed,
      measured: Object.fromEntries(names.map((name) => [name, (epoch === 0 ? from : from * factor) + 2 * seed])),
    })),
  );
const MEASURED = {
  "binary-mnist": ["nu", "jitter"],
  "ntk-trace": ["value trace, class", "feature trace, class", "value trace, logit 0", "feature trace, logit 0"],
  "kernel-machine": ["test accuracy %", "ridge"],
  "kernel-machine-cifar10": ["test accuracy %", "ridge"],
} as const;

function watched(name: keyof typeof MEASURED, from: number, factor: number): ExperimentPage {
  const known = [binaryMnist, ntkTrace, kernelMachine, kernelMachineCifar10];
  const experiment = known.find((one) => one.name === name) ?? expect.fail(name);
  const profile = { ...experiment.profiles.full, epochs: 4, runs: 2 };
  return watchedPage({ experiment, profile, profileName: "full", rows: rowsOf(MEASURED[name], from, factor) });
}

const PAGES: readonly { readonly name: string; readonly page: ExperimentPage }[] = [
  { name: "theorem", page: bothOf(-0.49, -0.51) },
  { name: "binary-mnist", page: watched("binary-mnist", 16_000, 0.5) },
  { name: "ntk-trace", page: watched("ntk-trace", 10, 3) },
  { name: "kernel-machine", page: watched("kernel-machine", 90, 1.05) },
  { name: "kernel-machine-cifar10", page: watched("kernel-machine-cifar10", 60, 1.1) },
];

describe.each(PAGES)("the page of $name", ({ page }) => {
  it("has its parts, balanced and in order, and asks for nothing outside", async () => {
    const text = await renderExperimentPage(page, MAKING);
    const tags = startTags(text);
    const ids = tags.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const referred = tags.flatMap(
      ({ attributes }) => attributes["aria-labelledby"] ?? attributes["aria-describedby"] ?? [],
    );
    expect(ids).toEqual(expect.arrayContaining(referred));
    expect(tags.flatMap(({ name }) => (/^h[12]$/.test(name) ? [name] : []))).toEqual(["h1", "h2", "h2", "h2", "h2"]);
    expect(tags.filter(({ name }) => name === "svg")).toHaveLength(1);
    expect(tags.filter(({ name }) => ["script", "img", "iframe", "object", "use"].includes(name))).toEqual([]);
    expect(text).not.toMatch(/https?:|@import|url\(|NaN|undefined|Infinity/);
  });

  it("says how it was made, escaped, and is the same text every time", async () => {
    const text = await renderExperimentPage(page, MAKING);
    expect(await renderExperimentPage(page, MAKING)).toBe(text);
    const words = textOf(text);
    expect(words).toContain(MAKING.command);
    expect(words).toContain("A & B, 2 cores of which 1 worked, 8 GiB, linux x64");
    expect(words).toContain("Gatewise 0.1.0, Node 20.0.0, ONNX Runtime 1.30.0");
    expect(words).toContain("24 November 2025, 06:00 UTC");
    expect(words).toContain("arXiv 2006.10529");
    expect(/<h1>(.*)<\/h1>/.exec(text)?.[1]).toMatch(/^[A-Z].*[.]$/);
  });

  it("has figures that Vega does not warn of", async () => {
    const warnings: string[] = [];
    for (const figure of page.figures) await renderSvg(figure, "light", (message) => warnings.push(message));
    expect(warnings).toEqual([]);
  });
});

describe("the answer", () => {
  it.each([
    {
      page: bothOf(-0.49, -0.51),
      answer:
        "The tangent kernel comes to the path kernel as one over the root of the width: the error falls with slope −0.49 (fully connected) and −0.51 (convolutional), in theory −0.5.",
    },
    {
      page: bothOf(-0.3, -0.51),
      answer:
        "The error of the tangent kernel against the path kernel changes with slope −0.30 (fully connected) and −0.51 (convolutional): this is not the −0.5 of theory.",
    },
    {
      page: bothOf(-0.42, -0.51, 0.05),
      answer:
        "The error of the tangent kernel against the path kernel falls with slope −0.42 (fully connected) and −0.51 (convolutional): too few draws to tell whether that is the −0.5 of theory.",
    },
    // means of two runs, the second 2 above the first
    {
      page: watched("binary-mnist", 16_000, 0.5),
      answer:
        "The gates learn: while the network learns to tell 4 from 7, the ν of its path kernel falls from 16,001 to 8,001.",
    },
    {
      page: watched("binary-mnist", 16_000, 1.5),
      answer:
        "The gates do not learn here: while the network learns to tell 4 from 7, the ν of its path kernel does not fall (16,001 before training, 24,001 after it).",
    },
    {
      page: watched("ntk-trace", 10, 3),
      answer:
        "While gates and values learn apart, the trace of the value tangent kernel grows from 11 to 31 and the trace of the feature tangent kernel grows from 11 to 31.",
    },
    {
      page: watched("kernel-machine", 90, 1.05),
      answer:
        "A kernel machine that knows only the gates reaches 91.00 % with random gates and 95.50 % with those of the trained network: training improves the gates.",
    },
    {
      page: watched("kernel-machine", 90, 0.9),
      answer:
        "A kernel machine that knows only the gates reaches 91.00 % with random gates and 82.00 % with those of the trained network: here training does not help it.",
    },
    {
      page: watched("kernel-machine-cifar10", 60, 1.1),
      answer:
        "A kernel machine that knows only the gates of the network reaches 61.00 % behind random gates and 67.00 % behind trained ones: training improves the gates.",
    },
  ])("$answer", ({ page, answer }) => {
    expect(page.answer).toBe(answer);
  });
});

describe("expected figures", () => {
  it("stand beside the measured ones", () => {
    expect(bothOf(-0.49, -0.51).expected.rows).toEqual([
      [
        "Fully connected",
        "−0.490 ± 0.020",
        "−0.500",
        "width 64 to 1,024",
        "0.54 at 16, 0.27 at 64, 0.13 at 256, 0.06 at 1,024",
      ],
      ["Convolutional", "−0.510 ± 0.020", "−0.500", "channels 16 to 1,024", "–"],
    ]);
    // 95.50 − 91.00, and 97.82 − 96.02
    expect(watched("kernel-machine", 90, 1.05).expected.rows).toEqual([
      ["Random", "91.00", "96.02 ± 0.13"],
      ["Trained", "95.50", "97.82 ± 0.02"],
      ["Change in training", "+4.50", "+1.80"],
      ["Rises", "2 of 2", "–"],
    ]);
    // 67.00 − 61.00, and 79.68 − 67.09
    expect(watched("kernel-machine-cifar10", 60, 1.1).expected.rows).toEqual([
      ["Random", "61.00", "67.09 ± 0.58 (network behind random gates)"],
      ["Random, infinitely many", "–", "77.43 (infinite-width kernel with pooling)"],
      ["Trained", "67.00", "79.68 ± 0.32 (network behind trained gates)"],
      ["Change in training", "+6.00", "+12.59"],
    ]);
    expect(watched("binary-mnist", 16_000, 0.5).expected.rows).toEqual([
      ["Change of ν in training", "× 0.500", "it falls"],
      ["Runs in which it fell", "2 of 2", "–"],
    ]);
  });

  it("are measured ones with their deviation over the runs", () => {
    // 16,000 and 16,002: the deviation of two is their distance over √2
    expect(watched("binary-mnist", 16_000, 0.5).measured[0]?.rows).toEqual([
      ["0", "–", "16,001 ± 1.414", "16,001 ± 1.414"],
      ["4", "95.50", "8,001 ± 1.414", "8,001 ± 1.414"],
    ]);
  });

  it("come with a caution unless the whole protocol was run", () => {
    expect(watched("binary-mnist", 16_000, 0.5).caution).toBe(
      "Not the full protocol, which is 50 epochs on mnist and 5 runs: the course can be compared, the figures cannot.",
    );
    const { experiment, profile, rows } = {
      experiment: kernelMachine,
      profile: kernelMachine.profiles.full,
      rows: rowsOf(MEASURED["kernel-machine"], 90, 1.05).filter(({ seed }) => seed === 0),
    };
    expect(watchedPage({ experiment, profile, profileName: "full", rows }).caution).toBeUndefined();
  });
});
