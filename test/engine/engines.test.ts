import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { capabilitiesOf } from "../../src/engine/device-capabilities.ts";
import { openNodeEngine, openWorkerEngine } from "../../src/engine/node/index.ts";
import { engineWorker } from "../../src/engine/node/worker-engine.ts";
import { ortEngine } from "../../src/engine/ort-engine.ts";
import { type EngineWorker, openRemoteEngine } from "../../src/engine/remote/remote-engine.ts";
import { serveEngine } from "../../src/engine/remote/serve-engine.ts";
import { openWasmEngine } from "../../src/engine/web/index.ts";
import {
  add,
  cast,
  constant,
  float32,
  float64,
  graph,
  input,
  multiply,
  scan,
  type Tensor,
} from "../../src/graph/index.ts";
import { engineConformance } from "../conformance/engine.ts";
import { rejectionOf } from "../support/error-of.ts";

engineConformance("cpu in this thread", () => openNodeEngine("cpu", { threads: 1 }));
engineConformance("cpu in a worker", () => openWorkerEngine("cpu", { threads: 1 }));
engineConformance("wasm", () => openWasmEngine({ threads: 1 }));
engineConformance("wasm behind the messages of a browser's worker", () =>
  openRemoteEngine(browserWorker(), "wasm", { threads: 1 }),
);
engineConformance("a device without loops and float64", async () =>
  ortEngine(
    { InferenceSession, Tensor: OrtTensor },
    {
      device: "webgpu",
      capabilities: { ...capabilitiesOf("cpu"), scan: false, float64: false },
      ownMemory: false,
      session: { executionProviders: ["cpu"], logSeverityLevel: 4 },
    },
  ),
);

/** Both ends of a channel, whose messages are cloned as between a page and its worker. */
function browserWorker(): EngineWorker {
  const { port1, port2 } = new MessageChannel();
  const listen = <T>(port: MessagePort, listener: (message: T) => void): void => void port.on("message", listener);
  const ended = new Promise<void>((resolve) => port1.on("close", resolve));
  serveEngine(
    {
      post: (message) => port2.postMessage(message),
      onMessage: (listener) => listen(port2, listener),
      close: () => port2.close(),
    },
    (_, options) => openWasmEngine(options),
  );
  return {
    post: (message) => port1.postMessage(message),
    onMessage: (listener) => listen(port1, listener),
    onEnd: () => {},
    ended,
    terminate: async () => port2.close(),
  };
}

describe("a device without float64 names", () => {
  const engine = ortEngine(
    { InferenceSession, Tensor: OrtTensor },
    {
      device: "webgpu",
      capabilities: { ...capabilitiesOf("cpu"), float64: false },
      ownMemory: false,
      session: { executionProviders: ["cpu"], logSeverityLevel: 4 },
    },
  );
  const x = input("x", "float32", [2]);
  const hint = "build it in float32, or run it with `device` cpu";

  it("the constant", async () =>
    expect(await rejectionOf(engine.compile(graph({ y: constant(float64([1], [1])) })))).toEqual({
      message: 'constant "constant_1" of the model: expected a model without float64 on webgpu',
      hint,
    }));

  it("the node, also one inside a loop", async () => {
    expect(await rejectionOf(engine.compile(graph({ y: cast(cast(x, "float64"), "float32") })))).toEqual({
      message: 'node "Cast:Cast_1" of the model: expected a model without float64 on webgpu',
      hint,
    });
    const { outputs } = scan({}, { x }, (_, slices) => ({
      state: {},
      outputs: { y: cast(cast(slices.x, "float64"), "float32") },
    }));
    expect((await rejectionOf(engine.compile(graph(outputs)))).message).toMatch(/^node "Cast:Cast_\d+" of the model: /);
  });
});

describe("a device that this machine does not have", () => {
  it.each([
    { device: "webgpu", open: openNodeEngine, title: "webgpu in this thread" },
    { device: "webgpu", open: openWorkerEngine, title: "webgpu in a worker" },
    { device: "cuda", open: openNodeEngine, title: "cuda in this thread" },
    { device: "cuda", open: openWorkerEngine, title: "cuda in a worker" },
  ] as const)("is refused with its reason, or it is there: $title", async ({ device, open }) => {
    const opening = open(device, { threads: 1 });
    const engine = await opening.catch(() => undefined);
    if (engine !== undefined) {
      await engine[Symbol.asyncDispose]();
      return;
    }
    const { message, hint } = await rejectionOf(opening);
    expect(message).toMatch(
      new RegExp(
        `^device "${device}", which does not start \\(.+\\): expected a device that this machine and its drivers have$`,
        "s",
      ),
    );
    expect(hint).toBe(
      "use `device` cpu, or install a driver for it (Vulkan for webgpu, ONNX Runtime's CUDA provider for cuda)",
    );
  });
});

describe("a machine without a WebGPU driver", () => {
  it("is told what is missing", async () => {
    const script = `
      import { openNodeEngine } from "./src/engine/node/index.ts";
      const refused = await openNodeEngine("webgpu", { threads: 1 }).catch((error) => error);
      console.log(JSON.stringify({ message: refused.message, hint: refused.hint }));
    `;
    // drivers are looked for when a process starts: none for this one
    const { LD_LIBRARY_PATH: _loader, ...environment } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", script],
      { env: { ...environment, VK_ICD_FILENAMES: "/nowhere/driver.json" } },
    );
    const { message, hint } = JSON.parse(stdout);
    expect(message).toMatch(
      /^device "webgpu", which does not start \(.*adapter.*\): expected a device that this machine and its drivers have$/s,
    );
    expect(hint).toBe(
      "use `device` cpu, or install a driver for it (Vulkan for webgpu, ONNX Runtime's CUDA provider for cuda)",
    );
  });
});

describe("a device with kernels for some ops", () => {
  const kernels = { Mul: ["float32"], "MaxPool:2": ["float32"] } as const;
  const engine = ortEngine(
    { InferenceSession, Tensor: OrtTensor },
    {
      device: "webgpu",
      capabilities: { ...capabilitiesOf("cpu"), kernels },
      ownMemory: false,
      session: { executionProviders: ["cpu"], logSeverityLevel: 4 },
    },
  );
  const x = input("x", "float32", [2]);
  const hint = "build it of other ops, or run it with `device` cpu";
  const refusalOf = async (y: Tensor): Promise<string> => {
    const { message, hint: next } = await rejectionOf(engine.compile(graph({ y })));
    expect(next).toBe(hint);
    return message;
  };

  it("takes what they compute, and what follows from constants alone", async () => {
    const two = add(constant(float32([1], [1])), constant(float32([2], [1, 1])));
    await using program = await engine.compile(graph({ y: multiply(x, two) }));
    expect((await program.run({ x: float32([2], [3, 4]) })).fetched.y).toEqual(float32([2], [6, 8]));
  });

  it("names the node that has none, for its op or for its dtype", async () => {
    expect(await refusalOf(add(multiply(x, 2), x))).toBe(
      'node "Add:Add_3" (float32) of the model: expected a node that webgpu has a kernel for',
    );
    expect(await refusalOf(multiply(input("n", "int32", [2]), 3))).toBe(
      'node "Mul:Mul_2" (int32) of the model: expected a node that webgpu has a kernel for',
    );
    expect(await refusalOf(x)).toBe(
      'node "Identity:y" (float32) of the model: expected a node that webgpu has a kernel for',
    );
  });
});

describe("a worker that dies", () => {
  /** Speaks the protocol up to its death at the first request. */
  const mortal = (death: string): Worker =>
    new Worker(
      `const { parentPort } = require("node:worker_threads");
       parentPort.on("message", ({ kind }) => {
         if (kind === "open") parentPort.postMessage({ kind: "opened", capabilities: { scan: true, float64: true } });
         else { ${death} }
       });`,
      { eval: true, stderr: true },
    );
  const hint = "try again; if it was out of memory, with fewer workers or a smaller batch";

  it.each([
    { title: "by an exit", death: "process.exit(3)", reason: "exit code 3" },
    { title: "by an error", death: 'throw new Error("no room")', reason: "no room" },
  ])("rejects what is pending and what comes later: $title", async ({ death, reason }) => {
    const engine = await openRemoteEngine(engineWorker(mortal(death)), "cpu", { threads: 1 });
    const [first, second] = [
      engine.upload(float32([1], [1])),
      engine.compile(graph({ y: constant(float32([], [1])) })),
    ];
    const wanted = {
      message: `an engine worker that ended: ${reason}: expected a worker that lives until it is released`,
      hint,
    };
    const [pending, alsoPending] = await Promise.all([rejectionOf(first), rejectionOf(second)]);
    expect(pending).toEqual(wanted);
    expect(alsoPending).toEqual(wanted);
    expect(await rejectionOf(engine.upload(float32([1], [1])))).toEqual(wanted);
    // and its release does not wait for the dead
    await engine[Symbol.asyncDispose]();
  });

  it("before it is open", async () => {
    const worker = new Worker("process.exit(4)", { eval: true });
    expect(await rejectionOf(openRemoteEngine(engineWorker(worker), "cpu", { threads: 1 }))).toEqual({
      message: "an engine worker that ended: exit code 4: expected a worker that lives until it is released",
      hint,
    });
  });
});
