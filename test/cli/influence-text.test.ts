import { describe, expect, it } from "vitest";
import { influenceText } from "../../src/cli/influence-text.ts";
import type { LabelNoise, QueryInfluence } from "../../src/models/index.ts";

const NOTHING = { top: [], bottom: [] };
const told = (score: number | undefined, unmoved: QueryInfluence["unmoved"] = null): string => {
  const sides = score === undefined ? NOTHING : { top: [{ example: 4, label: 1, score }], bottom: [] };
  const queries = [{ predicted: 1, label: null, ...sides, control: NOTHING, unmoved }];
  return influenceText({ kind: "classes", queries, first: 0, labelNoise: undefined });
};
const noise = (more: Partial<LabelNoise>, score: number): string => {
  const ranked = [{ example: 3, label: 1, suggested: 2, score }];
  const labelNoise = {
    diagonal: "exact",
    classes: 3,
    ranked,
    control: { inputs: null, loss: ranked },
    ...more,
  } as const;
  return influenceText({ kind: "classes", queries: undefined, first: 0, labelNoise });
};

describe("influenceText", () => {
  it("shows scores of an input that the network is sure of, and says where there are none", () => {
    expect(told(0.0123456)).toContain("4 (1) 12.35");
    expect(told(2.5e-15)).toContain("4 (1) 2.50e-12");
  });

  it.each([
    { unmoved: "no slope", words: "its loss has no slope" },
    { unmoved: "no shared paths", words: "no active path in common" },
    { unmoved: "too small", words: "too small to be told" },
  ] as const)("says why nothing moves a query: $unmoved", ({ unmoved, words }) => {
    expect(told(undefined, unmoved)).toMatch(new RegExp(`^query 0, predicted 1\nno example moves it: .*${words}`));
  });

  it.each([
    { more: {}, score: 0.4, words: "labels that look wrong" },
    { more: {}, score: -0.4, words: "no label looks wrong" },
    { more: { classes: 1 }, score: -0.4, words: "all labels are one class" },
    { more: { diagonal: "estimate" }, score: 0.4, words: "scores are off by some percent" },
  ] as const)("says what labels are worth: $words", ({ more, score, words }) => {
    expect(noise(more, score)).toContain(words);
  });
});
