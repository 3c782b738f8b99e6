import { expect, it } from "vitest";
import { float64 } from "../../src/graph/index.ts";
import { estimatedKernel } from "../../src/kernels/index.ts";
import { randomStream } from "../../src/random.ts";

it("tells the Frobenius distance from the kernel that its features estimate", () => {
  // features of examples i: a common part, and one of its own that makes most entries small beside the diagonal
  const [examples, count, rounds] = [12, 60, 40];
  const exact = (i: number, j: number): number => 0.01 + (i === j ? i : 0);
  let [told, found] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const common = randomStream(round, "common").normal(count);
    const own = randomStream(round, "own").normal(examples * count);
    const features = Float64Array.from(own, (x, at) => {
      const i = Math.floor(at / count);
      return Math.sqrt(i) * x + 0.1 * (common[at % count] ?? 0);
    });
    const { kernel, relativeError, meanRelativeError } = estimatedKernel(float64([examples, count], features));
    const squares = kernel.data.map((value, at) => (value - exact(Math.floor(at / examples), at % examples)) ** 2);
    const norm = kernel.data.reduce((sum, _, at) => sum + exact(Math.floor(at / examples), at % examples) ** 2, 0);
    told += relativeError / rounds;
    found += Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / norm) / rounds;
    // small entries rule the mean over entries
    expect(meanRelativeError).toBeGreaterThan(relativeError);
  }
  // the mean of 40 rounds of 60 features each: within a tenth
  expect(told / found).toBeGreaterThan(0.9);
  expect(told / found).toBeLessThan(1.1);
});
