export { type FetchedFile, type FetchOptions, type FetchProgress, fetchDataset } from "./fetch.ts";
export { fileError } from "./file-error.ts";
export { appendText, makeFolder, readIfThere, writeWhole } from "./files.ts";
export { loadDataset } from "./load.ts";
export type { DataPlaces } from "./locate.ts";
export { OFFICIAL_FILES, type OfficialFile, type OfficialFiles } from "./official-files.ts";
export { readBytes } from "./read-file.ts";
export { type FileCheck, verifyDataset } from "./verify.ts";
