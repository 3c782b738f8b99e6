import { describe, expect, it } from "vitest";
import { type Architecture, fullyConnected } from "../../src/network/index.ts";
import { chunksFrom, chunksOf } from "../../src/train/chunks.ts";
import { optimizer, stepWork } from "../../src/train/index.ts";
import { stepsPerRun } from "../../src/train/step-work.ts";
import { convolution } from "../support/layers.ts";

const maps = (width: number): Architecture => ({
  inputShape: [3, 32, 32],
  layers: [
    convolution(width),
    { kind: "residual", body: [convolution(width)], shortcut: [] },
    { kind: "global-average-pool" },
    { kind: "dense", units: 10, bias: true, gated: false },
  ],
});
/** 27·64, 576·64 and 64·10 products at 1024, 1024 and one place. */
const PRODUCTS = 27 * 64 * 1024 + 576 * 64 * 1024 + 640;
const fc = (width: number): Architecture => fullyConnected({ inputShape: [28, 28], depth: 3, width, outputs: 10 });

describe("stepWork", () => {
  it.each([
    { regime: "relu", passes: 3 },
    { regime: "frnpf-ii", passes: 4 },
    { regime: "flnpf", passes: 4 },
    { regime: "dlnpf", passes: 6 },
  ] as const)("$regime takes $passes passes of all multiply-adds", ({ regime, passes }) => {
    expect(stepWork({ architecture: maps(64), regime, batch: 32 })).toBe(passes * 2 * 32 * PRODUCTS);
    expect(stepWork({ architecture: fc(8), regime, batch: 1 })).toBe(passes * 2 * (784 * 8 + 64 + 80));
  });
});

describe("stepsPerRun", () => {
  it.each([
    { title: "fully connected", architecture: fc(128), steps: 250 },
    { title: "fully connected and wide", architecture: fc(4096), steps: 250 },
    { title: "few channels", architecture: maps(1), steps: 250 },
    // 7.6e9 a step, at most 6e10 a run
    { title: "64 channels", architecture: maps(64), steps: 7 },
    { title: "a step that is longer than a run", architecture: maps(512), steps: 1 },
  ])("$title: $steps", ({ architecture, steps }) => {
    expect(stepsPerRun({ architecture, regime: "relu", batch: 32 })).toBe(steps);
  });
});

describe("chunksFrom", () => {
  const chunks = chunksOf(45, { batch: 4, optimizer: optimizer("adam", 1e-3) }, 5);
  const examples = (from: number): readonly number[] =>
    chunksFrom(chunks, from).flatMap(({ start, batch, count }) =>
      Array.from({ length: batch * count }, (_, i) => start + i),
    );

  it("leaves what comes behind any step, at the boundaries whole chunks", () => {
    expect(chunks.map(({ count }) => count)).toEqual([3, 4, 4, 1]);
    for (let steps = 0; steps <= 12; steps++) {
      expect(examples(steps)).toEqual(
        Array.from({ length: Math.max(0, 45 - 4 * steps) }, (_, i) => Math.min(45, 4 * steps) + i),
      );
    }
    expect(chunksFrom(chunks, 7)).toEqual(chunks.slice(2));
    expect(chunksFrom(chunks, 11)).toEqual(chunks.slice(3));
    expect(chunksFrom(chunks, 12)).toEqual([]);
  });
});
