import { optionsIn } from "../../options.ts";
import type { Engine } from "../engine.ts";
import type { WasmOptions } from "./wasm-options.ts";

/**
 * An engine in WebAssembly: in a browser, and under Node for tests. Threads need COOP and COEP headers in a browser. All
 * engines of a page, or of one worker, have the same threads and `.wasm` files: ONNX Runtime is set up once in each. What
 * runs it is loaded here and now: a page that asks a model for its paths needs none.
 * @throws GatewiseError if `onnxruntime-web` is not installed beside this package, threads are not to be had, or an engine
 * before this one had others
 */
export async function openWasmEngine(options: WasmOptions): Promise<Engine> {
  optionsIn(options);
  const { openEngine } = await import("./web-engine.ts");
  return await openEngine(options);
}
