import { describe, expect, it } from "vitest";
import { labelTransformWords, readLabelTransform, transformLabels } from "../../src/data/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import { errorOf } from "../support/error-of.ts";

const LABELS = denseArray(
  "uint8",
  [1000],
  Uint8Array.from({ length: 1000 }, (_, i) => i % 4),
);
const counts = (labels: Uint8Array): readonly number[] =>
  [0, 1, 2, 3].map((label) => labels.filter((one) => one === label).length);
const changed = (labels: Uint8Array): number => labels.filter((label, i) => label !== LABELS.data[i]).length;

describe("training labels", () => {
  it("shuffled keep their classes and lose their examples", () => {
    const { data, shape } = transformLabels(LABELS, 4, { kind: "shuffle", seed: 1 });
    expect(shape).toEqual([1000]);
    expect(counts(data)).toEqual([250, 250, 250, 250]);
    // of 1000 labels 750 differ in the mean, with a deviation of 14
    expect(Math.abs(changed(data) - 750)).toBeLessThan(70);
    expect(transformLabels(LABELS, 4, { kind: "shuffle", seed: 1 }).data).toEqual(data);
    expect(transformLabels(LABELS, 4, { kind: "shuffle", seed: 2 }).data).not.toEqual(data);
  });

  it.each([0, 0.1, 1])("with noise of %s, as many are of another class", (share) => {
    const { data } = transformLabels(LABELS, 4, { kind: "noise", share, seed: 1 });
    expect(changed(data)).toBe(1000 * share);
    expect(Math.max(...data)).toBeLessThan(4);
    // the other classes alike: of 1000 a third each, with a deviation of 15
    if (share === 1)
      expect(
        counts(data.filter((_, i) => i % 4 === 0))
          .slice(1)
          .every((n) => Math.abs(n - 83) < 40),
      ).toBe(true);
  });

  it("replaced are drawn anew, all classes alike", () => {
    const { data } = transformLabels(LABELS, 4, { kind: "replace", seed: 1 });
    for (const count of counts(data)) expect(Math.abs(count - 250)).toBeLessThan(70);
    expect(Math.abs(changed(data) - 750)).toBeLessThan(70);
  });

  it.each([
    ["shuffle:7", { kind: "shuffle", seed: 7 }, "training labels shuffled (seed 7)"],
    [
      "noise:0.2:7",
      { kind: "noise", share: 0.2, seed: 7 },
      "20 % of the training labels changed to another class (seed 7)",
    ],
    ["replace:0", { kind: "replace", seed: 0 }, "training labels drawn anew (seed 0)"],
    ["replace:d/y.npy", { kind: "given", file: "d/y.npy" }, "training labels of d/y.npy"],
    ["replace:C:\\y.npy", { kind: "given", file: "C:\\y.npy" }, "training labels of C:\\y.npy"],
  ])("%s", (text, transform, words) => {
    const read = readLabelTransform(text, "--labels-transform");
    expect(read).toEqual(transform);
    expect(readLabelTransform(transform, "labelsTransform")).toEqual(transform);
    expect(labelTransformWords(read)).toBe(words);
  });

  it.each([
    "shuffle",
    "shuffle:-1",
    "noise:2:1",
    "noise:0.1",
    "mix:1",
    "shuffle:1:2",
    "noise::3",
    "replace:",
    "replace:-3",
    7,
  ])("%s is none", (text) => {
    expect(errorOf(() => readLabelTransform(text, "--labels-transform"))).toEqual({
      message: `--labels-transform ${text}: expected shuffle:SEED, noise:SHARE:SEED (a share of 0 to 1), replace:SEED or replace:FILE.npy`,
      hint: "for instance --labels-transform shuffle:1",
    });
  });
});
