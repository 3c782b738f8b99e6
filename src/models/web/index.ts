export { type OpenModelOptions, openModel } from "./open-model.ts";
