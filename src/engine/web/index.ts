export { openWasmEngine } from "./open-wasm-engine.ts";
export type { WasmOptions } from "./wasm-options.ts";
