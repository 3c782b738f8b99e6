export { openWasmEngine, type WasmOptions } from "./web-engine.ts";
