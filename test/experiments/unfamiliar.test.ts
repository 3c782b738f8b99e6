import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { auroc } from "../../src/experiments/index.ts";
import { gradientSign } from "../../src/experiments/unfamiliar/gradient-sign.ts";
import { mahalanobisDistances, neighborDistances } from "../../src/experiments/unfamiliar/penultimate.ts";
import { enlarged, grayMiddle, rotated } from "../../src/experiments/unfamiliar/unfamiliar-images.ts";
import { denseArray, float32 } from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkOf } from "../support/gated-networks.ts";

const openEngine = () => openNodeEngine("cpu", { threads: 1 });
const drawn = (count: number, name: string): Float32Array => Float32Array.from(randomStream(7, name).normal(count));

describe("scores of unfamiliar inputs", () => {
  it("AUROC is the share of pairs in the right order, ties as halves", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
        (clean, odd) => {
          let sum = 0;
          for (const a of clean) for (const b of odd) sum += b > a ? 1 : b === a ? 0.5 : 0;
          expectClose(auroc(clean, odd), (100 * sum) / (clean.length * odd.length), { relative: 1e-12 });
        },
      ),
    ));

  it("the k-th nearest neighbor is that of all distances, in order", async () => {
    const [train, asked] = [drawn(40 * 3, "train"), drawn(5 * 3, "asked")];
    await using engine = await openEngine();
    const found = await neighborDistances(engine, { width: 3, data: train }, { width: 3, data: asked }, 4);
    const unit = (data: Float32Array, i: number): number[] => {
      const row = [...data.subarray(3 * i, 3 * i + 3)];
      return row.map((one) => one / Math.hypot(...row));
    };
    const wanted = Array.from({ length: 5 }, (_, i) => {
      const distances = Array.from({ length: 40 }, (_, j) => {
        const [a, b] = [unit(asked, i), unit(train, j)];
        return Math.hypot(...a.map((one, u) => one - (b[u] ?? 0)));
      });
      return distances.sort((a, b) => a - b)[3] ?? 0;
    });
    expectClose([...found], wanted, { relative: 1e-3, absolute: 1e-3 });
  });

  it("Mahalanobis distance of values with a known covariance is the plain one behind it", () => {
    // two classes around (±5, 0), deviations 2 and ½ along the axes
    const count = 4000;
    const [a, b] = [drawn(count, "a"), drawn(count, "b")];
    const labels = Array.from({ length: count }, (_, i) => i % 2);
    const data = Float32Array.from(labels.flatMap((label, i) => [10 * label - 5 + 2 * (a[i] ?? 0), 0.5 * (b[i] ?? 0)]));
    const asked = Float32Array.from([5, 0, -5, 1, 1, 0]);
    const found = mahalanobisDistances({ width: 2, data }, labels, 2, { width: 2, data: asked });
    // in the draws' own means and deviations, a few percent from the true ones
    expectClose([...found], [0, 4, 4], { relative: 0.15, absolute: 0.02 });
  });
});

describe("unfamiliar images", () => {
  const images = float32([2, 28, 28], drawn(2 * 784, "images"));
  it("four quarter turns are none, and one is a turn to the left", () => {
    expect(rotated(rotated(rotated(rotated(images)))).data).toEqual(images.data);
    const one = float32([1, 28, 28], new Float32Array(784));
    // the right end of the first row is the left end of the first column
    one.data[27] = 1;
    expect(rotated(one).data.indexOf(1)).toBe(0);
  });
  it("what is enlarged keeps flat images flat and its middle in the middle", () => {
    expect(new Set(enlarged(float32([1, 28, 28], new Float32Array(784).fill(0.5))).data)).toEqual(new Set([0.5]));
    const slope = float32(
      [1, 28, 28],
      Float32Array.from({ length: 784 }, (_, i) => i % 28),
    );
    const row = [...enlarged(slope).data.subarray(0, 28)];
    expectClose((row[13] ?? 0) + (row[14] ?? 0), 27, { relative: 1e-6 });
    expectClose((row[14] ?? 0) - (row[13] ?? 0), 20 / 28, { relative: 1e-5 });
  });
  it("gray ones are the luma of the middle", () => {
    const data = new Uint8Array(3 * 1024);
    data[1024 + 2 * 32 + 2] = 255;
    const gray = grayMiddle(
      { inputs: denseArray("uint8", [1, 3, 32, 32], data), labels: denseArray("uint8", [1], new Uint8Array(1)) },
      5,
    );
    expectClose(gray.data[0] ?? 0, 0.587, { relative: 1e-6 });
    expect(gray.shape).toEqual([1, 28, 28]);
  });

  it("the gradient sign moves each number to where the loss rises, by finite differences", async () => {
    const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 4 });
    await using model = new Model(network, { openEngine });
    const x = float32([3, 4], Float32Array.from(randomStream(2, "x").uniform(12, 0.2, 0.8)));
    const labels = [0, 1, 0];
    const moved = await gradientSign(network, await model.engine(), x, labels, 0.1);
    const losses = async (data: Float32Array): Promise<readonly number[]> => {
      const { data: y, shape } = await model.predict(float32([3, 4], data));
      const outputs = shape[1] ?? 1;
      return labels.map((label, i) => {
        const row = [...y.subarray(i * outputs, (i + 1) * outputs)];
        return Math.log(row.reduce((sum, one) => sum + Math.exp(one), 0)) - (row[label] ?? 0);
      });
    };
    for (let i = 0; i < 12; i++) {
      const [up, down] = [x.data.with(i, (x.data[i] ?? 0) + 1e-3), x.data.with(i, (x.data[i] ?? 0) - 1e-3)];
      const example = Math.floor(i / 4);
      const slope = ((await losses(up))[example] ?? 0) - ((await losses(down))[example] ?? 0);
      // where the loss hardly changes float32 does not tell
      if (Math.abs(slope) < 1e-5) continue;
      expectClose((moved.data[i] ?? 0) - (x.data[i] ?? 0), 0.1 * Math.sign(slope), { relative: 1e-5 });
    }
  });
});
