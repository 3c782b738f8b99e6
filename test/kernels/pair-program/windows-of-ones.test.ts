import { afterAll, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { float32, float64 } from "../../../src/graph/index.ts";
import { neuralPathKernelByPairs } from "../../../src/kernels/index.ts";
import { planPairs } from "../../../src/kernels/pair/plan.ts";
import { pairProgram } from "../../../src/kernels/pair-program/pair-program.ts";
import { gatedNetwork, type Layer, regimeOf } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { expectClose } from "../../support/expect-close.ts";
import { bundleGram } from "../bundle-gram.reference.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

/** Linear, of one channel, kernel 1. */
const convolution = (stride: number): Layer => ({
  kind: "convolution",
  channels: 1,
  kernel: 1,
  stride,
  padding: "same",
  bias: false,
  gated: false,
});

it("windows whose sums are of numbers that are all 1 have their kernel: convolutions that end in one position", async () => {
  const stream = randomStream(5, "windows of ones");
  const weight = (...shape: number[]) => ({
    weight: float32(shape, stream.normal(shape.reduce((product, size) => product * size, 1))),
  });
  const network = gatedNetwork(
    {
      inputShape: [2, 2, 2],
      layers: [
        {
          kind: "residual",
          body: [{ kind: "gate" }, convolution(2), convolution(1)],
          shortcut: [convolution(2)],
        },
        convolution(1),
        { kind: "flatten" },
        { kind: "dense", units: 2, bias: false, gated: false },
      ],
    },
    regimeOf({ regime: "relu" }),
    {
      value: {
        1: weight(1, 2, 1, 1),
        2: weight(1, 1, 1, 1),
        3: weight(1, 2, 1, 1),
        4: weight(1, 1, 1, 1),
        5: weight(1, 2),
      },
    },
  );
  const inputs = float64([3, 2, 2, 2], stream.normal(24));
  expect(pairProgram(network, planPairs(network))).toBeDefined();
  const wanted = (await bundleGram(network, inputs)).flat();
  expectClose(await neuralPathKernelByPairs(network, engine, inputs), float64([3, 3], wanted), {
    relative: 1e-12,
    absolute: 1e-12 * Math.max(...wanted.map(Math.abs)),
  });
});
