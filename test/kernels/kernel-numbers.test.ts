import { expect, it } from "vitest";
import { float64 } from "../../src/graph/index.ts";
import { estimatedKernel } from "../../src/kernels/index.ts";
import { kernelNumbers } from "../../src/kernels/kernel-numbers.ts";
import { errorOf } from "../support/error-of.ts";

const TOO_LARGE = {
  message: "a kernel of 200000 × 200000 numbers, 320 GB: expected one that there is memory for",
  hint: "give fewer inputs; `writeNeuralPathKernel` writes exact kernels tile by tile",
};

it("a kernel of more numbers than there is memory for", () => {
  expect(errorOf(() => kernelNumbers(200_000, 200_000))).toEqual(TOO_LARGE);
  expect(errorOf(() => estimatedKernel(float64([200_000, 2], new Float64Array(400_000))))).toEqual(TOO_LARGE);
});

it("a kernel of zeros", () => {
  expect(kernelNumbers(2, 3)).toEqual(new Float64Array(6));
});
