import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import type { Neighbor } from "../../src/gates/index.ts";
import { type DenseArray, float32, sizeOf } from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import { rankInThreads } from "../../src/models/node/index.ts";
import { type GatedNetwork, inputShapeOf } from "../../src/network/index.ts";
import { neighborsBySharedPaths } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkOf } from "../support/gated-networks.ts";

const CASES = [
  { name: "a chain of hard gates", body: "dense", gates: "hard" },
  { name: "a chain of soft gates", body: "dense", gates: "feature-soft" },
  { name: "maps with clipped gates", body: "conv-flatten", gates: "clipped" },
] as const;

const openEngine = () => openNodeEngine("cpu", { threads: 1 });
const modelOf = (network: GatedNetwork): Model => new Model(network, { openEngine });
const networkOf = ({ body, gates }: (typeof CASES)[number]): GatedNetwork =>
  gatedNetworkOf({ body, gates, bias: true, normalize: false, seed: 3 }).network;

function inputsOf(network: GatedNetwork, count: number, name: string): DenseArray<"float32"> {
  const shape = inputShapeOf(network);
  return float32([count, ...shape], Float32Array.from(randomStream(5, name).normal(count * sizeOf(shape))));
}

function joined(a: DenseArray<"float32">, b: DenseArray<"float32">, example: number): DenseArray<"float32"> {
  const [n = 0, ...shape] = a.shape;
  const size = sizeOf(shape);
  return float32(
    [n + 1, ...shape],
    Float32Array.of(...a.data, ...b.data.subarray(example * size, (example + 1) * size)),
  );
}

const numbers = (found: readonly Neighbor[]): readonly number[] =>
  found.flatMap(({ similarity, log2SharedPaths, sharedGates }) => [
    similarity,
    Math.max(log2SharedPaths, -1),
    sharedGates,
  ]);

describe("neighbors of many queries", () => {
  it.each(CASES)("of $name are those of one query after the other", async (one) => {
    const network = networkOf(one);
    const [train, queries] = [inputsOf(network, 8, "train"), inputsOf(network, 3, "queries")];
    const labels = [4, 5, 6, 7, 4, 5, 6, 7];
    await using model = modelOf(network);
    await using engine = await openEngine();
    const answer = await model.neighbors(train, queries, { top: 5, labels, heldOut: 4 });
    const usual: number[] = [];
    // four of eight: every second one, each compared with the seven others
    for (const held of [0, 2, 4, 6]) {
      const [first] = await neighborsBySharedPaths(network, engine, train, held, 1);
      usual.push(first?.similarity ?? 0);
    }
    usual.sort((a, b) => a - b);
    expectClose(answer.heldOut, usual, { relative: 1e-12, absolute: 1e-12 });
    for (const [i, { neighbors, percentile }] of answer.queries.entries()) {
      const wanted = await neighborsBySharedPaths(network, engine, joined(train, queries, i), 8, 5);
      expectClose(numbers(neighbors), numbers(wanted), { relative: 1e-12, absolute: 1e-12 });
      expect(neighbors.map(({ label, example }) => label === labels[example])).toEqual(neighbors.map(() => true));
      const atMost = answer.heldOut.filter((similarity) => similarity <= (neighbors[0]?.similarity ?? 0)).length;
      expect(percentile).toBe(25 * atMost);
    }
  });

  it.each(CASES)("of $name: pairs are the best of all", async (one) => {
    const network = networkOf(one);
    const inputs = inputsOf(network, 7, "pairs");
    await using model = modelOf(network);
    await using engine = await openEngine();
    const all: number[] = [];
    for (let i = 0; i < 7; i++) {
      for (const { example, similarity } of await neighborsBySharedPaths(network, engine, inputs, i, 6)) {
        if (example > i) all.push(similarity);
      }
    }
    const pairs = await model.neighborPairs(inputs, { top: 9 });
    expectClose(
      pairs.map(({ similarity }) => similarity),
      all.sort((a, b) => b - a).slice(0, 9),
      { relative: 1e-12, absolute: 1e-12 },
    );
    expect(pairs.every(({ examples: [a, b] }) => a < b)).toBe(true);
    // an input beside itself among others is its own double
    const [double] = await model.neighborPairs(inputs, { others: inputs, top: 1 });
    expect(double).toMatchObject({ examples: [0, 0], similarity: 1, sharedGates: 1 });
  });

  it("are the same in threads, to the bit", async () => {
    const network = networkOf(CASES[0]);
    const [train, queries] = [inputsOf(network, 1500, "many"), inputsOf(network, 1400, "asked")];
    await using here = modelOf(network);
    await using threads = new Model(network, { openEngine, openRanker: rankInThreads(2) });
    const options = { top: 3, heldOut: 0 };
    const answer = await threads.neighbors(train, queries, options);
    expect(answer).toEqual(await here.neighbors(train, queries, options));
    expect([answer.queries.length, answer.queries[0]?.percentile]).toEqual([1400, null]);
  });

  it("stop where they are told to", async () => {
    const network = networkOf(CASES[0]);
    await using model = modelOf(network);
    const stop = new AbortController();
    const asked = model.neighbors(inputsOf(network, 900, "a"), inputsOf(network, 900, "b"), {
      signal: stop.signal,
      onProgress: ({ stage }) => stage === "neighbors" && stop.abort(new Error("enough")),
    });
    await expect(asked).rejects.toThrow("enough");
  });

  it("want a label an example", async () => {
    const network = networkOf(CASES[0]);
    await using model = modelOf(network);
    const inputs = inputsOf(network, 4, "labels");
    expect(await rejectionOf(model.neighbors(inputs, inputs, { labels: [1] }))).toEqual({
      message: "1 labels for 4 examples: expected one label an example",
      hint: "give the labels of the examples that are searched, in the same order",
    });
  });
});
