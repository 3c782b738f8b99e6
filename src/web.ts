/**
 * What needs a browser: its engine, and models over it.
 * @module gatewise/web
 */

// Browsers of today lack the symbols that `await using` releases by; the build lowers the syntax itself.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}

export { openWasmEngine, type WasmOptions } from "./engine/web/index.ts";
export { type OpenModelOptions, openModel, readArray, type WebFile } from "./models/web/index.ts";
