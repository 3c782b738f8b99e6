import { describe, expect, it } from "vitest";
import { formatDuration } from "../../src/cli/duration.ts";
import { estimateOf, type TrialSize } from "../../src/runs/estimate.ts";

const size = (id: string, changes: Partial<TrialSize> = {}): TrialSize => ({
  id,
  group: id.split("-")[0] ?? id,
  epochs: 10,
  work: 1,
  after: undefined,
  ...changes,
});

describe("the time that is left", () => {
  it("is not known before anything has moved", () => {
    const estimate = estimateOf([size("relu-0")], 1);
    expect(estimate.left()).toBeUndefined();
    estimate.advance("relu-0", 0.5, 7);
    expect(estimate.left()).toBeUndefined();
  });

  it("of one trial follows its speed, not the time before its first steps", () => {
    const estimate = estimateOf([size("relu-0")], 1);
    estimate.advance("relu-0", 0.5, 100);
    estimate.advance("relu-0", 2, 130);
    expect(estimate.left()).toBe(8 * 20);
  });

  it("of a resumed trial counts what is left of it", () => {
    const estimate = estimateOf([size("relu-0")], 1);
    estimate.advance("relu-0", 6.5, 1);
    estimate.advance("relu-0", 7, 11);
    expect(estimate.left()).toBe(3 * 20);
  });

  it("of regimes not yet started follows from their work", () => {
    const estimate = estimateOf([size("relu-0"), size("dlnpf-0", { work: 2 })], 1);
    estimate.advance("relu-0", 0, 0);
    estimate.advance("relu-0", 1, 5);
    expect(estimate.left()).toBe(9 * 5 + 10 * 10);
    estimate.end("relu-0");
    estimate.advance("dlnpf-0", 0, 45);
    estimate.advance("dlnpf-0", 1, 48);
    expect(estimate.left()).toBe(9 * 3);
  });

  it.each([
    { workers: 1, left: 27 + 30 + 30 },
    { workers: 2, left: 27 + 30 },
    // the last waits for the first, whatever is free
    { workers: 3, left: 27 + 30 },
  ])("of a table, on $workers workers", ({ workers, left }) => {
    const trials = [size("relu-0"), size("dlnpf-0"), size("flnpf-0", { after: "relu-0" })];
    const estimate = estimateOf(trials, workers);
    estimate.advance("relu-0", 0, 0);
    estimate.advance("relu-0", 1, 3);
    expect(estimate.left()).toBe(left);
  });

  it("counts what an earlier command did, and nothing of what ended", () => {
    const trials = [size("relu-0"), size("relu-1"), size("relu-2"), size("relu-3")];
    const estimate = estimateOf(trials, 1);
    estimate.found("relu-2", 7);
    estimate.found("relu-3", 10);
    estimate.end("relu-1");
    estimate.advance("relu-0", 0, 0);
    estimate.advance("relu-0", 5, 10);
    expect(estimate.left()).toBe(5 * 2 + 3 * 2);
    for (const { id } of trials) estimate.end(id);
    expect(estimate.left()).toBe(0);
  });
});

it.each([
  [0, "0 s"],
  [59.4, "59 s"],
  [59.6, "1 min"],
  [1700, "28 min"],
  [3599, "1 h"],
  [3600 + 20 * 60, "1 h 20 min"],
  [47.5 * 3600, "47 h 30 min"],
  [52 * 3600, "2 d 4 h"],
  [72 * 3600, "3 d"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
