import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { float32, float64, sizeOf } from "../../../src/graph/index.ts";
import { openMaskProducts } from "../../../src/kernels/pair/mask-products.ts";
import { pairKernel } from "../../../src/kernels/pair/pair-kernel.ts";
import { planPairs } from "../../../src/kernels/pair/plan.ts";
import { readPathExamples } from "../../../src/kernels/pair/readings.ts";
import { ExampleSide } from "../../../src/kernels/pair/side.ts";
import {
  type Architecture,
  type GatedNetwork,
  gatedNetwork,
  initialParameters,
  type Layer,
  REGIMES,
} from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { expectClose } from "../../support/expect-close.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const convolution = (channels: number, stride = 1): Layer => ({
  kind: "convolution",
  channels,
  kernel: 3,
  stride,
  padding: "same",
  bias: true,
  gated: true,
});
const linear = (channels: number): Layer => ({ ...convolution(channels), gated: false }) as Layer;
const dense = (units: number, gated: boolean): Layer => ({ kind: "dense", units, bias: true, gated });

/** Soft gates; two dense layers behind the others. */
function softNetwork(layers: readonly Layer[]): GatedNetwork {
  const architecture: Architecture = { inputShape: [2, 6, 8], layers: [...layers, dense(5, true), dense(2, false)] };
  return gatedNetwork(
    architecture,
    REGIMES.dlnpf,
    initialParameters({ architecture, regime: "dlnpf", initializer: { kind: "glorot-uniform" }, seed: 3 }),
  );
}

/** The same network whose soft gates are leaky, with a slope for all channels. */
const withLeakyGates = (network: GatedNetwork): GatedNetwork => ({
  ...network,
  nodes: network.nodes.map((node) =>
    node.kind === "gate" && node.rule.kind === "soft"
      ? { ...node, rule: { kind: "leaky", slopes: float64([1], [0.3]) } }
      : node,
  ),
});

/** The same network whose convolutions behind the first read half of the channels each. */
const withGroups = (network: GatedNetwork): GatedNetwork => ({
  ...network,
  nodes: network.nodes.map((node) => {
    if (node.kind !== "convolution" || (node.weight.shape[1] ?? 0) < 4) return node;
    const [channels = 0, inputs = 0, ...kernel] = node.weight.shape;
    const shape = [channels, inputs / 2, ...kernel];
    return { ...node, groups: 2, weight: float32(shape, node.weight.data.slice(0, sizeOf(shape))) };
  }),
});

const residual = (...body: readonly Layer[]): Layer => ({ kind: "residual", body, shortcut: [] });
const GATE: Layer = { kind: "gate" };
const GAP: readonly Layer[] = [convolution(4), convolution(3), { kind: "global-average-pool" }];
/** Name, network, and how many sums over channels the engine makes: a term each of what layers that mix channels read. */
const CASES = [
  ["global average pool", softNetwork(GAP), 3],
  ["flatten", softNetwork([convolution(4, 2), convolution(3), { kind: "flatten" }]), 3],
  [
    "flatten behind an average pool",
    softNetwork([convolution(4), convolution(3), { kind: "average-pool", size: 2 }, { kind: "flatten" }]),
    3,
  ],
  // the max-pool reads single channels of the gates before it: no inner product is left there
  ["max-pool", softNetwork([convolution(4), { kind: "max-pool", size: 2 }, convolution(3), { kind: "flatten" }]), 2],
  // two terms behind the first sum, three behind the second
  [
    "residual sums",
    softNetwork([
      convolution(4),
      residual(convolution(3), linear(4)),
      residual(GATE, linear(4)),
      GATE,
      { kind: "global-average-pool" },
    ]),
    1 + 1 + 2 + 3 + 1,
  ],
  // a sum each of two groups; behind them kernels differ by channel
  ["groups", withGroups(softNetwork([convolution(4), convolution(6), { kind: "global-average-pool" }])), 2 + 1],
  ["leaky gates", withLeakyGates(softNetwork(GAP)), 3],
] as const;

describe("inner products of masks through the engine (theory 3.7)", () => {
  const inputs = (count: number, seed: number) =>
    float64([count, 2, 6, 8], randomStream(seed, "x").normal(sizeOf([count, 2, 6, 8])));

  const productsOf = async (network: GatedNetwork, mostNumbers = 2 ** 20) => {
    const [reading = expect.fail()] = await readPathExamples(network, engine, inputs(1, 4));
    const kernel = { network, plan: planPairs(network), shortcuts: new Map(), mostNumbers };
    return await openMaskProducts(kernel, engine, new ExampleSide(network, reading));
  };

  it.each(CASES)("%s: the kernel equals the one of plain sums", async (_, network, sums) => {
    // more than a tile of examples
    const rows = await readPathExamples(network, engine, inputs(19, 4));
    await using products = await productsOf(network);
    expect(products?.count ?? 0).toBe(sums);
    const columns = rows.slice(3, 5);
    const wanted = await pairKernel(network, rows, rows, { shortcuts: false });
    const close = { relative: 1e-13 };
    expectClose(await pairKernel(network, rows, rows, { engine }), wanted, close);
    const between = float64(
      [19, 2],
      [...wanted.data].filter((__, at) => at % 19 === 3 || at % 19 === 4),
    );
    expectClose(await pairKernel(network, rows, columns, { engine }), between, close);
    const diagonal = float64(
      [19],
      [...wanted.data].filter((__, at) => at % 20 === 0),
    );
    expectClose(await pairKernel(network, rows, rows, { engine, part: "diagonal" }), diagonal, close);
  });

  it("takes as many pairs at a time as fit into memory", async () => {
    const network = softNetwork(GAP);
    /** Two squares of 48 positions, and a dense layer. */
    const perPair = 2 * 48 ** 2 + 1;
    for (const [pairs, size] of [
      [0, [1, 1]],
      [3, [1, 3]],
      [8, [2, 4]],
      [100, [4, 4]],
    ] as const) {
      await using products = await productsOf(network, pairs * perPair);
      expect(products?.blockSize(4)).toEqual(size);
    }
  });

  it("there are none behind hard gates", async () => {
    const architecture: Architecture = { inputShape: [2, 6, 8], layers: [...GAP, dense(2, false)] };
    const parameters = initialParameters({
      architecture,
      regime: "relu",
      initializer: { kind: "glorot-uniform" },
      seed: 3,
    });
    const network = gatedNetwork(architecture, REGIMES.relu, parameters);
    expect(await productsOf(network)).toBeUndefined();
  });
});
