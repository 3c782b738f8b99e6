import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type DenseArray, float32, float64, sizeOf } from "../../src/graph/index.ts";
import { Model, type ModelOptions } from "../../src/models/index.ts";
import { kernelInFile } from "../../src/models/node/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import {
  multiplyReference,
  type Rows,
  shifted,
  solveReference,
  transposed,
} from "../fitting/kernel-machines.reference.ts";
import { rowsOf } from "../fitting/small-kernels.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkOf } from "../support/gated-networks.ts";

const CASES = [
  { name: "a chain of hard gates", body: "dense", gates: "hard" },
  { name: "a chain of soft gates", body: "dense", gates: "feature-soft" },
  { name: "maps with clipped gates", body: "conv-flatten", gates: "clipped" },
] as const;
type Case = (typeof CASES)[number];

const N = 14;
const M = 3;

const modelOf = (network: GatedNetwork, more: Partial<ModelOptions> = {}): Model =>
  new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }), ...more });
const networkOf = ({ body, gates }: Pick<Case, "body" | "gates">): GatedNetwork =>
  gatedNetworkOf({ body, gates, bias: true, normalize: false, seed: 3 }).network;

function inputsOf(network: GatedNetwork, count: number, name: string): DenseArray<"float32"> {
  const shape = inputShapeOf(network);
  return float32([count, ...shape], Float32Array.from(randomStream(5, name).normal(count * sizeOf(shape))));
}

/** Classes in turn, or values where there is one output. */
const labelsOf = (network: GatedNetwork, count: number): Float64Array => {
  const outputs = outputCount(network);
  return Float64Array.from({ length: count }, (_, i) => (outputs === 1 ? Math.sin(i) : (i * i) % outputs));
};

function chosen({ shape, data }: DenseArray<"float32">, examples: readonly number[]): DenseArray<"float32"> {
  const [, ...rest] = shape;
  const size = sizeOf(rest);
  return float32(
    [examples.length, ...rest],
    Float32Array.from(examples.flatMap((i) => [...data.subarray(i * size, (i + 1) * size)])),
  );
}

/** Theory 8.3 read aloud, from the path kernel of all inputs together. */
async function scoresReference(
  model: Model,
  train: DenseArray<"float32">,
  labels: Float64Array,
  queries: DenseArray<"float32">,
  wanted: Float64Array,
): Promise<Rows> {
  const { outputs } = model;
  const all = float32([N + M, ...model.inputShape], Float32Array.of(...train.data, ...queries.data));
  const raw = rowsOf(await model.pathKernel(all));
  const unit = raw.map((row, i) =>
    row.map((value, j) => value / Math.sqrt((raw[i]?.[i] ?? 0) * (raw[j]?.[j] ?? 0)) || 0),
  );
  const mean = labels.reduce((sum, value) => sum + value, 0) / N;
  const targets = [...labels].map((label) =>
    outputs === 1 ? [label - mean] : Array.from({ length: outputs }, (_, c) => (c === label ? 1 : 0) - 1 / outputs),
  );
  const system = shifted(
    unit.slice(0, N).map((row) => row.slice(0, N)),
    3,
  );
  const alpha = solveReference(system, targets);
  const weights = transposed(solveReference(system, transposed(unit.slice(N).map((row) => row.slice(0, N)))));
  const logits = rowsOf(float64([M, outputs], Float64Array.from((await model.predict(queries)).data)));
  const slopes = logits.map((row, t) => {
    if (outputs === 1) return [(wanted[t] ?? 0) - (row[0] ?? 0)];
    const powers = row.map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power, c) => (c === wanted[t] ? 1 : 0) - power / sum);
  });
  const pulls = multiplyReference(slopes, transposed(alpha));
  return pulls.map((row, t) => row.map((value, s) => value * (weights[t]?.[s] ?? 0)));
}

describe("influence of training examples", () => {
  it.each(CASES)("behind $name is the formula's (theory 8.3)", async (one) => {
    const network = networkOf(one);
    const [train, queries] = [inputsOf(network, N, "train"), inputsOf(network, M, "queries")];
    const [labels, wanted] = [labelsOf(network, N), labelsOf(network, M)];
    await using model = modelOf(network);
    await using influence = await model.influence(train, labels);
    const scores = await influence.scores(queries, { labels: wanted });
    const reference = await scoresReference(model, train, labels, queries, wanted);
    expectClose(rowsOf(scores), reference, { relative: 1e-9, absolute: 1e-12 });
    const told = await influence.of(queries, { labels: wanted, top: 4 });
    expect(told).toHaveLength(M);
    for (const [t, { top, bottom, label, control }] of told.entries()) {
      const row = [...(reference[t] ?? [])];
      expect(label).toBe(wanted[t]);
      const rising = [...row].sort((x, y) => x - y);
      const close = { relative: 1e-9, absolute: 1e-12 };
      // scores and not examples: two that leave the same paths open tie
      expectClose(
        top.map(({ score }) => score),
        [...rising]
          .reverse()
          .filter((score) => score > 0)
          .slice(0, 4),
        close,
      );
      expectClose(
        bottom.map(({ score }) => score),
        rising.filter((score) => score < 0).slice(0, 4),
        close,
      );
      const both = [...top, ...bottom];
      expectClose(
        both.map(({ score }) => score),
        both.map(({ example }) => row[example] ?? Number.NaN),
        close,
      );
      expect(top.map((example) => example.label)).toEqual(top.map(({ example }) => labels[example]));
      expect(control?.top.length).toBeGreaterThan(0);
    }
  });

  it.each(CASES)("behind $name moves with the examples when they are permuted", async (one) => {
    const network = networkOf(one);
    const [train, queries] = [inputsOf(network, N, "train"), inputsOf(network, M, "queries")];
    const labels = labelsOf(network, N);
    const order = [...randomStream(1, "order").permutation(N)];
    await using model = modelOf(network);
    await using plain = await model.influence(train, labels);
    await using moved = await model.influence(
      chosen(train, order),
      order.map((i) => labels[i] ?? 0),
    );
    const before = rowsOf(await plain.scores(queries));
    const after = rowsOf(await moved.scores(queries));
    expectClose(
      after,
      before.map((row) => order.map((i) => row[i] ?? 0)),
      { relative: 1e-9, absolute: 1e-12 },
    );
  });

  // no law: where many examples leave the same paths open, as these maps do, another of the class may pull more
  it.each(CASES.slice(0, 2))("behind $name: a duplicate of a query is its strongest helper", async (one) => {
    const network = networkOf(one);
    const train = inputsOf(network, N, "train");
    const labels = labelsOf(network, N);
    await using model = modelOf(network);
    await using influence = await model.influence(train, labels);
    const kept = [0, 5, 9];
    const told = await influence.of(chosen(train, kept), { labels: kept.map((i) => labels[i] ?? 0), top: 1 });
    expect(told.map(({ top: [first] }) => first?.example)).toEqual(kept);
  });

  it("of a kernel in a file, by conjugate gradients, is that of one in memory up to float32", async () => {
    const network = networkOf(CASES[0]);
    const [train, queries] = [inputsOf(network, N, "train"), inputsOf(network, M, "queries")];
    const labels = labelsOf(network, N);
    await using model = modelOf(network, { kernelInFile: kernelInFile(1) });
    await using held = await model.influence(train, labels);
    await using filed = await model.influence(train, labels, { directLimit: 4 });
    const exact = rowsOf(await held.scores(queries));
    expectClose(rowsOf(await filed.scores(queries)), exact, { relative: 1e-4, absolute: 1e-6 });
  });

  it("by random path features nears the exact one", async () => {
    const network = networkOf(CASES[2]);
    const [train, queries] = [inputsOf(network, N, "train"), inputsOf(network, M, "queries")];
    const labels = labelsOf(network, N);
    await using model = modelOf(network);
    await using exact = await model.influence(train, labels);
    await using drawn = await model.influence(train, labels, { features: 4000 });
    const [wanted, got] = [await exact.scores(queries), await drawn.scores(queries)];
    const product = (a: DenseArray<"float64">, b: DenseArray<"float64">): number =>
      a.data.reduce((sum, value, i) => sum + value * (b.data[i] ?? 0), 0);
    // an entry of the kernel is off by a few percent with 4,000 features, and scores are small differences
    expect(product(wanted, got) / Math.sqrt(product(wanted, wanted) * product(got, got))).toBeGreaterThan(0.9);
  });

  it("ranks the one wrong label first", async () => {
    const network = networkOf(CASES[0]);
    const two = inputsOf(network, 2, "centers");
    const near = randomStream(9, "near").normal(N * sizeOf(inputShapeOf(network)));
    const size = sizeOf(inputShapeOf(network));
    const data = Float32Array.from(near, (value, at) => {
      const center = Math.floor(at / size) % 2;
      return (two.data[center * size + (at % size)] ?? 0) + 0.05 * value;
    });
    const labels = Float64Array.from({ length: N }, (_, i) => (i === 6 ? 1 : i % 2));
    await using model = modelOf(network);
    await using influence = await model.influence(float32([N, ...inputShapeOf(network)], data), labels);
    const { ranked, control } = await influence.labelNoise({ top: 3 });
    expect(ranked[0]).toMatchObject({ example: 6, label: 1, suggested: 0 });
    expect(ranked[0]?.score).toBeGreaterThan(0);
    expect(ranked[1]?.score).toBeLessThan(0);
    expect(control.inputs?.[0]?.example).toBe(6);
    expect(control.loss).toHaveLength(3);
  });

  it("refuses labels that are none of the network's", async () => {
    const network = networkOf(CASES[0]);
    const train = inputsOf(network, 2, "train");
    const outputs = outputCount(network);
    await using model = modelOf(network);
    expect(await rejectionOf(model.influence(train, [0, outputs]))).toEqual({
      message: `labels with ${outputs} at element 1: expected classes from 0 to ${outputs - 1}: the network has ${outputs} outputs`,
      hint: "number the classes as the network's outputs are",
    });
    expect(await rejectionOf(model.influence(train, [0]))).toEqual({
      message: `labels of shape [1] for 2 examples: expected one label an example, or [2, ${outputs}] real values`,
      hint: "give the labels of the same examples, in the same order",
    });
    expect(await rejectionOf(model.influence(train, [0, 1], { ridge: 0 }))).toEqual({
      message: "ridge 0: expected a number above 0, in units of the kernel's diagonal of 1",
      hint: "leave it out for 3",
    });
  });
});
