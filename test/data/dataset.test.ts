import { describe, expect, it } from "vitest";
import { datasetFromIdx, examplesFromIdx, firstExamples, type IdxFile } from "../../src/data/index.ts";
import { errorOf } from "../support/error-of.ts";
import { idxFile, tinyImages, tinyLabels } from "../support/idx-file.ts";

const images: IdxFile = { name: "images", bytes: tinyImages(4) };
const labels: IdxFile = { name: "labels", bytes: tinyLabels(4) };
const swapped = "check that the image and label files were not swapped";

describe("examplesFromIdx", () => {
  it.each([
    {
      title: "labels in place of images",
      files: [labels, labels],
      message: "labels: labels of shape [4]: expected images, of shape [n, height, width] with n at least 1",
      hint: swapped,
    },
    {
      title: "images in place of labels",
      files: [images, images],
      message: "images: images of shape [4, 2, 3]: expected labels, of shape [n]",
      hint: swapped,
    },
    {
      title: "no image",
      files: [{ name: "none", bytes: idxFile([0, 2, 3], []) }, labels],
      message: "none: images of shape [0, 2, 3]: expected images, of shape [n, height, width] with n at least 1",
      hint: swapped,
    },
    {
      title: "fewer labels than images",
      files: [images, { name: "three", bytes: tinyLabels(3) }],
      message: "three: 3 labels: expected 4, one for each image in images",
      hint: "take both files from the same part (train or t10k) of the same data set",
    },
    {
      title: "a label that is no class",
      files: [images, { name: "wrong", bytes: idxFile([4], [0, 9, 10, 11]) }],
      message: "wrong: label 10 of example 2: expected 0 to 9",
      hint: "give the label file of this data set",
    },
  ] satisfies { title: string; files: [IdxFile, IdxFile]; message: string; hint: string }[])(
    "refuses $title",
    ({ files: [first, second], message, hint }) => {
      expect(errorOf(() => examplesFromIdx(first, second, 10))).toEqual({ message, hint });
    },
  );
});

describe("datasetFromIdx", () => {
  const files = { trainImages: images, trainLabels: labels, testImages: images, testLabels: labels };

  it("puts four files together", () => {
    const { name, classes, inputShape, train, source } = datasetFromIdx("mnist", files, "here");
    expect({ name, classes, inputShape, source }).toEqual({
      name: "mnist",
      classes: 10,
      inputShape: [2, 3],
      source: "here",
    });
    expect(train.inputs.shape).toEqual([4, 2, 3]);
    expect(Array.from(train.labels.data)).toEqual([0, 1, 2, 3]);
  });

  it("refuses test images of another size", () => {
    const testImages = { name: "test", bytes: idxFile([4, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8]) };
    expect(errorOf(() => datasetFromIdx("mnist", { ...files, testImages }, "here"))).toEqual({
      message: "test: images of 1×2 pixels: expected 2×3, the size in images",
      hint: "take both files from the same data set",
    });
  });
});

describe("firstExamples", () => {
  const examples = examplesFromIdx(images, labels, 10);

  it.each([
    { count: undefined, kept: 4 },
    { count: 1, kept: 1 },
    { count: 3, kept: 3 },
    { count: 4, kept: 4 },
    { count: 1000, kept: 4 },
  ])("takes $kept of 4 for $count", ({ count, kept }) => {
    const { inputs, labels: first } = firstExamples(examples, count);
    expect(inputs.shape).toEqual([kept, 2, 3]);
    expect(Array.from(inputs.data)).toEqual(Array.from(examples.inputs.data.slice(0, kept * 6)));
    expect(inputs.data.buffer).toBe(examples.inputs.data.buffer);
    expect(Array.from(first.data)).toEqual([0, 1, 2, 3].slice(0, kept));
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s", (count) => {
    expect(errorOf(() => firstExamples(examples, count))).toEqual({
      message: `limit of ${count} examples: expected a whole number of at least 1`,
      hint: "leave the limit out to take all examples",
    });
  });
});
