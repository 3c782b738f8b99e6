import { expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { noiseInputs, runTheorem, theorem } from "../../src/experiments/theorem.ts";
import { convolutionalDraws, theoremConvolutions } from "../../src/experiments/theorem-convolutional.ts";
import { float64 } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs } from "../../src/kernels/index.ts";
import { gatedNetwork, initialParameters, REGIMES } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { bundleGram } from "../kernels/bundle-gram.reference.ts";
import { expectClose } from "../support/expect-close.ts";

const SHAPE = [2, 4, 4] as const;
const inputs = float64([4, ...SHAPE], randomStream(2, "theorem maps").normal(4 * 32));
const seedsTo = (count: number): readonly number[] => Array.from({ length: count }, (_, seed) => seed);

it("the path kernel of these networks is the Gram matrix of their bundles, each listed (theory 3.5)", async () => {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const maps = float64([3, 1, 3, 3], randomStream(5, "theorem maps").normal(27));
  const architecture = theoremConvolutions([1, 3, 3], 2, 3);
  const drawn = initialParameters({
    architecture,
    regime: "frnpf-ii",
    initializer: { kind: "bernoulli", sigma: 0.5 },
    seed: 1,
  });
  const network = gatedNetwork(architecture, REGIMES["frnpf-ii"], drawn);
  const { data } = await neuralPathKernelByPairs(network, engine, maps);
  const wanted = (await bundleGram(network, maps)).flat();
  expect(Math.max(...wanted)).toBeGreaterThan(0.1);
  // the reference reads its inputs as float32
  expectClose(data, wanted, { relative: 1e-6 });
});

// d counts the weight layers, dense one included, and H has the pooling's 1/U²: with d − 1, or without the 1/16, every
// entry would be off by many standard errors
it("the mean tangent kernel of many draws is d σ^(2(d−1)) H (theory 4.2)", async () => {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const [depth, draws] = [3, 60];
  const differences: number[][] = [];
  const expectations: number[][] = [];
  for await (const draw of convolutionalDraws(engine, { inputs, width: 8, depth, seeds: seedsTo(draws) })) {
    const scaled = [...draw.path.data].map((h) => depth * draw.sigma ** (2 * (depth - 1)) * h);
    expectations.push(scaled);
    differences.push([...draw.tangent.data].map((k, i) => k - (scaled[i] ?? 0)));
  }
  const meanOver = (rows: readonly number[][]): readonly number[] =>
    Array.from({ length: 16 }, (_, entry) => rows.reduce((sum, row) => sum + (row[entry] ?? Number.NaN), 0) / draws);
  const [expected, means] = [meanOver(expectations), meanOver(differences)];
  means.forEach((mean, entry) => {
    const squares = differences.reduce((sum, row) => sum + ((row[entry] ?? Number.NaN) - mean) ** 2, 0);
    // 16 entries, the same draws in every run: 4 standard errors would be passed by chance once in a thousand seeds
    expect(Math.abs(mean) / (Math.sqrt(squares) / draws), `entry ${entry}`).toBeLessThan(4);
  });
  const norm = (values: readonly number[]): number => Math.hypot(...values);
  const single = differences.reduce((sum, row) => sum + norm(row), 0) / draws;
  // one draw is far off; the mean comes closer as the root of their number, twice that allowed
  expect(single / norm(expected)).toBeGreaterThan(0.2);
  expect(norm(means)).toBeLessThan((2 * single) / Math.sqrt(draws));
});

it("the error falls as one over the root of the channels", async () => {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const { rows, slope, slopeError, draws } = await runTheorem({
    engine,
    network: "convolutional",
    widths: [4, 8, 32],
    seeds: seedsTo(12),
    inputs,
    depth: 3,
    fitFrom: 8,
  });
  expect(rows.map(({ width }) => width)).toEqual([4, 8, 32]);
  expect(draws).toBe(12);
  // by hand, of the two rows that are fitted: a difference of logarithms, and the errors of both
  const [, a, b] = rows;
  if (a === undefined || b === undefined) expect.fail("three rows");
  expect(slope).toBeCloseTo(Math.log(b.meanError / a.meanError) / Math.log(4), 12);
  const variance = ((a.stdError / a.meanError) ** 2 + (b.stdError / b.meanError) ** 2) / 12;
  expect(slopeError).toBeCloseTo(Math.sqrt(variance) / Math.log(4), 12);
  expect(Math.abs(slope + 0.5)).toBeLessThan(3 * slopeError);
});

it("noise is the same every time, and of the shape that the series names", () => {
  const series = theorem.series.convolutional;
  const noise = noiseInputs(series);
  expect(noise.shape).toEqual([series.examples, ...series.inputShape]);
  expect(noiseInputs(series)).toEqual(noise);
});
