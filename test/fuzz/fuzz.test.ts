import { describe, expect, it } from "vitest";
import { FORMATS, type FormatName } from "./formats.ts";
import { fuzz, reproduction } from "./watch.ts";

/** Changed files of each format, some ten seconds in all; `npm run fuzz` tries as many as one likes. */
const CASES = {
  onnx: 1500,
  npy: 1500,
  idx: 1500,
  safetensors: 1500,
  architecture: 1500,
  run: 1000,
  metrics: 1000,
  tar: 150,
} as const satisfies Record<FormatName, number>;

const isFormat = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

describe("whatever a file holds, it is read or refused", () => {
  it.each(Object.keys(CASES).filter(isFormat))("%s", async (format) => {
    const { cases, accepted, refused, failures } = await fuzz({
      format,
      seed: 1,
      from: 0,
      cases: CASES[format],
      until: Number.POSITIVE_INFINITY,
    });
    const told = failures.map(({ index, failure }) => `${reproduction(format, 1, index)}\n${failure}`);
    expect(told).toEqual([]);
    expect(cases).toBe(CASES[format]);
    // changes that are always refused, or never, would test nothing
    expect(Math.min(accepted, refused)).toBeGreaterThan(0);
  });
});
