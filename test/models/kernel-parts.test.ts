/** Parts of kernels that are made without the rest: the bytes of the whole, whatever makes the kernel. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { inputRows } from "../../src/gates/index.ts";
import { type DenseArray, float32, float64, sizeOf } from "../../src/graph/index.ts";
import { randomPathFeatures, tileAt, tileCount } from "../../src/kernels/index.ts";
import { writeKernelFile } from "../../src/kernels/node/index.ts";
import { Model, neuralPathKernelWay } from "../../src/models/index.ts";
import {
  openKernelParts,
  type PartedMatrix,
  partDType,
  writeNeuralPathKernel,
  writePathFeatures,
  writeTangentKernel,
} from "../../src/models/node/index.ts";
import {
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  initialParameters,
  inputShapeOf,
  networkFromOnnx,
  REGIMES,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { type MapLayer, mapModel } from "../support/map-models.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const max: MapLayer = { pool: "Max", size: 2, stride: 2 };
const mapped = (shape: readonly number[], layers: readonly MapLayer[]): GatedNetwork =>
  networkFromOnnx(mapModel(shape, layers));
const architecture = fullyConnected({ inputShape: [40], depth: 3, width: 30, outputs: 2 });

/** One of each way that a path kernel is made. */
const NETWORKS: Readonly<Record<string, readonly [way: string, network: GatedNetwork]>> = {
  "packed bits": ["packed bits", mapped([1, 5, 8], [{ dense: 40 }, "relu", { dense: 30 }, "relu", { dense: 2 }])],
  program: ["program", mapped([1, 8, 8], [{ conv: 4 }, "relu", max, { conv: 8 }, "relu", max, { dense: 2 }])],
  "box chain": ["nodes", mapped([2, 4, 4], [{ conv: 4 }, "relu", { conv: 4 }, "relu", "global-average", { dense: 2 }])],
  "leaky gates": ["nodes", mapped([1, 3, 3], [{ conv: 2 }, { slope: 0.1 }, { conv: 2 }, { slope: 0.2 }, { dense: 2 }])],
  "soft chain": [
    "soft chain",
    gatedNetwork(
      architecture,
      REGIMES.dlnpf,
      initialParameters({ architecture, regime: "dlnpf", initializer: { kind: "glorot-uniform" }, seed: 1 }),
    ),
  ],
};
/** More than one run of the engine, and no multiple of a tile. */
const N = 66;
const TILE = 25;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const models = new Map<string, Model>();
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const [name, [, network]] of Object.entries(NETWORKS)) {
    models.set(name, new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) }));
  }
});
afterAll(async () => {
  for (const model of models.values()) await model[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const modelOf = (name: string): Model => models.get(name) ?? expect.fail(name);
const inputsOf = (name: string, count: number, seed: number): DenseArray<"float32"> => {
  const shape = [count, ...inputShapeOf(modelOf(name).network)];
  return float32(shape, Float32Array.from(randomStream(seed, "x").normal(sizeOf(shape))));
};

/** All parts, put together as a file of the whole. */
async function gathered(
  model: Model,
  matrix: PartedMatrix,
  inputs: DenseArray<"float32">,
  inputs2?: DenseArray<"float32">,
): Promise<Buffer> {
  const path = join(folder.path, "gathered.npy");
  const [rows = 0, columns = 0] = [inputs.shape[0], (inputs2 ?? inputs).shape[0]];
  const symmetric = inputs2 === undefined;
  const shape = { rows, columns, symmetric, edge: TILE };
  await using parts = await openKernelParts(model, matrix, { inputs, inputs2 }, 1);
  async function* tiles() {
    const of = tileCount(shape);
    // backwards: no part knows of another
    const made = new Map<number, Awaited<ReturnType<typeof parts.make>>>();
    for (let i = of - 1; i >= 0; i--) made.set(i, await parts.make(tileAt(shape, i), {}));
    for (let i = 0; i < of; i++) {
      const [a, b] = tileAt(shape, i);
      yield { rows: a, columns: b, values: made.get(i) ?? expect.fail("no part"), done: i + 1, made: i + 1, of };
    }
  }
  await writeKernelFile({ path, dtype: partDType(matrix), shape: [rows, columns], symmetric, digest: "0" }, tiles());
  return await readFile(path);
}

describe.each(Object.keys(NETWORKS))("parts of the path kernel by %s", (name) => {
  it("are those of the whole", async () => {
    const model = modelOf(name);
    const way = neuralPathKernelWay(model.network);
    expect(way.kind === "packed bits" ? way.kind : (await model.pairWay()).kind).toBe(NETWORKS[name]?.[0]);
    const inputs = inputsOf(name, N, 1);
    const path = join(folder.path, "whole.npy");
    await writeNeuralPathKernel(model, inputs, { out: { path }, threads: 1 });
    const matrix = { kind: "npk", normalize: "none", dtype: "float64" } as const;
    expect(await gathered(model, matrix, inputs)).toEqual(await readFile(path));
    const others = inputsOf(name, 31, 2);
    await writeNeuralPathKernel(model, inputs, { inputs2: others, out: { path }, threads: 1, dtype: "float32" });
    expect(await gathered(model, { ...matrix, dtype: "float32" }, inputs, others)).toEqual(await readFile(path));
  });
});

it("parts of the tangent kernel are those of the whole", async () => {
  const model = modelOf("program");
  const inputs = inputsOf("program", N, 1);
  const path = join(folder.path, "whole.npy");
  await writeTangentKernel(model, inputs, { out: { path }, output: 1, threads: 1 });
  const matrix = { kind: "ntk", output: 1, part: "all", dtype: "float64" } as const;
  expect(await gathered(model, matrix, inputs)).toEqual(await readFile(path));
});

it("random path features come by rows, the same in a file, in parts, and where it was interrupted", async () => {
  const model = modelOf("program");
  const inputs = inputsOf("program", 150, 1);
  const engine = await model.engine();
  // 32 draws of one feature: fewer than 16 draws tell no error
  const whole = await randomPathFeatures(model.network, engine, inputs, 32, { seed: 5, together: 2 });
  const path = join(folder.path, "features.npy");
  const asked = { features: 32, seed: 5, out: { path } };
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("stopped"));
  await expect(writePathFeatures(model, inputs, { ...asked, signal: stop.signal, onProgress })).rejects.toThrow(
    "stopped",
  );
  await writePathFeatures(model, inputs, { ...asked, resume: true });
  expect(readNpy(await readFile(path))).toEqual(whole);
  const read: [number, number][] = [];
  const blocks = {
    shape: inputs.shape,
    read: async (from: number, to: number) => {
      read.push([from, to]);
      return inputRows(inputs, from, to);
    },
  };
  await writePathFeatures(model, blocks, { ...asked, out: { path: join(folder.path, "blocks.npy") } });
  expect(readNpy(await readFile(join(folder.path, "blocks.npy")))).toEqual(whole);
  // once for the digest, then a run of the engine at a time
  expect(read).toEqual([
    [0, 150],
    [0, 64],
    [64, 128],
    [128, 150],
  ]);
  await using parts = await openKernelParts(
    model,
    { kind: "features", features: 32, seed: 5, dtype: "float64" },
    { inputs },
    1,
  );
  const part = await parts.make(
    [
      { from: 60, to: 131 },
      { from: 0, to: 32 },
    ],
    {},
  );
  expect(part).toEqual(float64([71, 32], whole.data.slice(60 * 32, 131 * 32)).data);
});
