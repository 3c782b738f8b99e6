import { GatewiseError } from "../errors.ts";
import type { BinaryData } from "../graph/index.ts";
import { CLASSES, type Dataset, type Examples } from "./dataset.ts";
import type { DatasetName } from "./dataset-names.ts";
import { readIdx } from "./idx.ts";

/** The parts of a data set in IDX files, one file each. */
export const IDX_PARTS = ["trainImages", "trainLabels", "testImages", "testLabels"] as const;
/** One of {@link IDX_PARTS}. */
export type IdxPart = (typeof IDX_PARTS)[number];

/** An IDX file's decompressed bytes, and its name for errors. */
export interface IdxFile {
  readonly name: string;
  readonly bytes: BinaryData;
}

/**
 * A data set from its four IDX files.
 * @param source goes unchanged into the result
 * @throws GatewiseError if a file is damaged, or files do not belong together
 */
export function datasetFromIdx(name: DatasetName, files: Readonly<Record<IdxPart, IdxFile>>, source: string): Dataset {
  const classes = CLASSES[name];
  const train = examplesFromIdx(files.trainImages, files.trainLabels, classes);
  const test = examplesFromIdx(files.testImages, files.testLabels, classes);
  const inputShape = train.inputs.shape.slice(1);
  const testShape = test.inputs.shape.slice(1);
  if (inputShape.join() !== testShape.join()) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${files.testImages.name}: images of ${testShape.join("×")} pixels`,
      expected: `${inputShape.join("×")}, the size in ${files.trainImages.name}`,
      next: "take both files from the same data set",
    });
  }
  return { name, classes, inputShape, train, test, source };
}

/**
 * Examples from a file of images `[n, height, width]` and a file of labels `[n]`.
 * @throws GatewiseError if a file is damaged, is of the other kind, or the two disagree
 */
export function examplesFromIdx(images: IdxFile, labels: IdxFile, classes: number): Examples {
  const inputs = readIdx(images.bytes, images.name);
  if (inputs.shape.length !== 3 || inputs.data.length === 0) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${images.name}: ${kindOf(inputs.shape)}`,
      expected: "images, of shape [n, height, width] with n at least 1",
      next: "check that the image and label files were not swapped",
    });
  }
  const classOf = readIdx(labels.bytes, labels.name);
  if (classOf.shape.length !== 1) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${labels.name}: ${kindOf(classOf.shape)}`,
      expected: "labels, of shape [n]",
      next: "check that the image and label files were not swapped",
    });
  }
  if (classOf.shape[0] !== inputs.shape[0]) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${labels.name}: ${classOf.shape[0]} labels`,
      expected: `${inputs.shape[0]}, one for each image in ${images.name}`,
      next: "take both files from the same part (train or t10k) of the same data set",
    });
  }
  const wrong = classOf.data.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${labels.name}: label ${classOf.data[wrong]} of example ${wrong}`,
      expected: `0 to ${classes - 1}`,
      next: "give the label file of this data set",
    });
  }
  return { inputs, labels: classOf };
}

function kindOf(shape: readonly number[]): string {
  const kind = shape.length === 1 ? "labels" : shape.length === 3 ? "images" : "an array";
  return `${kind} of shape [${shape.join(", ")}]`;
}
