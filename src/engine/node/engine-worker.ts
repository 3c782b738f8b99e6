/** Entry of the engine's worker thread. */
import { parentPort } from "node:worker_threads";
import { serveEngine } from "../remote/serve-engine.ts";
import { isNodeDevice, openNodeEngine } from "./node-engine.ts";

const port = parentPort;
if (port === null) throw new Error("engine-worker.ts is started as a worker thread");
serveEngine(
  {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on("message", listener),
    close: () => port.close(),
  },
  (device, options) => {
    if (!isNodeDevice(device)) throw new Error(`no engine of the device ${device} in Node`);
    return openNodeEngine(device, options);
  },
);
