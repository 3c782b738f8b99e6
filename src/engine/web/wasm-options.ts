import type { EngineOptions } from "../engine.ts";

/** What the WebAssembly runtime needs to know before its first session: threads and paths are those of the first engine. */
export interface WasmOptions extends EngineOptions {
  /** Where the `.wasm` files are, if not beside the script (a bundler's `?url`). */
  readonly wasmPaths?: string;
  /** The `.wasm` file of ONNX Runtime itself, for a page that may load nothing. Of the first engine, as the threads are. */
  readonly wasmBinary?: Uint8Array;
}
