export { type OpenModelOptions, openModel, readArray, type WebFile } from "./open-model.ts";
