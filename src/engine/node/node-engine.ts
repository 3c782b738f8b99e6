import { GatewiseError, messageOf } from "../../errors.ts";
import { add, graph, input } from "../../graph/index.ts";
import { optionsIn } from "../../options.ts";
import { capabilitiesOf } from "../device-capabilities.ts";
import type { Device, Engine, EngineOptions } from "../engine.ts";
import { checkEngineOptions } from "../engine-options.ts";
import { type OrtRuntime, ortEngine } from "../ort-engine.ts";

/** Devices of Node: `cpu`, `cuda`, `webgpu`. */
export type NodeDevice = Exclude<Device, "wasm">;
export const NODE_DEVICES: readonly NodeDevice[] = ["cpu", "webgpu", "cuda"];
export const isNodeDevice = (device: Device): device is NodeDevice => device !== "wasm";

/** Loads onnxruntime-node with its telemetry off; the variable counts only if it is set before the library is loaded. */
async function loadRuntime(): Promise<OrtRuntime> {
  process.env.ORT_DISABLE_TELEMETRY = "1";
  try {
    const runtime = await import("onnxruntime-node");
    // what fails is thrown, and told once
    runtime.env.logLevel = "fatal";
    return runtime;
  } catch (thrown) {
    throw new GatewiseError({
      code: "engine-unavailable",
      received: `an onnxruntime-node that does not load: ${messageOf(thrown)}`,
      expected: "its native library for this platform",
      next: "run npm install again on this machine; Linux, macOS and Windows on x64 and arm64 are supported",
      cause: thrown,
    });
  }
}

/**
 * An engine in this thread, which a run blocks: use a worker engine where the thread has other things to do.
 * @throws GatewiseError if the device is missing on this machine, or an option says nothing
 */
export async function openNodeEngine(device: NodeDevice, options: EngineOptions): Promise<Engine> {
  optionsIn(options);
  const { threads, memory, denormals } = checkEngineOptions(device, NODE_DEVICES, options);
  const runtime = await loadRuntime();
  const engine = ortEngine(runtime, {
    device,
    capabilities: capabilitiesOf(device),
    ownMemory: device === "webgpu",
    session: {
      // the other layout moves transposes to where bits have no kernel for them
      executionProviders: [device === "webgpu" ? { name: device, preferredLayout: "NCHW" } : device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      enableMemPattern: memory === "planned",
      logSeverityLevel: 4,
      extra: {
        session: {
          // threads that wait for the next node of a run keep their cores, which waking them would cost; between runs
          // they leave them to others
          intra_op: { allow_spinning: threads > 1 ? "1" : "0" },
          force_spinning_stop: "1",
          set_denormal_as_zero: denormals === "flushed" ? "1" : "0",
          // a node that silently runs elsewhere is an error (design: what is known of the engine)
          ...(device === "cpu" ? {} : { disable_cpu_ep_fallback: "1" }),
        },
      },
    },
  });
  if (device !== "cpu") await probe(engine);
  return engine;
}

/** A device is there if it adds two numbers. */
async function probe(engine: Engine): Promise<void> {
  const x = input("x", "float32", [1]);
  try {
    await using program = await engine.compile(graph({ y: add(x, x) }));
    await program.run({ x: { dtype: "float32", shape: [1], data: Float32Array.of(1) } });
  } catch (thrown) {
    // the engine's own error says it in the runtime's words, which is what helps here
    const reason = messageOf(thrown instanceof GatewiseError ? thrown.cause : thrown).trim();
    throw new GatewiseError({
      code: "engine-unavailable",
      received: `device "${engine.device}", which does not start (${reason})`,
      expected: "a device that this machine and its drivers have",
      next: "use `device` cpu, or install a driver for it (Vulkan for webgpu, ONNX Runtime's CUDA provider for cuda)",
      cause: thrown,
    });
  }
}
