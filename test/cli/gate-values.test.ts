import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { layerTensors, readLayerValues } from "../../src/gates/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { networkFromOnnx } from "../../src/network/index.ts";
import { bytesOfModel, drawn, modelProto, valueInfo } from "../graph/onnx/model.ts";
import { examples, ortRun } from "../network/onnx/logits.ts";
import { gatewiseHere as gatewise } from "../support/command-line.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";

let folder = "";
const at = (name: string): string => join(folder, name);

const model = modelProto({
  input: ["N", 2, 6, 5],
  nodes: [
    { op: "Conv", inputs: ["x", "w", "b"], outputs: ["q1"], name: "/body/conv:1" },
    { op: "Relu", inputs: ["q1"], outputs: ["z1"], name: "/body/relu" },
    {
      op: "MaxPool",
      inputs: ["z1"],
      outputs: ["p"],
      name: "pool",
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
    { op: "Flatten", inputs: ["p"], outputs: ["f"], name: "flat" },
    { op: "Gemm", inputs: ["f", "d"], outputs: ["q2"], name: "hidden" },
    { op: "PRelu", inputs: ["q2", "s"], outputs: ["z2"], name: "slopes" },
    { op: "Gemm", inputs: ["z2", "c"], outputs: ["y"], name: "out" },
  ],
  constants: {
    w: drawn("w", 4, 2, 3, 3),
    b: drawn("b", 4),
    d: drawn("d", 8, 6),
    s: float32([6], [0.1, 0.2, 0, -0.5, 1, 2]),
    c: drawn("c", 6, 3),
  },
});
const bytes = bytesOfModel(model);
const EXAMPLES = 150;
const x = examples(EXAMPLES, [2, 6, 5]);

/** What ONNX Runtime has in a tensor inside the model. */
const inside = (tensor: string): Promise<readonly number[]> =>
  ortRun(
    bytesOfModel({
      ...model,
      ...(model.graph && { graph: { ...model.graph, output: [valueInfo(tensor, undefined)] } }),
    }),
    { x },
    tensor,
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatewise-"));
  await writeFile(at("m.onnx"), bytes);
  await writeFile(at("x.npy"), writeNpy(x));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const gates = (...more: readonly string[]) =>
  gatewise(["gates", "--model", at("m.onnx"), "--inputs", at("x.npy"), ...more, "--json"]);

interface Row {
  readonly layer: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly file: string;
}

describe("gates --values", () => {
  it.each(["float32", "float64"])("all in %s: what ONNX Runtime has in its tensors", async (dtype) => {
    const { code, stdout, stderr } = await gates("--values", "all", "--out", at(dtype), "--dtype", dtype);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { values, out } = JSON.parse(stdout);
    const wanted = [
      ["/body/relu", "pre-activations", "q1", [EXAMPLES, 4, 4, 3], "1-_body_relu.pre-activations.npy"],
      ["/body/relu", "activations", "z1", [EXAMPLES, 4, 4, 3], "1-_body_relu.activations.npy"],
      ["slopes", "pre-activations", "q2", [EXAMPLES, 6], "2-slopes.pre-activations.npy"],
      ["slopes", "activations", "z2", [EXAMPLES, 6], "2-slopes.activations.npy"],
      ["out", "values", "y", [EXAMPLES, 3], "3-out.values.npy"],
    ] as const;
    expect(values).toEqual(
      wanted.map(([layer, kind, , shape, file]) => ({ layer, kind, shape, file: join(at(dtype), file), dtype })),
    );
    for (const [, , tensor, shape, file] of wanted) {
      const array = readNpy(await readFile(join(at(dtype), file)));
      expect([array.dtype, array.shape]).toEqual([dtype, shape]);
      expectClose(Array.from(array.data, Number), await inside(tensor), { relative: 1e-5, absolute: 2e-6 });
    }
    expect(out).toBe(join(at(dtype), "gates.npy"));
    expect((await readdir(at(dtype))).sort()).toEqual(["gates.npy", ...wanted.map(([, , , , file]) => file)].sort());
  });

  it("named layers: a layer stands for the gate behind it, a pool for itself", async () => {
    const { stdout } = await gates("--values", "/body/conv:1, pool,hidden,x", "--out", at("named"));
    const rows: readonly Row[] = JSON.parse(stdout).values;
    expect(rows.map(({ layer, kind }) => `${layer} ${kind}`)).toEqual([
      "/body/conv:1 pre-activations",
      "/body/conv:1 activations",
      "pool values",
      "hidden pre-activations",
      "hidden activations",
      "x values",
    ]);
    const tensors = ["q1", "z1", "p", "q2", "z2"];
    for (const [index, tensor] of tensors.entries()) {
      const array = readNpy(await readFile(rows[index]?.file ?? ""));
      expectClose(Array.from(array.data, Number), await inside(tensor), { relative: 1e-5, absolute: 2e-6 });
    }
    expect(readNpy(await readFile(rows.at(-1)?.file ?? ""))).toEqual(x);
  });

  it("the gates are the signs of the pre-activations", async () => {
    const { stdout } = await gates("--values", "slopes", "--out", at("signs"));
    const { layers, values } = JSON.parse(stdout);
    const q = Array.from(readNpy(await readFile(values[0].file)).data, Number);
    expect(layers[1].on).toBeCloseTo(q.filter((one) => one > 0).length / q.length, 12);
  });

  it.each([
    [["--values", "all"], 2, "--values all without --out: expected a folder for the values", "add --out values"],
    [
      ["--dtype", "float64"],
      2,
      "--dtype float64 without --values: expected values to write: gates are bits",
      "add --values all, or leave --dtype out",
    ],
    [
      ["--values", "nothing", "--out", "v"],
      1,
      'layer "nothing": expected "x", "/body/conv:1", "/body/relu", "pool", "flat.rearrange", "hidden", "slopes", "out" or all',
      "gatewise inspect lists the names of a model's layers",
    ],
  ] as const)("%j is refused", async (options, code, message, hint) => {
    const refused = await gates(...options);
    expect({ code: refused.code, ...JSON.parse(refused.stdout) }).toMatchObject({ code, error: { message, hint } });
  });

  it("a file in place of the folder is refused, and nothing is written onto what is read", async () => {
    const file = JSON.parse((await gates("--values", "all", "--out", at("x.npy"))).stdout);
    expect(file.error.message).toContain("x.npy");
    expect(readNpy(await readFile(at("x.npy")))).toEqual(x);
  });
});

describe("values of layers", () => {
  it("come in blocks, and none but the last is cut short", async () => {
    const network = networkFromOnnx(bytes);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const spans: string[] = [];
    const done: number[] = [];
    const options = { batch: 60, onProgress: (count: number) => done.push(count) };
    for await (const { from, to, values } of readLayerValues(
      network,
      engine,
      x,
      layerTensors(network, "all"),
      options,
    )) {
      spans.push(`${from}-${to}: ${values.map(({ shape }) => shape[0])}`);
    }
    expect(spans).toEqual(["0-60: 60,60,60,60,60", "60-120: 60,60,60,60,60", "120-150: 30,30,30,30,30"]);
    expect(done).toEqual([60, 120, 150]);
  });

  it("hold 64 MiB at once, however large the layers", async () => {
    const large = networkFromOnnx(
      bytesOfModel(modelProto({ input: ["N", 2 ** 22], nodes: [{ op: "Relu", inputs: ["x"] }] })),
    );
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const tensors = layerTensors(large, "all").slice(1);
    const inputs = float32([5, 2 ** 22], new Float32Array(5 * 2 ** 22));
    const spans: string[] = [];
    for await (const { from, to } of readLayerValues(large, engine, inputs, tensors)) spans.push(`${from}-${to}`);
    expect(spans).toEqual(["0-4", "4-5"]);
  });

  it("end when they are told to", async () => {
    const network = networkFromOnnx(bytes);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const stop = new AbortController();
    const blocks = readLayerValues(network, engine, x, layerTensors(network, ["pool"]), { signal: stop.signal });
    expect((await blocks.next()).done).toBe(false);
    stop.abort(new Error("stopped"));
    await expect(blocks.next()).rejects.toThrow("stopped");
  });

  it("of a name that no layer has", () => {
    expect(errorOf(() => layerTensors(networkFromOnnx(bytes), ["pool", "q1"])).message).toMatch(
      /^layer "q1": expected /,
    );
  });
});
