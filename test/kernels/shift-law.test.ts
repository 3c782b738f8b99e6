/**
 * The law of theory 3.14: behind circular padding a convolution moves with its input, so the path kernel of a network with
 * global average pooling does not see a shift of either input.
 */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs } from "../../src/kernels/index.ts";
import type { GatedNetwork, GatedNode } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { windowOf } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const CHANNELS = [2, 3, 4] as const;

interface Choices {
  readonly height: number;
  readonly width: number;
  readonly bias: boolean;
  readonly seed: number;
}

/** Where each element of padded maps comes from: the other side of the map, or nowhere. */
function padded(channels: number, height: number, width: number, circular: boolean): Int32Array {
  const from: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let y = -1; y <= height; y++) {
      for (let x = -1; x <= width; x++) {
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        const place = (c * height + ((y + height) % height)) * width + ((x + width) % width);
        from.push(inside || circular ? place : -1);
      }
    }
  }
  return Int32Array.from(from);
}

/** Two 3×3 convolutions with ReLU behind padding, global average pooling, a dense layer. */
function paddedNetwork({ height, width, bias, seed }: Choices, circular: boolean): GatedNetwork {
  const nodes: GatedNode[] = [{ kind: "input", name: "x", shape: [CHANNELS[0], height, width] }];
  const drawn = (shape: readonly number[], use: string) =>
    float64(shape, randomStream(seed, nodes.length, use).normal(sizeOf(shape)));
  for (const [layer, channels] of CHANNELS.slice(1).entries()) {
    const inputs = CHANNELS[layer] ?? 0;
    const last = nodes.length - 1;
    nodes.push(
      {
        kind: "rearrange",
        name: `pad-${layer}`,
        shape: [inputs, height + 2, width + 2],
        input: last,
        from: padded(inputs, height, width, circular),
      },
      {
        kind: "convolution",
        name: `convolution-${layer}`,
        shape: [channels, height, width],
        input: last + 1,
        weight: drawn([channels, inputs, 3, 3], "weight"),
        bias: bias ? drawn([channels], "bias") : undefined,
        window: windowOf([3, 3]),
        groups: 1,
      },
      {
        kind: "gate",
        name: `gate-${layer}`,
        shape: [channels, height, width],
        input: last + 2,
        gatedBy: last + 2,
        rule: { kind: "hard" },
      },
    );
  }
  const [last, channels] = [nodes.length - 1, CHANNELS[2]];
  nodes.push(
    {
      kind: "average-pool",
      name: "pool",
      shape: [channels, 1, 1],
      input: last,
      window: windowOf([height, width]),
      countPadding: true,
    },
    { kind: "rearrange", name: "flatten", shape: [channels], input: last + 1, from: undefined },
    {
      kind: "dense",
      name: "dense",
      shape: [2],
      input: last + 2,
      weight: drawn([channels, 2], "weight"),
      bias: bias ? drawn([2], "bias") : undefined,
    },
  );
  return { nodes, output: nodes.length - 1 };
}

/** Two images, and the first of them moved around the edges: `[3, channels, height, width]`. */
function images({ height, width, seed }: Choices, down: number, right: number) {
  const size = CHANNELS[0] * height * width;
  const [first, second] = [0, 1].map((i) => randomStream(seed, "image", i).normal(size));
  const moved = Array.from({ length: size }, (_, i) => {
    const [map, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return first?.[(map * height + ((y + down) % height)) * width + ((x + right) % width)] ?? 0;
  });
  return float64([3, CHANNELS[0], height, width], [...(first ?? []), ...(second ?? []), ...moved]);
}

const choices = fc.record({
  height: fc.integer({ min: 3, max: 6 }),
  width: fc.integer({ min: 3, max: 6 }),
  bias: fc.boolean(),
  seed: fc.nat(1_000_000),
});

describe("the path kernel behind global average pooling", () => {
  it("does not see a shift under circular padding (theory 3.14)", () =>
    fc.assert(
      fc.asyncProperty(choices, fc.nat(5), fc.nat(5), async (drawn, down, right) => {
        const { data } = await neuralPathKernelByPairs(paddedNetwork(drawn, true), engine, images(drawn, down, right));
        const at = (i: number, j: number): number => data[3 * i + j] ?? Number.NaN;
        // the sums of a pre-activation are of the same terms: a gate would differ only within float32 of 0
        expectClose([at(2, 0), at(2, 2), at(2, 1)], [at(0, 0), at(0, 0), at(0, 1)], { relative: 1e-12 });
      }),
      { numRuns: propertyRuns(25), seed: 4 },
    ));

  it("sees it under zero padding", async () => {
    const drawn = { height: 4, width: 5, bias: true, seed: 9 };
    const { data } = await neuralPathKernelByPairs(paddedNetwork(drawn, false), engine, images(drawn, 1, 2));
    expect(Math.abs((data[7] ?? 0) / (data[1] ?? 0) - 1)).toBeGreaterThan(0.01);
  });
});
