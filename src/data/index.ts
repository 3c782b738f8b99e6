export { type ChosenExamples, chosenPositions, readChosenExamples } from "./chosen-examples.ts";
export { CIFAR_NAMES, type CifarFile, type CifarName, datasetFromCifar } from "./cifar-dataset.ts";
export { CIFAR_SHAPE, recordReader, recordsIn } from "./cifar-records.ts";
export { classLabels } from "./class-labels.ts";
export {
  CLASSES,
  type Dataset,
  type Examples,
  firstExamples,
  INPUT_SHAPES,
  type TestSet,
  type TrainAndTest,
} from "./dataset.ts";
export { DATASET_NAMES, type DatasetName } from "./dataset-names.ts";
export { digitsFromIdx } from "./digits.ts";
export {
  type ExampleSet,
  type ExampleSource,
  exampleSet,
  firstInputs,
  type InputRows,
  type InputSet,
  inputsAt,
  type LabeledExamples,
  rowsAt,
  targetBlock,
} from "./example-set.ts";
export { fitExamples, fitInputs } from "./fit-inputs.ts";
export { FOREIGN_FORMATS, FOREIGN_NAMES, type ForeignFormat, foreignFormat } from "./foreign-format.ts";
export { readIdx } from "./idx.ts";
export { datasetFromIdx, examplesFromIdx, IDX_PARTS, type IdxFile, type IdxPart } from "./idx-dataset.ts";
export {
  type DrawnLabels,
  type GivenLabels,
  type LabelTransform,
  labelTransformWords,
  readLabelTransform,
  transformLabels,
} from "./label-transform.ts";
export { npyHeader, readNpy, writeNpy } from "./npy.ts";
export { blockOrder, LARGEST_IN_MEMORY } from "./own/block-order.ts";
export { checkExamples, type DuplicateFindings, type ExampleFindings } from "./own/check-examples.ts";
export { channelsFirst, IMAGE_LAYOUTS, type ImageLayout, shapeInLayout } from "./own/image-layout.ts";
export {
  type InputNormalization,
  inputMoments,
  type NormalizationOptions,
  normalizationArrays,
  normalizationOf,
} from "./own/normalization.ts";
export type { OwnData, OwnDataset } from "./own/own-data.ts";
export { COLORS, type Color } from "./own/pixels.ts";
export { prepareData } from "./own/prepare.ts";
export type { RawTargets } from "./own/raw-targets.ts";
export { datasetFromTable, type TableColumns, type TableData, tableColumns, usualLabel } from "./own/table-text.ts";
export { TARGET_KINDS, type TargetKind, type TargetRows, type TargetWords } from "./own/targets.ts";
export { PLANAR_KINDS, type PlanarData, type PlanarKind, type PlanarOptions, planarData } from "./planar.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
export { shortDigest } from "./short-digest.ts";
