import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { DEVICES, type Device, type Engine, type EngineOptions } from "../../src/engine/index.ts";
import { openNodeEngine, openWorkerEngine } from "../../src/engine/node/index.ts";
import { openWasmEngine } from "../../src/engine/web/index.ts";
import { add, float32, graph, input } from "../../src/graph/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Options as a caller in JavaScript may write them. */
const loosely = (options: object): EngineOptions => JSON.parse(JSON.stringify({ threads: 1, ...options }));

const OPENINGS = [
  { title: "in this thread", open: (options: EngineOptions) => openNodeEngine("cpu", options) },
  { title: "in a worker", open: (options: EngineOptions) => openWorkerEngine("cpu", options) },
  { title: "wasm", open: (options: EngineOptions) => openWasmEngine(options) },
] as const satisfies readonly { readonly title: string; readonly open: (options: EngineOptions) => Promise<Engine> }[];

const WRONG = [
  ...[0, -1, 1.5, 1025, Number.NaN, Number.POSITIVE_INFINITY].map((threads) => ({
    options: { ...loosely({}), threads },
    message: `an engine of ${threads} threads: expected a whole number from 1 to 1024`,
    hint: "give the number of cores it may use, or 1 for equal bits",
  })),
  {
    options: loosely({ memory: "lots" }),
    message: 'memory "lots" of an engine: expected "planned" or "as-needed"',
    hint: "name one of them",
  },
  {
    options: loosely({ denormals: "gone" }),
    message: 'denormals "gone" of an engine: expected "kept" or "flushed"',
    hint: "name one of them",
  },
];

describe.each(OPENINGS)("an engine $title", ({ open }) => {
  it.each(WRONG)("refuses $message", async ({ options, message, hint }) => {
    expect(await rejectionOf(open(options))).toEqual({ message, hint });
  });

  it.each(["planned", "as-needed"] as const)("runs with memory %s", async (memory) => {
    const x = input("x", "float32", [2]);
    await using engine = await open({ threads: 1, memory });
    await using program = await engine.compile(graph({ y: add(x, x) }));
    expect((await program.run({ x: float32([2], [1, 2]) })).fetched.y).toEqual(float32([2], [2, 4]));
  });

  it("refuses outputs to keep that a graph does not have", async () => {
    await using engine = await open({ threads: 1 });
    expect(await rejectionOf(engine.compile(graph({ y: input("x", "float32", [1]) }), ["z"]))).toEqual({
      message: '"z" among the outputs to keep: expected outputs of the graph: y',
      hint: "leave it out, or name it as the graph does",
    });
  });
});

describe("a device of another engine, or of none", () => {
  const named = (device: string): Device => DEVICES.find((one) => one === device) ?? JSON.parse(JSON.stringify(device));
  const asNode = (device: Device): Exclude<Device, "wasm"> => JSON.parse(JSON.stringify(device));
  it.each([
    { device: "wasm", hint: "open the engine that has it" },
    { device: "tpu", hint: "name one of them" },
  ])("$device", async ({ device, hint }) => {
    for (const open of [openNodeEngine, openWorkerEngine]) {
      expect(await rejectionOf(open(asNode(named(device)), { threads: 1 }))).toEqual({
        message: `device "${device}" of an engine: expected "cpu" or "webgpu" or "cuda"`,
        hint,
      });
    }
  });
});

it("wasm flushes no denormals, and says so", async () => {
  expect(await rejectionOf(openWasmEngine({ threads: 1, denormals: "flushed" }))).toEqual({
    message: 'denormals "flushed" of a wasm engine: expected "kept": WebAssembly has no other arithmetic',
    hint: "leave denormals out",
  });
});

/** What openings one after the other come to in a process of their own: a device, or an error. */
async function inOwnProcess(openings: readonly object[], before = ""): Promise<readonly unknown[]> {
  const script = `
    import { openWasmEngine } from ${JSON.stringify(resolve("src/engine/web/index.ts"))};
    import { add, float32, graph, input } from ${JSON.stringify(resolve("src/graph/index.ts"))};
    ${before}
    const x = input("x", "float32", [1]);
    const told = [];
    for (const options of ${JSON.stringify(openings)}) {
      try {
        const engine = await openWasmEngine(options);
        const program = await engine.compile(graph({ y: add(x, x) }));
        told.push((await program.run({ x: float32([1], [2]) })).fetched.y.data[0]);
      } catch (error) {
        told.push({ message: error.message, hint: error.hint });
      }
    }
    console.log(JSON.stringify(told));
    process.exit(0);
  `;
  // a file: threads of the runtime are started with the options of the process, which --eval would not fit
  await using folder = await temporaryFolder();
  const file = join(folder.path, "openings.mjs");
  await writeFile(file, script);
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", file]);
  return JSON.parse(stdout);
}

describe("engines of WebAssembly in one page or worker", () => {
  const hint = "give all engines of a page or worker the same, or open this one in a worker of its own";

  it("have the threads of the first", async () => {
    // under Node threads find their script by a path alone
    const two = { threads: 2, wasmPaths: `${resolve("node_modules/onnxruntime-web/dist")}/` };
    expect(await inOwnProcess([two, { threads: 1 }, two])).toEqual([
      4,
      {
        message: "threads 1 of a wasm engine: expected 2, as ONNX Runtime was set up with here before",
        hint,
      },
      4,
    ]);
  });

  it("have the files of the first", async () => {
    const wasmPaths = "file:///elsewhere/";
    expect(await inOwnProcess([{ threads: 1 }, { threads: 1, wasmPaths }, { threads: 1 }])).toEqual([
      4,
      {
        message: `wasmPaths "${wasmPaths}" of a wasm engine: expected "none", as ONNX Runtime was set up with here before`,
        hint,
      },
      4,
    ]);
  });

  it("have one thread where memory cannot be shared", async () => {
    const openings = [{ threads: 2 }, { threads: 1 }];
    expect(await inOwnProcess(openings, "delete globalThis.SharedArrayBuffer;")).toEqual([
      {
        message:
          "2 threads in a page that is not cross-origin isolated: expected 1 thread, or memory that threads can share",
        hint: "serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
      },
      4,
    ]);
  });
});
