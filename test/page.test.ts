/** A page that asks a model, made by a bundler: how much of ours it carries, and that it runs in a browser. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { Rolldown } from "tsdown";
import { expect, it } from "vitest";
import { writeNpy } from "../src/data/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import {
  constant,
  convolution,
  float32,
  globalAveragePool,
  graph,
  input,
  matMul,
  openOnnx,
  relu,
  sizeOf,
  writeModel,
} from "../src/graph/index.ts";
import { examplesOf, Model } from "../src/models/index.ts";
import { networkFromOnnx } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const CHROMIUM = "/usr/bin/chromium";

/** The chunks of a page, the first of them its own. */
async function bundled(folder: string, program: string, isExternal: (id: string) => boolean) {
  const page = join(folder, "page.js");
  await writeFile(page, program);
  const bundle = await Rolldown.rolldown({
    input: page,
    platform: "browser",
    external: isExternal,
    logLevel: "silent",
    resolve: {
      alias: {
        "gatewise/web": resolve("dist/web.js"),
      },
    },
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, entryFileNames: "page.js" });
  return output.flatMap((one) => (one.type === "chunk" ? [one] : []));
}

const ASK = `import { openModel } from "gatewise/web";
const model = await openModel("cnn.onnx");
console.log(model.paths({ dtype: "float32", shape: [1, 1, 8, 8], data: new Float32Array(64) }, { output: 7 }));`;

it("a page that opens a model and asks for paths carries less than 76 KB, the reader of ONNX inside", async () => {
  await using folder = await temporaryFolder();
  const chunks = await bundled(folder.path, ASK, (id) => /^onnxruntime/.test(id));
  // what is loaded before anything is asked; the rest comes with the question that needs it
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const other of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) load(other);
  };
  load("page.js");
  const own = chunks.filter(({ fileName }) => loaded.has(fileName));
  const bytes = own.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  expect(bytes, own.map(({ fileName }) => fileName).join(", ")).toBeLessThan(76_000);
  expect(bytes).toBeGreaterThan(20_000);
});

const draw = (...shape: number[]) => float32(shape, randomStream(0, ...shape).uniform(sizeOf(shape), -1, 1));

const PROGRAM = `import { openModel, readArray } from "gatewise/web";
try {
  await using model = await openModel("cnn.onnx", { wasmPaths: new URL("ort/", location.href).href });
  const images = await readArray("images.npy");
  const { top, entropy } = model.paths(images.example(3), { output: 7, top: 10 });
  const kernel = await model.pathKernel(images);
  const near = await model.neighbors(images, 3);
  document.body.textContent = JSON.stringify({ top, entropy, kernel: [...kernel.data], near });
} catch (thrown) { document.body.textContent = JSON.stringify({ failed: String(thrown) }); }`;

it.skipIf(!existsSync(CHROMIUM))(
  "the program of the README runs in a browser as in Node",
  async () => {
    await using folder = await temporaryFolder();
    const x = input("images", "float32", ["batch", 1, 8, 8]);
    const maps = relu(convolution(x, constant(draw(4, 1, 3, 3))));
    const cnn = writeModel(graph({ logits: matMul(globalAveragePool(maps), constant(draw(4, 10))) })).bytes;
    const images = draw(5, 1, 8, 8);

    const chunks = await bundled(folder.path, PROGRAM, () => false);
    const files = new Map<string, string | Uint8Array>([
      ["/", '<!doctype html><body><script type="module" src="page.js"></script>'],
      ["/cnn.onnx", cnn],
      ["/images.npy", writeNpy(images)],
      ...chunks.map(({ fileName, code }) => [`/${fileName}`, code] as const),
    ]);
    const server = createServer(async ({ url = "" }, response) => {
      const type = /\.m?js$/.test(url) ? "text/javascript" : url.endsWith(".wasm") ? "application/wasm" : "text/html";
      const own = url.startsWith("/ort/")
        ? await readFile(join("node_modules/onnxruntime-web/dist", basename(url)))
        : files.get(url);
      response.writeHead(own === undefined ? 404 : 200, { "content-type": type }).end(own);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const { stdout } = await promisify(execFile)(CHROMIUM, [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${join(folder.path, "profile")}`,
      "--virtual-time-budget=60000",
      "--dump-dom",
      `http://127.0.0.1:${port}/`,
    ]).finally(() => server.close());
    const told = JSON.parse(/<body>(.*)<\/body>/s.exec(stdout)?.[1] ?? "{}");

    await using model = new Model(networkFromOnnx(openOnnx(cnn)), {
      openEngine: () => openNodeEngine("cpu", { threads: 1 }),
    });
    const { top, entropy } = model.paths(examplesOf(images).example(3), { output: 7, top: 10 });
    expect(told.failed).toBeUndefined();
    expect(told).toMatchObject({ top: JSON.parse(JSON.stringify(top)), entropy });
    const kernel = await model.pathKernel(images);
    kernel.data.forEach((value, i) => void expect(told.kernel[i]).toBeCloseTo(value, 6));
    expect(told.near).toMatchObject((await model.neighbors(images, 3)).map(({ example }) => ({ example })));
  },
  240_000,
);
