import { GatewiseError, messageOf } from "../../errors.ts";
import { capabilitiesOf } from "../device-capabilities.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { type OrtRuntime, ortEngine } from "../ort-engine.ts";

/** What the WebAssembly runtime needs to know before its first session. */
export interface WasmOptions extends EngineOptions {
  /** Where the `.wasm` files are, if not beside the script (a bundler's `?url`). */
  readonly wasmPaths?: string;
}

/**
 * An engine in WebAssembly: in a browser, and under Node for tests. Threads need COOP and COEP headers in a browser.
 * @throws GatewiseError if `onnxruntime-web` is not installed beside this package
 */
export async function openWasmEngine({ threads, wasmPaths }: WasmOptions): Promise<Engine> {
  const runtime = await loadRuntime(threads, wasmPaths);
  return ortEngine(runtime, {
    device: "wasm",
    capabilities: capabilitiesOf("wasm"),
    ownMemory: false,
    session: { executionProviders: ["wasm"], graphOptimizationLevel: "all", logSeverityLevel: 4 },
  });
}

async function loadRuntime(threads: number, wasmPaths: string | undefined): Promise<OrtRuntime> {
  try {
    const runtime = await import("onnxruntime-web/wasm");
    runtime.env.wasm.numThreads = threads;
    // what fails is thrown, and told once
    runtime.env.logLevel = "fatal";
    if (wasmPaths !== undefined) runtime.env.wasm.wasmPaths = wasmPaths;
    return runtime;
  } catch (thrown) {
    throw new GatewiseError({
      received: `an onnxruntime-web that does not load: ${messageOf(thrown)}`,
      expected: "the package onnxruntime-web",
      next: "npm install onnxruntime-web",
      cause: thrown,
    });
  }
}
