import { describe, expect, it } from "vitest";
import { influenceText } from "../../src/cli/influence-text.ts";

const NOTHING = { top: [], bottom: [] };
const told = (score: number | undefined): string => {
  const sides = score === undefined ? NOTHING : { top: [{ example: 4, label: 1, score }], bottom: [] };
  const queries = [{ predicted: 1, label: null, ...sides, control: NOTHING }];
  return influenceText({ kind: "classes", queries, first: 0, labelNoise: undefined });
};

describe("influenceText", () => {
  it("shows scores of an input that the network is sure of, and says where there are none", () => {
    expect(told(0.0123456)).toContain("4 (1) 12.35");
    expect(told(2.5e-15)).toContain("4 (1) 2.50e-12");
    expect(told(undefined)).toContain("no example moves it");
  });
});
