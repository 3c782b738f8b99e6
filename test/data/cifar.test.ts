import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordReader } from "../../src/data/cifar-records.ts";
import {
  type CifarFile,
  type CifarName,
  CLASSES,
  DATASET_NAMES,
  datasetFromCifar,
  INPUT_SHAPES,
} from "../../src/data/index.ts";
import { errorOf } from "../support/error-of.ts";
import { cifarRecord, pixelOf, TINY_CIFAR } from "../support/tiny-cifar.ts";

const filesOf = (name: CifarName, changes: Readonly<Record<string, Uint8Array | undefined>> = {}): CifarFile[] =>
  [...TINY_CIFAR[name]].flatMap(([file, tiny]) => {
    const bytes = file in changes ? changes[file] : tiny;
    return bytes === undefined ? [] : [{ name: file, bytes }];
  });

/** Reads the records one after the other, value by value. */
function expectSeeds(inputs: Uint8Array, seeds: readonly number[]): void {
  const wanted = seeds.flatMap((seed) => Array.from({ length: 3072 }, (_, pixel) => pixelOf(seed, pixel)));
  expect(Buffer.compare(inputs, Uint8Array.from(wanted))).toBe(0);
}

describe("datasetFromCifar", () => {
  it("puts CIFAR-10's batches in order, whatever order they come in", () => {
    const { train, test, ...rest } = datasetFromCifar("cifar10", filesOf("cifar10").reverse(), "here");
    expect(rest).toEqual({ name: "cifar10", classes: 10, inputShape: [3, 32, 32], source: "here" });
    expect([train.inputs.shape, test.inputs.shape]).toEqual([
      [10, 3, 32, 32],
      [2, 3, 32, 32],
    ]);
    expect(Array.from(train.labels.data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Array.from(test.labels.data)).toEqual([0, 1]);
    expectSeeds(train.inputs.data, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expectSeeds(test.inputs.data, [10, 11]);
  });

  it("takes the fine labels of CIFAR-100", () => {
    const { train, test, classes } = datasetFromCifar("cifar100", filesOf("cifar100"), "here");
    expect([classes, Array.from(train.labels.data), Array.from(test.labels.data)]).toEqual([100, [0, 9], [18, 27]]);
    expectSeeds(train.inputs.data, [0, 1]);
    expectSeeds(test.inputs.data, [2, 3]);
  });

  const truncated = "the file is truncated or damaged: fetch it again";
  const otherSet = "the file is damaged, or of another data set: fetch it again";
  it.each([
    {
      title: "half a record",
      name: "cifar10",
      changes: { "data_batch_2.bin": cifarRecord([0], 0).subarray(0, 1500) },
      message: "data_batch_2.bin: 1500 bytes: expected whole records of 3073 bytes",
      hint: truncated,
    },
    {
      title: "one byte too many",
      name: "cifar10",
      changes: { "test_batch.bin": new Uint8Array(3074) },
      message: "test_batch.bin: 3074 bytes: expected whole records of 3073 bytes",
      hint: truncated,
    },
    {
      title: "an empty file",
      name: "cifar100",
      changes: { "train.bin": new Uint8Array(0) },
      message: "train.bin: 0 bytes: expected whole records of 3074 bytes",
      hint: truncated,
    },
    {
      title: "a batch of another size",
      name: "cifar10",
      changes: { "data_batch_3.bin": cifarRecord([0], 0) },
      message: "data_batch_3.bin: 1 examples: expected 2, as in the other batches",
      hint: "the file is truncated, or of another data set: fetch it again",
    },
    {
      title: "more examples than there are",
      name: "cifar10",
      changes: { "test_batch.bin": new Uint8Array(10_001 * 3073) },
      message: "test_batch.bin: 10001 examples: expected at most the 10000 of the official file",
      hint: "give the official file",
    },
    {
      title: "a label that is no class",
      name: "cifar10",
      changes: { "data_batch_1.bin": Uint8Array.from([...cifarRecord([9], 0), ...cifarRecord([10], 0)]) },
      message: "data_batch_1.bin: label 10 of example 1: expected 0 to 9",
      hint: otherSet,
    },
    {
      title: "a coarse label that is no class",
      name: "cifar100",
      changes: { "train.bin": cifarRecord([20, 0], 0) },
      message: "train.bin: label 20 of example 0: expected 0 to 19",
      hint: otherSet,
    },
    {
      title: "a fine label that is no class",
      name: "cifar100",
      changes: { "test.bin": cifarRecord([19, 100], 0) },
      message: "test.bin: label 100 of example 0: expected 0 to 99",
      hint: otherSet,
    },
    {
      title: "missing files",
      name: "cifar10",
      changes: { "data_batch_4.bin": undefined, "test_batch.bin": undefined },
      message: "here: no data_batch_4.bin, test_batch.bin: expected it with the other files of cifar10",
      hint: 'run `fetchDataset("cifar10")`, or complete it',
    },
  ] satisfies {
    title: string;
    name: CifarName;
    changes: Readonly<Record<string, Uint8Array | undefined>>;
    message: string;
    hint: string;
  }[])("refuses $title", ({ name, changes, message, hint }) => {
    expect(errorOf(() => datasetFromCifar(name, filesOf(name, changes), "here"))).toEqual({ message, hint });
  });

  it("refuses a file that comes twice", () => {
    const files = [...filesOf("cifar100"), ...filesOf("cifar100")];
    expect(errorOf(() => datasetFromCifar("cifar100", files, "here"))).toEqual({
      message: "train.bin: a second file of this name: expected each file once",
      hint: "fetch the official archive",
    });
  });
});

describe("recordReader", () => {
  const records = Uint8Array.from([3, 7, 5].flatMap((label, i) => [...cifarRecord([i, label], i)]));
  const place = () => ({ inputs: new Uint8Array(3 * 3072), labels: new Uint8Array(3) });

  it("reads the same from pieces of any length", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(records.length), { maxLength: 8 }), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), records.length];
        const { inputs, labels } = place();
        const reader = recordReader("x", [20, 100], { inputs, labels });
        for (const [i, cut] of sorted.entries()) reader.take(records.subarray(sorted[i - 1] ?? 0, cut));
        reader.end();
        expect(Array.from(labels)).toEqual([3, 7, 5]);
        expectSeeds(inputs, [0, 1, 2]);
      }),
    );
  });

  it("reads the same byte by byte", () => {
    const { inputs, labels } = place();
    const reader = recordReader("x", [20, 100], { inputs, labels });
    for (let at = 0; at < records.length; at++) reader.take(records.subarray(at, at + 1));
    reader.end();
    expect(Array.from(labels)).toEqual([3, 7, 5]);
    expectSeeds(inputs, [0, 1, 2]);
  });

  it("refuses more and fewer bytes than its place holds", () => {
    const reader = recordReader("x", [20, 100], place());
    reader.take(records.subarray(0, 9000));
    expect(errorOf(() => reader.end())).toEqual({
      message: "x: only 9000 bytes came: expected 9222, as its size said",
      hint: "the file is truncated: fetch it again",
    });
    expect(errorOf(() => reader.take(records.subarray(0, 223)))).toEqual({
      message: "x: at least 9223 bytes came: expected 9222, as its size said",
      hint: "the file grew while it was read: try again",
    });
  });
});

it("declares shapes and classes of the data sets as the readers give them", () => {
  const read = {
    cifar10: datasetFromCifar("cifar10", filesOf("cifar10"), ""),
    cifar100: datasetFromCifar("cifar100", filesOf("cifar100"), ""),
  };
  for (const name of ["cifar10", "cifar100"] as const) {
    expect([INPUT_SHAPES[name], CLASSES[name]]).toEqual([read[name].inputShape, read[name].classes]);
  }
  expect(Object.keys(INPUT_SHAPES)).toEqual([...DATASET_NAMES]);
});
