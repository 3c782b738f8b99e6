import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../errors.ts";
import { optionsIn } from "../../options.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { checkEngineOptions } from "../engine-options.ts";
import { type EngineWorker, openRemoteEngine } from "../remote/remote-engine.ts";
import { NODE_DEVICES, type NodeDevice } from "./node-engine.ts";

/**
 * An engine in a worker thread: this thread stays free to draw progress and to answer Ctrl-C while it runs.
 * @throws GatewiseError if the device is missing, an option says nothing, or (from any later call) if the worker has died
 */
export async function openWorkerEngine(device: NodeDevice, options: EngineOptions): Promise<Engine> {
  optionsIn(options);
  checkEngineOptions(device, NODE_DEVICES, options);
  // read by the native library from the process, not from the worker's copy of the environment
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const worker = new Worker(createRequire(import.meta.url).resolve("#dist/engine-worker.js"));
  return await openRemoteEngine(engineWorker(worker), device, options);
}

/** A worker thread that speaks the protocol of engines. */
export function engineWorker(worker: Worker): EngineWorker {
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", () => resolve());
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on("message", listener),
    onEnd(listener) {
      worker.on("error", (error) => listener(messageOf(error), error));
      worker.on("exit", (code) => listener(`exit code ${code}`));
    },
    ended,
    terminate: async () => void (await worker.terminate()),
  };
}
