import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { float64 } from "../../../src/graph/index.ts";
import { type BoxChain, boxChain } from "../../../src/kernels/pair/box-chain/box-chain.ts";
import { openBoxChain } from "../../../src/kernels/pair/box-chain/memory.ts";
import { packSide } from "../../../src/kernels/pair/box-chain/packed-side.ts";
import { kernelOfFew } from "../../../src/kernels/pair/few-examples.ts";
import { neuralPathKernelByPairs, pairKernel } from "../../../src/kernels/pair/pair-kernel.ts";
import { planPairs } from "../../../src/kernels/pair/plan.ts";
import { packPositions } from "../../../src/kernels/pair/position-bits.ts";
import { readPathExamples } from "../../../src/kernels/pair/readings.ts";
import type { ExampleSide } from "../../../src/kernels/pair/side.ts";
import { estimatedKernel, randomPathFeatures } from "../../../src/kernels/random-features/random-path-features.ts";
import {
  type Architecture,
  type GatedNetwork,
  type GatedNode,
  gatedNetwork,
  hasHardGates,
  initialParameters,
  type Layer,
  REGIMES,
  type RegimeName,
} from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { BODY_NAMES, GATE_KINDS, gatedNetworkChoices, gatedNetworkOf } from "../../support/gated-networks.ts";
import { oracles, shapeOf } from "../../support/oracle.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { bundleGram } from "../bundle-gram.reference.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

describe("the path kernel of any network", () => {
  it.each(BODY_NAMES)("equals the Gram matrix of path bundles: %s (theory 3.5)", async (body) => {
    for (const [kind, gates] of GATE_KINDS.entries()) {
      // every body has both, and so has every kind of gates
      const bias = (kind + BODY_NAMES.indexOf(body)) % 2 === 0;
      const { network, inputs } = gatedNetworkOf({ body, gates, bias, normalize: !bias, seed: 7 });
      const wanted = await bundleGram(network, inputs);
      const hard = hasHardGates(network) ? 1e-12 : 1e-6; // soft gates are float32
      const tolerance = { relative: hard, absolute: hard * Math.max(...wanted.flat().map(Math.abs)) };
      expectClose(await neuralPathKernelByPairs(network, engine, inputs), float64([3, 3], wanted.flat()), tolerance);
      const few = await kernelOfFew(network, engine, inputs, { breathe: async () => {} });
      expectClose(few, float64([3, 3], wanted.flat()), tolerance);
    }
  });

  it.each([
    ["max-pool", "average-pool"],
    ["average-pool", "max-pool"],
    ["average-pool", "average-pool"],
  ] as const)(
    "keeps only pairs near each other where maps are flattened behind pools: %s, %s",
    async (first, second) => {
      const convolution: Layer = {
        kind: "convolution",
        channels: 2,
        kernel: 3,
        stride: 1,
        padding: "same",
        bias: true,
        gated: true,
      };
      const architecture: Architecture = {
        inputShape: [1, 12, 16],
        layers: [
          convolution,
          { kind: first, size: 2 },
          convolution,
          { kind: second, size: 2 },
          { kind: "flatten" },
          { kind: "dense", units: 2, bias: true, gated: false },
        ],
      };
      const parameters = initialParameters({
        architecture,
        regime: "frnpf-ii",
        initializer: { kind: "glorot-uniform" },
        seed: 3,
      });
      const network = gatedNetwork(architecture, REGIMES["frnpf-ii"], parameters);
      const { pairs } = planPairs(network);
      expect([...pairs.values()].every((own) => own !== "all")).toBe(true);
      expect(Math.max(...[...pairs.values()].map((own) => (own === "all" ? 0 : own.steps.length)))).toBe(49);
      const inputs = float64([3, 1, 12, 16], randomStream(4, "x").normal(3 * 12 * 16));
      const wanted = await bundleGram(network, inputs);
      expectClose(await neuralPathKernelByPairs(network, engine, inputs), float64([3, 3], wanted.flat()), {
        relative: 1e-11,
      });
    },
  );

  const rows = [...oracles("conv-"), ...oracles("fc-")].flatMap((oracle) =>
    oracle.npk === undefined ? [] : [{ oracle, npk: oracle.npk }],
  );
  it.each(rows)("of $oracle.name equals PyTorch's", async ({ oracle, npk }) => {
    const network = gatedNetwork(oracle.architecture, REGIMES[oracle.regime], oracle.records);
    const shape = shapeOf(oracle.x);
    const inputs = float64(shape, [oracle.x].flat(10).map(Number));
    const relative = hasHardGates(network) ? 1e-12 : 1e-6;
    expectClose(await neuralPathKernelByPairs(network, engine, inputs), float64([npk.length, npk.length], npk.flat()), {
      relative,
    });
  });

  it("is symmetric and positive semidefinite, its diagonal and trace those of the matrix", async () => {
    await fc.assert(
      fc.asyncProperty(
        gatedNetworkChoices(),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        async (choices, weights) => {
          const { network, inputs } = gatedNetworkOf(choices);
          const [first, second] = [
            float64([1, ...inputs.shape.slice(1)], inputs.data.slice(0, inputs.data.length / 3)),
            inputs,
          ];
          const { data } = await neuralPathKernelByPairs(network, engine, inputs);
          const between = await neuralPathKernelByPairs(network, engine, second, first);
          expectClose(
            between,
            float64(
              [3, 1],
              [0, 3, 6].map((i) => data[i] ?? 0),
            ),
            { relative: 1e-12, absolute: 1e-14 },
          );
          const form = [...data].reduce(
            (sum, k, i) => sum + k * (weights[Math.floor(i / 3)] ?? 0) * (weights[i % 3] ?? 0),
            0,
          );
          const diagonal = [0, 4, 8].map((i) => data[i] ?? 0);
          const trace = diagonal.reduce((sum, k) => sum + k, 0);
          expect(form).toBeGreaterThanOrEqual(-1e-12 * trace);
          expectClose(
            await neuralPathKernelByPairs(network, engine, inputs, undefined, { part: "diagonal" }),
            float64([3], diagonal),
            { relative: 1e-12 },
          );
          expectClose(
            await neuralPathKernelByPairs(network, engine, inputs, undefined, { part: "trace" }),
            float64([], [trace]),
            { relative: 1e-12 },
          );
        },
      ),
      { numRuns: propertyRuns(12) },
    );
  });

  it("does not see the value weights behind the gates of a feature network", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "residual",
      gates: "feature-hard",
      bias: true,
      normalize: false,
      seed: 3,
    });
    const doubled: GatedNetwork = {
      ...network,
      nodes: network.nodes.map(
        (node): GatedNode =>
          node.kind === "convolution" && node.name.startsWith("value.")
            ? {
                ...node,
                weight: float64(
                  node.weight.shape,
                  [...node.weight.data].map((w) => -3 * w),
                ),
              }
            : node,
      ),
    };
    expectClose(
      await neuralPathKernelByPairs(doubled, engine, inputs),
      await neuralPathKernelByPairs(network, engine, inputs),
      {
        relative: 0,
      },
    );
  });

  it("of a global average pool does not see where in an empty frame an image stands", async () => {
    const network = chainNetwork([4, 5], 9, "relu", false);
    const image = randomStream(1, "image").uniform(9, 0, 1);
    const at = (top: number, left: number): readonly number[] =>
      Array.from({ length: 81 }, (_, i) => {
        const [y, x] = [Math.floor(i / 9) - top, (i % 9) - left];
        return y >= 0 && y < 3 && x >= 0 && x < 3 ? (image[3 * y + x] ?? 0) : 0;
      });
    const placed = float64([3, 1, 9, 9], [...at(3, 3), ...at(2, 4), ...at(4, 2)]);
    const { data } = await neuralPathKernelByPairs(network, engine, placed);
    expectClose(
      [...data],
      Array.from(data, () => data[0] ?? 0),
      { relative: 1e-12 },
    );
  });

  it.each([
    { size: 7, channels: [5, 70], inputs: 3 },
    { size: 6, channels: [130, 64, 3], inputs: 1 },
    { size: 1, channels: [4], inputs: 2 },
    { size: 19, channels: [7, 66], inputs: 1 }, // more positions than a table has
    { size: 6, channels: [64, 64, 128, 128], inputs: 3 }, // the first layer of pixels is the last in 31 bits
    { size: 2, channels: [3, 200, 130, 200, 130], inputs: 3 }, // beyond 31 bits before the first layer
  ])(
    "the chain of box sums equals the recursion node by node: $size×$size, $channels channels",
    async ({ size, channels, inputs }) => {
      for (const bias of [true, false]) {
        const network = chainNetwork(channels, size, "frnpf-ii", bias, inputs);
        const pool = network.nodes.findIndex(({ kind }) => kind === "average-pool");
        expect(boxChain(network, pool)?.layers.length).toBe(channels.length);
        const reals = randomStream(5, "x").normal(3 * inputs * size * size);
        const pixels = reals.map((real) => (Math.floor(1e6 * Math.abs(real)) % 256) / 255);
        for (const values of [reals, pixels]) {
          const x = float64([3, inputs, size, size], values);
          const readings = await readPathExamples(network, engine, x);
          const fast = await pairKernel(network, readings);
          const wanted = await pairKernel(network, readings, readings, { shortcuts: false });
          expectClose(fast, wanted, { relative: 1e-11, absolute: 1e-11 * Math.max(...wanted.data.map(Math.abs)) });
        }
      }
    },
  );

  it("the chain of box sums is the same in bands of displacements, of maps wider than a chunk of them", async () => {
    const chain: BoxChain = {
      front: 0,
      layers: [70, 5, 9].map((channels, gate) => ({ gate, channels, bias: gate % 2 })),
      channels: 1,
      height: 6,
      width: 66,
    };
    const [a, b] = [packSide(chainSide(chain, 1), chain, undefined), packSide(chainSide(chain, 2), chain, undefined)];
    const [whole, bands] = [await openBoxChain(chain), await openBoxChain(chain, 2 ** 17)];
    for (const [left, right] of [
      [a, b],
      [b, a],
      [a, a],
    ] as const) {
      expectClose([bands(left, right)], [whole(left, right)], { relative: 1e-13 });
      // K(s, s') is symmetric, the halves of an example with itself are equal
      expectClose([bands(left, right)], [whole(right, left)], { relative: 1e-13 });
    }
  });

  it("equals the Gram matrix of path bundles where a chain normalizes its inputs in another order", async () => {
    const drawn = (use: string, ...shape: readonly number[]) =>
      float64(shape, randomStream(4, use).normal(shape.reduce((a, b) => a * b)));
    const network: GatedNetwork = {
      nodes: [
        { kind: "input", name: "x", shape: [4] },
        { kind: "rearrange", name: "moved", shape: [4], input: 0, from: Int32Array.of(2, 0, 3, 1) },
        { kind: "normalize", name: "n", shape: [4], input: 1, factor: drawn("factor", 4), shift: drawn("shift", 4) },
        { kind: "dense", name: "d1", shape: [5], input: 2, weight: drawn("d1", 4, 5), bias: undefined },
        { kind: "gate", name: "g", shape: [5], input: 3, gatedBy: 3, rule: { kind: "soft", beta: 2, epsilon: 0.1 } },
        { kind: "dense", name: "d2", shape: [2], input: 4, weight: drawn("d2", 5, 2), bias: undefined },
      ],
      output: 5,
    };
    const inputs = drawn("inputs", 3, 4);
    const wanted = (await bundleGram(network, inputs)).flat();
    expectClose(await neuralPathKernelByPairs(network, engine, inputs), float64([3, 3], wanted), {
      relative: 1e-6, // soft gates are float32
      absolute: 1e-6 * Math.max(...wanted.map(Math.abs)),
    });
  });

  it("equals the Gram matrix of path bundles for elements in any order", async () => {
    // of two channels at two positions, each element from anywhere or a zero
    const order = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 4, maxLength: 4 });
    const shapes = fc.constantFrom([1, 1, 4], [1, 2, 2], [2, 1, 2], [2, 2, 1], [4, 1, 1]);
    const drawn = (use: string, ...shape: readonly number[]) =>
      float64(shape, randomStream(6, use).normal(shape.reduce((a, b) => a * b)));
    const check = async (from: readonly number[], shape: readonly number[]): Promise<void> => {
      const [channels = 0, height = 0, width = 0] = shape;
      const window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
      const network: GatedNetwork = {
        nodes: [
          { kind: "input", name: "x", shape: [3, 1, 2] },
          {
            ...{ kind: "convolution", name: "c", shape: [2, 1, 2], input: 0, groups: 1 },
            ...{ weight: drawn("c", 2, 3, 1, 1), bias: drawn("b", 2), window: { ...window, kernel: [1, 1] } },
          },
          { kind: "gate", name: "g", shape: [2, 1, 2], input: 1, gatedBy: 1, rule: { kind: "hard" } },
          { kind: "rearrange", name: "moved", shape, input: 2, from: Int32Array.from(from) },
          {
            ...{ kind: "convolution", name: "whole", shape: [1, 1, 1], input: 3, groups: 1 },
            ...{ weight: drawn("w", 1, channels, height, width), bias: undefined },
            window: { ...window, kernel: [height, width] },
          },
          { kind: "rearrange", name: "flat", shape: [1], input: 4, from: undefined },
        ],
        output: 5,
      };
      const inputs = drawn("inputs", 6, 3, 1, 2);
      const wanted = (await bundleGram(network, inputs)).flat();
      const got = await neuralPathKernelByPairs(network, engine, inputs);
      expectClose(got, float64([6, 6], wanted), { relative: 1e-12, absolute: 1e-12 });
    };
    await check([1, 0, 3, 2], [1, 2, 2]);
    await check([3, 1, -1, 0], [1, 1, 4]);
    await fc.assert(fc.asyncProperty(order, shapes, check), { numRuns: propertyRuns(60) });
  });

  it("refuses maps that mix channels twice, and points to random path features", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "conv-gap",
      gates: "hard",
      bias: true,
      normalize: false,
      seed: 1,
    });
    const mixed: GatedNode = { kind: "rearrange", name: "mixed", shape: [2, 3, 2], input: 2, from: undefined };
    // between the new channels nothing is known
    const again: GatedNode = {
      kind: "rearrange",
      name: "again",
      shape: [3, 2, 2],
      input: network.nodes.length,
      from: undefined,
    };
    const pooled: GatedNode = {
      kind: "average-pool",
      name: "pooled",
      shape: [3, 1, 1],
      input: network.nodes.length + 1,
      window: { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
      countPadding: true,
    };
    const other: GatedNetwork = { nodes: [...network.nodes, mixed, again, pooled], output: network.nodes.length + 2 };
    expect(await rejectionOf(neuralPathKernelByPairs(other, engine, inputs))).toEqual({
      message:
        'node "again", which puts several channels into one map: expected channels that stay apart where maps are convolved or pooled',
      hint: "estimate the kernel by random path features (`features`)",
    });
  });

  it("stops when it is told to", async () => {
    const { network, inputs } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 1 });
    const controller = new AbortController();
    const stopped = neuralPathKernelByPairs(network, engine, inputs, undefined, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("stop")),
    });
    await expect(stopped).rejects.toThrow(/^stop$/);
  });
});

describe("random path features", () => {
  it.each([
    ["dense", "hard"],
    ["residual", "clipped"],
    ["max-pool", "feature-soft"],
    ["concat", "leaky-by-channel"],
    ["depthwise", "feature-clipped"],
  ] as const)("estimate the kernel of %s behind %s gates within their error", async (body, gates) => {
    const { network, inputs } = gatedNetworkOf({ body, gates, bias: true, normalize: false, seed: 11 });
    const features = await randomPathFeatures(network, engine, inputs, 800, { seed: 1 });
    const { kernel } = estimatedKernel(features);
    const exact = await neuralPathKernelByPairs(network, engine, inputs);
    for (const [entry, wanted] of exact.data.entries()) {
      const [i, j] = [Math.floor(entry / 3), entry % 3];
      const products = Array.from(
        { length: 800 },
        (_, k) => (features.data[i * 800 + k] ?? 0) * (features.data[j * 800 + k] ?? 0),
      );
      const mean = products.reduce((sum, p) => sum + p, 0) / 800;
      const error = Math.sqrt(products.reduce((sum, p) => sum + (p - mean) ** 2, 0) / 800 / 800);
      expect(Math.abs((kernel.data[entry] ?? 0) - wanted)).toBeLessThanOrEqual(5 * error + 1e-5 * Math.abs(wanted));
    }
  });

  it("do not depend on how many examples run at a time", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "max-pool",
      gates: "feature-hard",
      bias: true,
      normalize: true,
      seed: 2,
    });
    const told: number[] = [];
    const onProgress = (features: number): number => told.push(features);
    const one = await randomPathFeatures(network, engine, inputs, 8, { seed: 1, batch: 1, onProgress });
    const all = await randomPathFeatures(network, engine, inputs, 8, { seed: 1 });
    expectClose(one, all, { relative: 1e-5, absolute: 1e-5 * Math.max(...all.data.map(Math.abs)) });
    expect(told).toHaveLength(24);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(8);
  });
});

/** Random gates of a chain. */
function chainSide({ layers, height, width }: BoxChain, seed: number): Pick<ExampleSide, "nodeGates"> {
  return {
    nodeGates(position) {
      const { channels = 0 } = layers[position] ?? {};
      const draws = randomStream(seed, "gates", position).uniform(channels * height * width, 0, 1);
      return { kind: "bits", on: packPositions(channels, height * width, (i) => (draws[i] ?? 0) < 0.5) };
    },
  };
}

/** Gated 3×3 convolutions, a global average pool, two dense layers. */
function chainNetwork(
  channels: readonly number[],
  size: number,
  regime: RegimeName,
  bias: boolean,
  inputs = 1,
): GatedNetwork {
  const architecture: Architecture = {
    inputShape: [inputs, size, size],
    layers: [
      ...channels.map(
        (count): Layer => ({
          kind: "convolution",
          channels: count,
          kernel: 3,
          stride: 1,
          padding: "same",
          bias,
          gated: true,
        }),
      ),
      { kind: "global-average-pool" },
      { kind: "dense", units: 6, bias, gated: true },
      { kind: "dense", units: 2, bias, gated: false },
    ],
  };
  return gatedNetwork(
    architecture,
    REGIMES[regime],
    initialParameters({ architecture, regime, initializer: { kind: "glorot-uniform" }, seed: 2 }),
  );
}
