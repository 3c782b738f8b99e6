import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { matrix } from "../../src/fitting/block-products.ts";
import { denseArray, sizeOf } from "../../src/graph/index.ts";
import { angleBetween, jointlyOn, reluCovariance } from "../../src/kernels/infinite-width/arc-cosine.ts";
import { wideConvolutionalKernels } from "../../src/kernels/infinite-width/convolutional.ts";
import {
  expectedNeuralPathKernel,
  expectedTangentKernel,
  wideNetworkKernels,
} from "../../src/kernels/infinite-width/fully-connected.ts";
import { inputProducts } from "../../src/kernels/infinite-width/input-products.ts";
import { patchSums } from "../../src/kernels/infinite-width/patch-sums.ts";
import { tangentKernel } from "../../src/kernels/tangent/tangent-kernel.ts";
import { fullyConnected, gatedNetwork, layersOf, parameterSpecs, REGIMES } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { openProducts } from "../fitting/small-kernels.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { meanAndError, type RandomNetwork, sampleNetwork } from "./random-networks.reference.ts";

let opened: Awaited<ReturnType<typeof openProducts>>;
beforeAll(async () => {
  opened = await openProducts();
});
afterAll(() => opened[Symbol.asyncDispose]());

const WIDE = { weightVariance: 2, biasVariance: 0 };

/** Two rows of `features` and their products. */
async function pairOf(seed: number, features: number) {
  const x = matrix(2, features, randomStream(seed, "pair").uniform(2 * features, -0.4, 1));
  return { x, products: await inputProducts(x, x, opened.products) };
}

const columnsOf = (row: Float64Array): Float64Array[] => [...row].map((value) => Float64Array.of(value));

/**
 * Expects a value within four standard errors of a mean over random networks, of which the error may take at most
 * `share`. Finite networks are off by about 1 / width beside it: `bias`.
 */
function expectMean(wanted: number, samples: readonly number[], { share, bias }: { share: number; bias: number }) {
  const { mean, error } = meanAndError(samples);
  expect(error, `standard error beside ${wanted}`).toBeLessThan(share * Math.abs(wanted));
  expectClose(wanted, mean, { relative: bias, absolute: 4 * error });
}

describe("arc-cosine expectations", () => {
  it("are those of normal pairs", () => {
    const [u, v] = [randomStream(1, "u").normal(40_000), randomStream(1, "v").normal(40_000)];
    // variances 4 and 1, covariance −0.8
    const pairs = [...u].map((a, i) => [2 * a, -0.4 * a + Math.sqrt(1 - 0.16) * (v[i] ?? 0)] as const);
    const angle = angleBetween(4, 1, -0.8);
    const share = 0.02;
    const relu = pairs.map(([q, other]) => Math.max(0, q) * Math.max(0, other));
    expectMean(reluCovariance(4, 1, angle), relu, { share, bias: 0 });
    const gates = pairs.map(([q, other]) => (q > 0 && other > 0 ? 1 : 0));
    expectMean(jointlyOn(angle), gates, { share, bias: 0 });
  });

  it("of a pre-activation with itself are half", () => {
    const angle = angleBetween(3, 3, 3 * (1 - Number.EPSILON));
    expect([angle, jointlyOn(angle), reluCovariance(3, 3, angle)]).toEqual([0, 0.5, 1.5]);
  });

  it("of one that is always 0 are 0: its gate is off", () => {
    const angle = angleBetween(0, 3, 0);
    expect([jointlyOn(angle), reluCovariance(0, 3, angle)]).toEqual([0, 0]);
  });
});

const of = <K extends "process" | "tangent">(samples: readonly Readonly<Record<K, number>>[], kernel: K): number[] =>
  samples.map((one) => one[kernel]);

describe("fully connected networks", () => {
  it.each([
    { depth: 2, biasVariance: 0 },
    { depth: 3, biasVariance: 0.3 },
    { depth: 4, biasVariance: 0 },
  ])(
    "depth $depth, bias variance $biasVariance: the mean over wide random networks",
    async ({ depth, biasVariance }) => {
      const { x, products } = await pairOf(depth, 5);
      const wide = { depth, weightVariance: 1.7, biasVariance };
      const channels = 128;
      const network: RandomNetwork = {
        layers: depth - 1,
        channels,
        kernel: 1,
        height: 1,
        width: 1,
        readout: "flatten",
        weightVariance: 1.7,
        biasVariance,
      };
      const inputs = [columnsOf(x.data.slice(0, 5)), columnsOf(x.data.slice(5))] as const;
      const samples = Array.from({ length: 60 }, (_, seed) => sampleNetwork(network, inputs, seed));
      const { gaussianProcess, tangent } = wideNetworkKernels(products, wide);
      const tolerance = { share: 0.05, bias: (depth - 2) / channels };
      expectMean(gaussianProcess.data[1] ?? 0, of(samples, "process"), tolerance);
      expectMean(tangent.data[1] ?? 0, of(samples, "tangent"), tolerance);
      for (const bias of [false, true]) {
        const [expected] = expectedNeuralPathKernel(products, { ...wide, width: channels, bias }).data.slice(1);
        const b = bias ? 1 : 0;
        const start = products.inner.data[1] ?? 0;
        const paths = samples.map(
          ({ overlaps }) => overlaps.reduce((kernel, overlap) => overlap * (kernel + b), start) + b,
        );
        expectMean(expected ?? 0, paths, tolerance);
      }
    },
  );

  it.each([
    { depth: 2, biasVariance: 0, bias: false },
    { depth: 3, biasVariance: 0.3, bias: true },
    { depth: 3, biasVariance: 0, bias: true },
    { depth: 4, biasVariance: 0, bias: false },
  ])(
    "depth $depth, bias variance $biasVariance, biases $bias: the mean of tangent kernels by parameters as they are (theory 4.13)",
    async ({ depth, biasVariance, bias }) => {
      const { x, products } = await pairOf(depth, 5);
      const [width, weightVariance] = [64, 1.7];
      const architecture = fullyConnected({ inputShape: [5], depth, width, outputs: 1, bias });
      await using engine = await openNodeEngine("cpu", { threads: 1 });
      const samples: number[] = [];
      for (let seed = 0; seed < 160; seed++) {
        const value = layersOf(
          parameterSpecs(architecture).map((spec) => {
            const { layer, shape, kind, fanIn } = spec;
            const scale = Math.sqrt(kind === "bias" ? biasVariance : weightVariance / fanIn);
            const drawn = randomStream(seed, `${layer}.${kind}`).normal(sizeOf(shape));
            const array = denseArray(
              "float64",
              shape,
              drawn.map((draw) => draw * scale),
            );
            return [spec, array] as const;
          }),
        );
        const network = gatedNetwork(architecture, REGIMES.relu, { value });
        samples.push((await tangentKernel(network, engine, x)).data[1] ?? Number.NaN);
      }
      const kernel = expectedTangentKernel(products, { depth, width, weightVariance, biasVariance, bias });
      expectMean(kernel.data[1] ?? 0, samples, { share: 0.05, bias: (depth - 2) / width });
    },
  );

  it("the two tangent kernels differ layer by layer by fan-in / σ_w² and 1 / σ_b² (theory 4.13)", async () => {
    // of depth 1 there is one layer: 5 / 1.7 for its weights, 1 / 0.3 for its bias
    const { products } = await pairOf(1, 5);
    const one = { depth: 1, width: 9, weightVariance: 1.7, biasVariance: 0.3, bias: true };
    const weights = wideNetworkKernels(products, { ...one, biasVariance: 0 }).tangent.data;
    const wanted = weights.map((value) => (value * 5) / 1.7 + 0.3 / 0.3);
    expectClose(expectedTangentKernel(products, one).data, wanted, { relative: 1e-14 });
    // of two layers without biases the output's term is what Σ_2 is, and the first layer's the rest
    const two = { ...WIDE, depth: 2, width: 9, bias: false };
    const { gaussianProcess, tangent } = wideNetworkKernels(products, two);
    const converted = tangent.data.map((value, at) => {
      const output = gaussianProcess.data[at] ?? 0;
      return (output * 9) / 2 + ((value - output) * 5) / 2;
    });
    expectClose(expectedTangentKernel(products, two).data, converted, { relative: 1e-13 });
  });

  it("of depth 1 are linear", async () => {
    const { products } = await pairOf(1, 4);
    const { gaussianProcess, tangent } = wideNetworkKernels(products, { ...WIDE, biasVariance: 0.5, depth: 1 });
    const wanted = products.inner.data.map((product) => product / 2 + 0.5);
    expectClose(gaussianProcess.data, wanted, { relative: 1e-14 });
    expectClose(tangent.data, wanted, { relative: 1e-14 });
    expectClose(
      expectedNeuralPathKernel(products, { ...WIDE, depth: 1, width: 9, bias: false }).data,
      products.inner.data,
      {
        relative: 1e-14,
      },
    );
  });

  it("a variance of 2 keeps the size of signals: Σ_d(x, x) = 2‖x‖²/inputs, Θ_d = d Σ_d, H = ‖x‖²/2^(d−1)", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 8 }), async (seed, depth) => {
        const { products } = await pairOf(seed, 6);
        const [square = 0] = products.rowSquares;
        const { gaussianProcess, tangent } = wideNetworkKernels(products, { ...WIDE, depth });
        const paths = expectedNeuralPathKernel(products, { ...WIDE, depth, width: 1, bias: false });
        const got = [gaussianProcess, tangent, paths].map(({ data }) => data[0] ?? 0);
        expectClose(got, [square / 3, (depth * square) / 3, square / 2 ** (depth - 1)], { relative: 1e-12 });
      }),
      { numRuns: propertyRuns(20) },
    ));

  it("an input of zeros has no gate on where there is no bias", async () => {
    const x = matrix(2, 3, Float64Array.of(0, 0, 0, 1, 2, 3));
    const products = await inputProducts(x, x, opened.products);
    const kernel = expectedNeuralPathKernel(products, { ...WIDE, depth: 3, width: 4, bias: true });
    expectClose(kernel.data.slice(0, 3), [1, 1, 1], { relative: 0 });
  });

  it("refuses a depth of 0", async () => {
    const { products } = await pairOf(1, 2);
    expect(errorOf(() => wideNetworkKernels(products, { ...WIDE, depth: 0 }))).toEqual({
      message: "depth 0: expected a whole number of at least 1",
      hint: "give another depth",
    });
  });

  it("refuses inputs of two kinds", async () => {
    expect(await rejectionOf(inputProducts(matrix(1, 2), matrix(1, 3), opened.products))).toEqual({
      message: "inputs of 2 and of 3 features: expected inputs of one kind",
      hint: "give both sets in the same form",
    });
  });
});

describe("convolutional networks", () => {
  const images = (seed: number, count: number, channels: number, height: number, width: number) =>
    denseArray(
      "float64",
      [count, channels, height, width],
      randomStream(seed, "images").uniform(count * channels * height * width, -0.5, 1),
    );

  it.each([
    { convolutions: 1, readout: "flatten", biasVariance: 0 },
    { convolutions: 1, readout: "global-average-pool", biasVariance: 0.2 },
    { convolutions: 2, readout: "global-average-pool", biasVariance: 0 },
    { convolutions: 2, readout: "flatten", biasVariance: 0.2 },
  ] as const)("$convolutions, $readout, bias variance $biasVariance: the mean over wide random networks", (options) => {
    const [channels, height, width, wide] = [2, 3, 4, 40];
    const x = images(1, 2, channels, height, width);
    const network: RandomNetwork = {
      layers: options.convolutions,
      channels: wide,
      kernel: 3,
      height,
      width,
      readout: options.readout,
      weightVariance: 1.8,
      biasVariance: options.biasVariance,
    };
    const mapsOf = (i: number): Float64Array[] =>
      Array.from({ length: channels }, (_, c) => x.data.slice((i * channels + c) * 12, (i * channels + c + 1) * 12));
    const samples = Array.from({ length: 24 }, (_, seed) => sampleNetwork(network, [mapsOf(0), mapsOf(1)], seed));
    const { gaussianProcess, tangent } = wideConvolutionalKernels(x, x, { ...options, weightVariance: 1.8 });
    const tolerance = { share: 0.1, bias: (options.convolutions - 1) / wide };
    expectMean(gaussianProcess.data[1] ?? 0, of(samples, "process"), tolerance);
    expectMean(tangent.data[1] ?? 0, of(samples, "tangent"), tolerance);
  });

  it("on images of one pixel are fully connected networks whose weights are a ninth", async () => {
    const x = images(2, 3, 5, 1, 1);
    const products = await inputProducts(matrix(3, 5, x.data), matrix(3, 5, x.data), opened.products);
    const got = wideConvolutionalKernels(x, x, { ...WIDE, convolutions: 1, readout: "flatten" });
    // one hidden layer: both kernels are linear in the weight variance of the first layer
    const wanted = wideNetworkKernels(products, { ...WIDE, depth: 2 });
    for (const [kernel, other] of [
      [got.gaussianProcess, wanted.gaussianProcess],
      [got.tangent, wanted.tangent],
    ] as const) {
      expectClose(
        kernel.data,
        other.data.map((value) => value / 9),
        { relative: 1e-12 },
      );
    }
  });

  it("two sets give a block of the kernel of both, and one set a symmetric kernel", () => {
    const all = images(3, 5, 1, 4, 3);
    const options = { ...WIDE, biasVariance: 0.1, convolutions: 3, readout: "global-average-pool" } as const;
    const part = (from: number, to: number) =>
      denseArray("float64", [to - from, 1, 4, 3], all.data.slice(from * 12, to * 12));
    const [whole, block] = [
      wideConvolutionalKernels(all, all, options),
      wideConvolutionalKernels(part(0, 2), part(2, 5), options),
    ];
    for (const name of ["gaussianProcess", "tangent"] as const) {
      const wanted = [0, 1].map((i) => [2, 3, 4].map((j) => whole[name].data[i * 5 + j] ?? 0));
      expectClose(block[name], wanted, { relative: 1e-13 });
      const transposed = [2, 3, 4].map((i) => [0, 1].map((j) => whole[name].data[i * 5 + j] ?? 0));
      expectClose(
        transposed,
        [0, 1, 2].map((j) => wanted.map((row) => row[j] ?? 0)),
        { relative: 1e-13 },
      );
    }
  });

  it("global average pooling makes a kernel that does not see a shift away from the borders", () => {
    const [spot, shifted] = [new Float64Array(64), new Float64Array(64)];
    for (const at of [27, 28, 35]) {
      spot[at] = 1;
      shifted[at + 1] = 1;
    }
    const x = denseArray("float64", [2, 1, 8, 8], Float64Array.of(...spot, ...shifted));
    const { tangent } = wideConvolutionalKernels(x, x, { ...WIDE, convolutions: 2, readout: "global-average-pool" });
    expectClose(tangent.data, new Float64Array(4).fill(tangent.data[0] ?? 0), { relative: 1e-12 });
  });

  it("windows of both images move together", () =>
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (seed, height, width) => {
          const positions = height * width;
          const k = randomStream(seed, "covariance").normal(positions ** 2);
          const inside = (row: number, column: number) => row >= 0 && row < height && column >= 0 && column < width;
          const wanted = Array.from({ length: positions ** 2 }, (_, at) => {
            const [u, v] = [Math.floor(at / positions), at % positions];
            const [row, column, other, last] = [Math.floor(u / width), u % width, Math.floor(v / width), v % width];
            let sum = 0;
            for (const dy of [-1, 0, 1]) {
              for (const dx of [-1, 0, 1]) {
                if (!inside(row + dy, column + dx) || !inside(other + dy, last + dx)) continue;
                sum += k[((row + dy) * width + column + dx) * positions + (other + dy) * width + last + dx] ?? 0;
              }
            }
            return sum;
          });
          expectClose(patchSums(k, height, width), wanted, { relative: 1e-12, absolute: 1e-12 });
        },
      ),
    ));

  it.each([
    {
      title: "images of two sizes",
      run: () =>
        wideConvolutionalKernels(images(1, 1, 1, 2, 2), images(1, 1, 1, 2, 3), {
          ...WIDE,
          convolutions: 1,
          readout: "flatten",
        }),
      wanted: {
        message: "images of shape [1, 1, 2, 2] and [1, 1, 2, 3]: expected [n, channels, height, width], of one size",
        hint: "give both sets in the same form",
      },
    },
    {
      title: "no convolution",
      run: () => {
        const x = images(1, 1, 1, 2, 2);
        return wideConvolutionalKernels(x, x, { ...WIDE, convolutions: 0, readout: "flatten" });
      },
      wanted: {
        message: "0 convolutions: expected a whole number of at least 1",
        hint: "give another number of convolutions",
      },
    },
  ])("refuses $title", ({ run, wanted }) => expect(errorOf(run)).toEqual(wanted));
});
