import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { areaBetween, insertionCurves } from "../../src/experiments/explanations/insertion.ts";
import { PixelMaps } from "../../src/experiments/explanations/pixel-maps.ts";
import { explainMnist, explanationRows, measureExplanations, shareFor } from "../../src/experiments/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import type { GatedNetwork } from "../../src/network/index.ts";
import { activate } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkOf } from "../support/gated-networks.ts";

const openEngine = () => openNodeEngine("cpu", { threads: 1 });
const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 4 });
const point = (name: string): Float64Array => randomStream(3, name).uniform(4, 0.2, 0.9);

describe("maps of pixels", () => {
  const of = async (of: GatedNetwork, x: Float64Array, samples: number, smoothing: number) => {
    await using engine = await openEngine();
    await using maps = await PixelMaps.open(of, engine, { samples, smoothing });
    return await maps.of(activate(of, x), x, { output: 1, against: 0 }, 0);
  };

  it("integrated gradients sum to what the image changes of a blank one", async () => {
    const x = point("x");
    const { integrated } = await of(network, x, 400, 0);
    const difference = (at: Float64Array): number => {
      const { logits } = activate(network, at);
      return (logits[1] ?? 0) - (logits[0] ?? 0);
    };
    // 400 points along the way: a gate that flips between two of them is off by so much
    expectClose(
      integrated.reduce((sum, one) => sum + one, 0),
      difference(x) - difference(new Float64Array(4)),
      { relative: 0, absolute: 0.01 },
    );
  });

  it("SmoothGrad without noise is the signed flow", async () => {
    const { smooth, flow, mass } = await of(network, point("x"), 3, 0);
    expectClose([...smooth], [...flow], { relative: 1e-4, absolute: 1e-6 });
    for (const [i, one] of flow.entries()) expect(mass[i]).toBeGreaterThanOrEqual(Math.abs(one) - 1e-12);
  });
});

describe("insertion and deletion", () => {
  it("start and end at the blank and the whole image, pixels in the order of the map", async () => {
    await using engine = await openEngine();
    const x = point("y");
    const probability = (image: readonly number[]): number => {
      const { logits } = activate(network, Float64Array.from(image));
      return 1 / [...logits].reduce((sum, one) => sum + Math.exp(one - (logits[1] ?? 0)), 0);
    };
    const [a = 0, b = 0, c = 0, d = 0] = x;
    const map = Float64Array.of(0.1, 3, -2, 1);
    const found = await insertionCurves(network, engine, [x, x], [map, map], [1, 1], 4);
    const inserted = [
      [0, 0, 0, 0],
      [0, b, 0, 0],
      [0, b, 0, d],
      [a, b, 0, d],
      [a, b, c, d],
    ].map(probability);
    const deleted = [
      [a, b, c, d],
      [a, 0, c, d],
      [a, 0, c, 0],
      [0, 0, c, 0],
      [0, 0, 0, 0],
    ].map(probability);
    expectClose(found.inserted, inserted, { relative: 1e-5 });
    expectClose(found.deleted, deleted, { relative: 1e-5 });
    const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one / 5, 0);
    expectClose(areaBetween(found), mean(inserted) - mean(deleted), { relative: 1e-3, absolute: 1e-6 });
  });
});

describe("what is measured", () => {
  it("splits differences exactly, and tells quantiles over the images", async () => {
    await using engine = await openEngine();
    const inputs = denseArray("uint8", [6, 4], Uint8Array.from(randomStream(1, "bytes").uniform(24, 0, 255)));
    const labels = denseArray("uint8", [6], Uint8Array.of(0, 1, 0, 1, 0, 1));
    const found = [];
    const parts = ["test", "removal", "noise"] as const;
    for await (const one of measureExplanations(
      explainMnist,
      { images: 4 },
      network,
      { inputs, labels },
      parts,
      engine,
    )) {
      found.push(one);
    }
    expect(found.map(({ part }) => part)).toEqual([...parts]);
    const [, removal, noise] = found;
    if (removal?.part !== "removal" || noise?.part !== "noise") return expect.fail();
    expect(removal.shares.flow.length).toBe(4);
    const rows = explanationRows(explainMnist, [found]);
    const [half] = rows;
    expect(half).toMatchObject({ name: "flow", figure: "half", mean: shareFor(removal.shares.flow, 0.5) });
    const differences = noise.splits.map((_, i) => {
      const own = Float64Array.from(inputs.data.subarray(4 * i, 4 * i + 4), (byte) => Math.fround(byte / 255));
      const drawn = randomStream(0, "noise", i).normal(4);
      const other = own.map((one, k) => Math.min(1, Math.max(0, one + 0.05 * (drawn[k] ?? 0))));
      const [first = 0, second = 0] = activate(network, own).logits;
      const [firstOf = 0, secondOf = 0] = activate(network, other).logits;
      const change = first - second - (firstOf - secondOf);
      return first >= second ? change : -change;
    });
    const sums = noise.splits.map(({ kept, gained, lost }) => kept + gained - lost);
    expectClose(sums, differences, { relative: 1e-9, absolute: 1e-9 });
  });

  it.each([
    { shares: [1, 2, 3, 4], images: 0.5, wanted: 2 },
    { shares: [4, null, 1, 2, 3, 5, 6, 7, 8, 9], images: 0.9, wanted: 9 },
    { shares: [null, null, 1], images: 0.5, wanted: 100 },
  ])("$images of $shares are $wanted %", ({ shares, images, wanted }) => {
    expect(shareFor(shares, images)).toBe(wanted);
  });
});
