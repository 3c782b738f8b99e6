/** Networks of models as architectures: the same parts with the same weights give the same outputs, and train in every regime. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant, float32, sizeOf, type Tensor } from "../../src/graph/index.ts";
import {
  type Architecture,
  forwardNodes,
  type GatedNetwork,
  gatedNetwork,
  initialParameters,
  inputShapeOf,
  isLayered,
  networkFromOnnx,
  parameterSpecs,
  partsOfNetwork,
  placeLayers,
  REGIME_NAMES,
  REGIMES,
  readArchitecture,
  readingExamples,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { runGraph } from "../support/run-graph.ts";
import { sharedPath } from "../support/shared-data.ts";
import { architectures, drawNetwork } from "./random-architectures.ts";

const logitsOf = async (network: GatedNetwork, x: Tensor<"float32">): Promise<readonly number[]> => {
  const logits = forwardNodes(network, x).get(network.output) ?? expect.fail("no output");
  const { logits: found } = await runGraph({ logits });
  return Array.from(found?.data ?? [], Number);
};

const drawn = (shape: readonly number[]) =>
  constant(float32([3, ...shape], randomStream(5, "x").uniform(3 * sizeOf(shape), -1, 1)));

/** Through JSON and back, with the weights in their places. */
const rebuilt = (network: GatedNetwork): { architecture: Architecture; network: GatedNetwork } => {
  const { architecture, parameters } = partsOfNetwork(network);
  const read = readArchitecture(JSON.stringify(architecture), "net.json", architecture.inputShape);
  expect(read).toEqual(architecture);
  return { architecture, network: gatedNetwork(read, REGIMES.relu, { value: parameters }) };
};

const folder = sharedPath("models");
const FOLDERS = ["", "field", "synthetic"];
const files =
  folder === undefined
    ? []
    : FOLDERS.flatMap((name) =>
        readdirSync(join(folder, name))
          .filter((file) => file.endsWith(".onnx") && !file.includes("refused"))
          // 160,000 outputs and maps of 256×256 are about memory
          .filter((file) => !/outputs-160000|pools-on-256/.test(file))
          .map((file) => join(name, file)),
      );

describe.skipIf(folder === undefined)("the architecture of a model of other people", () => {
  it.each(files)("%s gives its outputs with its weights", async (file) => {
    const network = networkFromOnnx(
      readFileSync(join(folder ?? "", file)),
      file.includes("mtcnn") ? { output: 0 } : {},
    );
    const made = rebuilt(network);
    const x = drawn(inputShapeOf(network));
    const [wanted, found] = [await logitsOf(network, x), await logitsOf(made.network, x)];
    expectClose(found, wanted, { relative: 1e-6, absolute: 1e-6 * Math.max(...wanted.map(Math.abs)) });
  });
});

/** Written by PyTorch, see their README. */
const GOLDEN = ["ntk", "flow"].flatMap((name) =>
  readdirSync(join("test/golden", name))
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => join("test/golden", name, file)),
);

describe("the architecture of a model that PyTorch wrote", () => {
  it.each(GOLDEN)("%s gives its outputs with its weights, and has its networks in every regime", async (file) => {
    const network = networkFromOnnx(readFileSync(file));
    const made = rebuilt(network);
    const x = drawn(inputShapeOf(network));
    const [wanted, found] = [await logitsOf(network, x), await logitsOf(made.network, x)];
    expectClose(found, wanted, { relative: 1e-6, absolute: 1e-6 * Math.max(...wanted.map(Math.abs)) });
    const pooled = network.nodes.some(({ kind }) => kind === "max-pool");
    for (const regime of REGIME_NAMES.filter((name) => name !== "dlgn-sf" && !(pooled && name === "dlgn"))) {
      const plan = {
        architecture: made.architecture,
        regime,
        initializer: { kind: "glorot-uniform" },
        seed: 0,
      } as const;
      const parameters = initialParameters(plan, partsOfNetwork(network).parameters);
      expect(gatedNetwork(made.architecture, REGIMES[regime], parameters).nodes.length).toBeGreaterThan(0);
    }
  });
});

describe("layers of a network that was made of layers", () => {
  it("are those layers, but for what says the same", () =>
    fc.assert(
      fc.property(architectures(), fc.nat(1000), (architecture, seed) => {
        const { regime, parameters } = drawNetwork(architecture, REGIMES.relu, seed, 1);
        const { architecture: found, network } = rebuilt(gatedNetwork(architecture, regime, parameters));
        fc.pre(isLayered(found));
        expect(parameterSpecs(found)).toEqual(parameterSpecs(architecture));
        expect(placeLayers(found).at(-1)?.outputShape).toEqual(placeLayers(architecture).at(-1)?.outputShape);
        expect(network.nodes.map(({ kind }) => kind).filter((kind) => kind === "gate")).toHaveLength(
          gatedNetwork(architecture, regime, parameters).nodes.filter(({ kind }) => kind === "gate").length,
        );
      }),
    ));
});

describe("an architecture for examples of another shape", () => {
  const FC: Architecture = { inputShape: [4], layers: [{ kind: "dense", units: 2, bias: true, gated: false }] };
  const NODES: Architecture = {
    inputShape: [2, 1, 2],
    nodes: [
      { kind: "rearrange", name: "flat", input: 0, shape: [4] },
      { kind: "dense", name: "out", input: 1, units: 2, bias: true },
    ],
  };

  it("flattens, reshapes or turns what it reads", () => {
    expect(readingExamples(FC, [4, 1], "m")).toBe(FC);
    expect(readingExamples(FC, [2, 2], "m")).toEqual({
      inputShape: [2, 2],
      layers: [{ kind: "flatten" }, ...FC.layers],
    });
    expect(readingExamples(NODES, [2, 2, 1], "m")).toBe(NODES);
    // maps [c, h, w] where it reads [h, w, c]: element (h, c) of what it reads is element (c, h) of the examples
    const turned = readingExamples({ ...NODES, inputShape: [3, 1, 2], nodes: NODES.nodes.slice(1) }, [2, 3, 1], "m");
    expect("nodes" in turned && turned.nodes[0]).toMatchObject({
      kind: "rearrange",
      shape: [3, 1, 2],
      from: [0, 3, 1, 4, 2, 5],
    });
  });

  it("of another number of elements is refused", () => {
    expect(errorOf(() => readingExamples(FC, [5], "m.onnx"))).toEqual({
      message: "m.onnx, which reads [4]: expected an input of 5 numbers, as the examples of [5] have",
      hint: "choose another data set, or another network",
    });
  });
});
