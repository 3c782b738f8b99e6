/**
 * What needs a browser: its engine, and models over it.
 * @module gatewise/web
 */

import "./release-symbols.ts";

export { openWasmEngine, type WasmOptions } from "./engine/web/index.ts";
export { type OpenModelOptions, openModel, readArray, type WebFile } from "./models/web/index.ts";
