import { GatewiseError, messageOf } from "../../errors.ts";
import { capabilitiesOf } from "../device-capabilities.ts";
import type { Engine } from "../engine.ts";
import { checkEngineOptions } from "../engine-options.ts";
import { type OrtRuntime, ortEngine } from "../ort-engine.ts";
import type { WasmOptions } from "./wasm-options.ts";

/** See `openWasmEngine`. */
export async function openEngine({ wasmPaths, wasmBinary, ...options }: WasmOptions): Promise<Engine> {
  const { threads, memory, denormals } = checkEngineOptions("wasm", ["wasm"], options);
  if (denormals !== "kept") {
    throw new GatewiseError({
      received: `denormals "${denormals}" of a wasm engine`,
      expected: '"kept": WebAssembly has no other arithmetic',
      next: "leave denormals out",
    });
  }
  if (threads > 1 && typeof SharedArrayBuffer === "undefined") {
    throw new GatewiseError({
      code: "engine-unavailable",
      received: `${threads} threads in a page that is not cross-origin isolated`,
      expected: "1 thread, or memory that threads can share",
      next: "serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    });
  }
  const runtime = await loadRuntime(threads, wasmPaths, wasmBinary);
  return ortEngine(runtime, {
    device: "wasm",
    capabilities: capabilitiesOf("wasm"),
    ownMemory: false,
    session: {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
      enableMemPattern: memory === "planned",
      logSeverityLevel: 4,
    },
  });
}

async function loadRuntime(
  threads: number,
  wasmPaths: string | undefined,
  wasmBinary: Uint8Array | undefined,
): Promise<OrtRuntime> {
  const runtime = await importRuntime();
  const { wasm } = runtime.env;
  // nobody has said anything yet, or ONNX Runtime would have filled it in
  if (wasm.numThreads === undefined) {
    wasm.numThreads = threads;
    if (wasmPaths !== undefined) wasm.wasmPaths = wasmPaths;
    if (wasmBinary !== undefined) wasm.wasmBinary = wasmBinary;
  } else if (wasm.numThreads !== threads) throw setUpBefore(`threads ${threads}`, `${wasm.numThreads}`);
  else if (wasmPaths !== undefined && wasmPaths !== wasm.wasmPaths) {
    throw setUpBefore(`wasmPaths ${JSON.stringify(wasmPaths)}`, JSON.stringify(wasm.wasmPaths ?? "none"));
  }
  // what fails is thrown, and told once
  runtime.env.logLevel = "fatal";
  return runtime;
}

const setUpBefore = (received: string, before: string): GatewiseError =>
  new GatewiseError({
    received: `${received} of a wasm engine`,
    expected: `${before}, as ONNX Runtime was set up with here before`,
    next: "give all engines of a page or worker the same, or open this one in a worker of its own",
  });

async function importRuntime() {
  try {
    return await import("onnxruntime-web/wasm");
  } catch (thrown) {
    throw new GatewiseError({
      code: "engine-unavailable",
      received: `an onnxruntime-web that does not load: ${messageOf(thrown)}`,
      expected: "the package onnxruntime-web",
      next: "npm install onnxruntime-web",
      cause: thrown,
    });
  }
}
