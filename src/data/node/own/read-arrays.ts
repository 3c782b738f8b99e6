import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { GatewiseError } from "../../../errors.ts";
import { denseArray, sizeOf } from "../../../graph/index.ts";
import { type InputSet, inputSet } from "../../example-set.ts";
import { arrayNames } from "../../own/array-pairs.ts";
import { LARGEST_IN_MEMORY } from "../../own/block-order.ts";
import { channelsFirst, type ImageLayout, imageLayout, shapeInLayout } from "../../own/image-layout.ts";
import { inputElements, isNumeric, numberElements, wordElements } from "../../own/npy-elements.ts";
import type { OwnData, RawData, RawPart } from "../../own/own-data.ts";
import type { RawTargets } from "../../own/raw-targets.ts";
import type { Scratch } from "../scratch-folder.ts";
import { checkFinite, fileInputs } from "./file-inputs.ts";
import { arrayInFile, type StoredArray } from "./npy-array.ts";
import { fileSource, openNpz } from "./npz.ts";

type Arrays = { readonly names: readonly string[]; readonly array: (name: string) => Promise<StoredArray> };

/** Inputs and labels in an `.npz` archive. */
export async function readNpz(data: OwnData, scratch?: Scratch): Promise<RawData> {
  const { size } = await stat(data.path);
  const archive = await openNpz(fileSource(data.path, size), data.path, scratch);
  return { ...(await fromNames(data, archive)), staysInFiles: false };
}

/** Inputs and labels in the `.npy` files of a folder. */
export async function readNpyFolder(data: OwnData): Promise<RawData> {
  const files = (await readdir(data.path)).filter((name) => name.endsWith(".npy")).sort();
  const names = files.map((name) => basename(name, ".npy"));
  return await fromNames(data, { names, array: (name) => arrayInFile(join(data.path, `${name}.npy`)) });
}

/** A file of inputs, and one of their labels; those of the test set where they are given. */
export async function readNpyFiles(data: OwnData): Promise<RawData> {
  const { path, labels, testData, testLabels } = data;
  if (labels === undefined) {
    throw new GatewiseError({
      received: `${path} without \`labels\``,
      expected: "the file of its labels: one array holds inputs alone",
      next: "add `labels`, a .npy file with the label of each example",
    });
  }
  if ((testData === undefined) !== (testLabels === undefined)) {
    throw new GatewiseError({
      received: testData === undefined ? "`testLabels` without `testData`" : "`testData` without `testLabels`",
      expected: "the inputs of the test set and their labels",
      next: "give both, or neither to have a part split off",
    });
  }
  const test =
    testData === undefined || testLabels === undefined
      ? undefined
      : { inputs: await arrayInFile(testData), labels: await arrayInFile(testLabels) };
  return await partsOf(data, { inputs: await arrayInFile(path), labels: await arrayInFile(labels) }, test, []);
}

async function fromNames(data: OwnData, { names, array }: Arrays): Promise<RawData> {
  const chosen = arrayNames(names, data.keys, data.path);
  const pair = async ([inputs, labels]: readonly [string, string]): Promise<Pair> => ({
    inputs: await array(inputs),
    labels: await array(labels),
  });
  const used = [...chosen.train, ...(chosen.test ?? [])];
  const unused = names.filter((name) => !used.includes(name));
  const told =
    unused.length === 0 ? [] : [`not read: ${unused.slice(0, 8).join(", ")}${unused.length > 8 ? ", …" : ""}`];
  return await partsOf(data, await pair(chosen.train), chosen.test && (await pair(chosen.test)), told);
}

interface Pair {
  readonly inputs: StoredArray;
  readonly labels: StoredArray;
}

async function partsOf(data: OwnData, train: Pair, test: Pair | undefined, told: readonly string[]): Promise<RawData> {
  const stored = exampleShapeOf(train.inputs);
  const layout = imageLayout(stored, data.layout);
  if (test !== undefined && exampleShapeOf(test.inputs).join() !== stored.join()) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${test.inputs.name}: examples of shape [${exampleShapeOf(test.inputs).join(", ")}]`,
      expected: `[${stored.join(", ")}], as in ${train.inputs.name}`,
      next: "give training and test inputs of one shape",
    });
  }
  const turned =
    layout === undefined
      ? []
      : [
          layout === "hwc"
            ? `examples of shape [${stored.join(", ")}] are read as height, width, channels, and turned to channels first`
            : `examples of shape [${stored.join(", ")}] are read as channels, height, width`,
        ];
  return {
    train: await partOf(train, layout),
    test: test && (await partOf(test, layout)),
    layout,
    staysInFiles: train.inputs.blocks !== undefined && (test === undefined || test.inputs.blocks !== undefined),
    features: undefined,
    told: [...told, ...turned],
  };
}

/** Shape of one example; numbers alone are vectors of one element. */
function exampleShapeOf({ name, type, shape }: StoredArray): readonly number[] {
  const [count = 0, ...rest] = shape;
  if (isNumeric(type) && shape.length >= 1 && count >= 1 && sizeOf(rest) >= 1) return rest.length === 0 ? [1] : rest;
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${name}: ${isNumeric(type) ? "" : "words "}of shape [${shape.join(", ")}]`,
    expected: "inputs, numbers of shape [n, …] with at least one example",
    next: "check that inputs and labels were not swapped",
  });
}

async function partOf({ inputs, labels }: Pair, layout: ImageLayout | undefined): Promise<RawPart> {
  const [count = 0] = inputs.shape;
  if (labels.shape[0] !== count) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${labels.name}: ${labels.shape[0] ?? "one"} labels`,
      expected: `${count}, one for each example of ${inputs.name}`,
      next: "give inputs and labels of the same examples",
    });
  }
  return { targets: await targetsIn(labels), inputs: await inputsIn(inputs, layout) };
}

/** Inputs in an array: in memory, or in blocks of its file. */
export async function inputsIn(array: StoredArray, layout: ImageLayout | undefined): Promise<InputSet> {
  const { type, shape, blocks, name } = array;
  const stored = exampleShapeOf(array);
  const [count = 0] = shape;
  const isBytes = type.kind === "unsigned" && type.size === 1;
  if (blocks !== undefined && sizeOf(shape) * (isBytes ? 1 : 4) > LARGEST_IN_MEMORY) {
    return fileInputs({ ...array, shape: [count, ...stored], blocks }, layout);
  }
  const rows = channelsFirst(inputElements(type, await array.elements()), stored, layout);
  checkFinite(rows, sizeOf(stored), 0, name);
  const turned = [count, ...shapeInLayout(stored, layout)];
  return inputSet(rows instanceof Uint8Array ? denseArray("uint8", turned, rows) : denseArray("float32", turned, rows));
}

/** Labels in an array, as they are. */
export async function targetsIn({ name, type, shape, elements }: StoredArray): Promise<RawTargets> {
  const place = (example: number): string => `${name}, element ${example}`;
  const [count = 0, ...rest] = shape;
  const columns = sizeOf(rest);
  const isKnown = rest.length === 0 || (rest.length === 1 && columns >= 1 && (columns === 1 || isNumeric(type)));
  if (!isKnown) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${name}: labels of shape [${shape.join(", ")}]`,
      expected: "[n], one a example, or [n, k]: one-hot, or k values",
      next: "check that inputs and labels were not swapped",
    });
  }
  if (!isNumeric(type)) return { kind: "words", words: wordElements(type, await elements(), name), place };
  const data = numberElements(type, await elements());
  const beyond = type.size === 8 && type.kind !== "float" ? data.findIndex((one) => Math.abs(one) > 2 ** 53) : -1;
  if (beyond >= 0) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${place(Math.floor(beyond / columns))}: label ${data[beyond]}, rounded`,
      expected: "whole numbers up to 2⁵³",
      next: "number the classes from 0, or give their names: y.astype(str)",
    });
  }
  const isBoolean = type.kind === "bool" && columns === 1;
  return { kind: "numbers", shape: columns === 1 ? [count] : [count, columns], data, isBoolean, place };
}
