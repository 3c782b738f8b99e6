export type { FileCheck } from "./check-file.ts";
export { checkPath } from "./check-path.ts";
export { OFFICIAL_ARCHIVES, type OfficialArchive } from "./cifar-archives.ts";
export { dataDigest } from "./data-digest.ts";
export { type FetchedFile, type FetchOptions, type FetchProgress, fetchDataset } from "./fetch.ts";
export { fileError } from "./file-error.ts";
export {
  appendGuarded,
  appendText,
  makeFolder,
  readIfThere,
  removeGuarded,
  type WriteGuard,
  writeError,
  writeGuarded,
  writeWhole,
} from "./files.ts";
export { type FoundDataset, findDataset } from "./find-dataset.ts";
export { LOCK_CHANNEL, type Lock, type LockEvent } from "./held-lock.ts";
export { KEPT_CHANNEL, tellKept } from "./kept.ts";
export { loadDataset, loadTestSet } from "./load.ts";
export type { DataPlaces } from "./locate.ts";
export { type LockOptions, type LockWaiting, lockDirectory, lockFile } from "./lock.ts";
export { type LockLook, lockLooker } from "./lock-look.ts";
export { type LockWorld, THIS_WORLD } from "./lock-world.ts";
export { NpyParts } from "./npy-parts.ts";
export { openNpyRows } from "./npy-rows.ts";
export { OFFICIAL_FILES, type OfficialFile, type OfficialFiles } from "./official-files.ts";
export { givenExamples, givenLabels, labelsDigest } from "./own/given-labels.ts";
export { handedOver, handOver } from "./own/handed-data.ts";
export { dataName, type LoadOptions, loadOwn } from "./own/load-own.ts";
export { openNumbers, readNumbers } from "./own/read-numbers.ts";
export { readBytes } from "./read-file.ts";
export { readNpyFile } from "./read-npy.ts";
export { checkWritable, isRegular, isSameFile, openRegular, realPathOf } from "./regular-file.ts";
export { removeLeftScratch, type Scratch, scratchFolder } from "./scratch-folder.ts";
export { verifyDataset } from "./verify.ts";
