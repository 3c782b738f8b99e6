import { describe, expect, it } from "vitest";
import { FORMATS, type FormatName } from "./formats.ts";
import { fuzz, reproduction } from "./watch.ts";

/** Changed files of each format, a few seconds in all; `npm run fuzz` tries as many as one likes. */
const CASES = {
  onnx: 300,
  logits: 60,
  npy: 800,
  idx: 300,
  safetensors: 300,
  architecture: 300,
  run: 200,
  metrics: 200,
  tar: 30,
} as const satisfies Record<FormatName, number>;

const isFormat = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

describe("whatever a file holds, it is read or refused", () => {
  it("in each format", async () => {
    const formats = Object.keys(CASES).filter(isFormat);
    const until = Number.MAX_SAFE_INTEGER;
    for await (const { format, cases, accepted, refused, failures } of fuzz(
      formats.map((format) => ({ format, seed: 1, from: 0, cases: CASES[format], until })),
    )) {
      const told = failures.map(({ index, failure }) => `${reproduction(format, 1, index)}\n${failure}`);
      expect(told).toEqual([]);
      expect({ format, cases }).toEqual({ format, cases: CASES[format] });
      // changes that are always refused, or never, would test nothing
      expect(Math.min(accepted, refused)).toBeGreaterThan(0);
    }
  }, 300_000);
});
