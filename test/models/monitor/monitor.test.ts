import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { gateRows, type PackedGates } from "../../../src/gates/index.ts";
import { type DenseArray, float32, sizeOf } from "../../../src/graph/index.ts";
import { openGateSimilarity } from "../../../src/kernels/index.ts";
import { Model, type Monitor } from "../../../src/models/index.ts";
import { type GatedNetwork, inputShapeOf } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { type BodyName, gatedNetworkOf } from "../../support/gated-networks.ts";
import {
  cosineReference,
  example,
  gateLikenessReference,
  type PlainGates,
  scoreReference,
} from "./monitor.reference.ts";

/** Bodies, with seeds of networks that give random inputs more than one class. */
const SEEDS = { dense: 4, "conv-flatten": 1, "max-pool": 2, residual: 4, rearrange: 2 } as const satisfies Partial<
  Record<BodyName, number>
>;
type Watched = keyof typeof SEEDS;
const BODIES = ["dense", "conv-flatten", "max-pool", "residual", "rearrange"] as const satisfies readonly Watched[];
const COUNT = 24;

const openEngine = () => openNodeEngine("cpu", { threads: 1 });
const modelOf = (network: GatedNetwork): Model => new Model(network, { openEngine });
const networkOf = (body: Watched, seed: number = SEEDS[body]): GatedNetwork =>
  gatedNetworkOf({ body, gates: "hard", bias: true, normalize: false, seed }).network;

function inputsOf(network: GatedNetwork, count: number, name: string): DenseArray<"float32"> {
  const shape = inputShapeOf(network);
  return float32([count, ...shape], Float32Array.from(randomStream(5, name).normal(count * sizeOf(shape))));
}

/** The same examples in another order. */
function reordered(inputs: DenseArray<"float32">, order: readonly number[]): DenseArray<"float32"> {
  return float32(
    [order.length, ...inputs.shape.slice(1)],
    Float32Array.from(order.flatMap((i) => [...example(inputs, i)])),
  );
}

const plainGates = ({ examples, layers }: PackedGates): readonly PlainGates[] =>
  Array.from({ length: examples }, (_, i) =>
    layers.map(({ units, wordsPerExample, words }) =>
      Array.from({ length: units }, (_, u) => ((words[i * wordsPerExample + (u >>> 5)] ?? 0) >>> (u & 31)) & 1),
    ),
  );

const argmax = (logits: ArrayLike<number>): number => {
  const all = Array.from(logits);
  return all.indexOf(Math.max(...all));
};

describe("a monitor", () => {
  it.each(BODIES)("of a %s network scores as the formula read aloud", async (body) => {
    const network = networkOf(body);
    await using model = modelOf(network);
    const [known, clean, asked] = ["known", "clean", "asked"].map((name) => inputsOf(network, COUNT, name));
    if (known === undefined || clean === undefined || asked === undefined) throw new Error("three sets of inputs");
    const monitor = await model.fitMonitor(known, { clean, references: COUNT });
    const { examples } = await model.watchInputs(monitor, asked, { level: 0.5 });
    const predictedOf = async (x: DenseArray<"float32">): Promise<readonly number[]> => {
      const { data, shape } = await model.predict(x);
      const outputs = shape[1] ?? 1;
      return Array.from({ length: COUNT }, (_, i) => argmax(data.subarray(i * outputs, (i + 1) * outputs)));
    };
    const [gates, classes] = [plainGates(await model.gates(known)), await predictedOf(known)];
    const nearestOf = async (x: DenseArray<"float32">) => {
      const [own, predicted] = [plainGates(await model.gates(x)), await predictedOf(x)];
      return own.map((g, i) => {
        const references = classes.flatMap((label, r) => (label === predicted[i] ? [r] : []));
        const scores = references.map((r) => scoreReference([g, gates[r] ?? []], [example(x, i), example(known, r)]));
        const pixels = references.map((r) => cosineReference(example(x, i), example(known, r)));
        return {
          score: Math.max(...scores),
          pixels: Math.max(...pixels),
          nearest: references[scores.indexOf(Math.max(...scores))],
        };
      });
    };
    const wanted = await nearestOf(asked);
    // a byte a number of the references' inputs: an angle of 1/100 at most
    const tolerance = { relative: 0, absolute: 0.01 };
    expectClose(
      examples.map(({ score }) => Math.exp(score)),
      wanted.map(({ score }) => Math.exp(score)),
      tolerance,
    );
    expect(examples.filter(({ nearest }, i) => nearest === (wanted[i]?.nearest ?? -1)).length).toBeGreaterThan(
      0.9 * COUNT,
    );
    const usual = await nearestOf(clean);
    for (const [i, { gates: quantile, predicted }] of examples.entries()) {
      expect(predicted).toBe((await predictedOf(asked))[i]);
      const near = usual.filter(({ score }) => Math.abs(score - (wanted[i]?.score ?? 0)) < 0.05).length;
      const above = usual.filter(({ score }) => score > (wanted[i]?.score ?? 0)).length;
      // but for those that rounding may exchange
      expect(Math.abs(quantile * (COUNT + 1) - above)).toBeLessThan(near + 1e-9);
    }
    const open = gates.length === 0 ? [] : plainGates(await model.gates(clean));
    expect(monitor.rates.open.map((counts) => [...counts])).toEqual(
      monitor.rates.open.map((counts, l) =>
        Array.from(counts, (_, u) => open.reduce((sum, one) => sum + (one[l]?.[u] ?? 0), 0)),
      ),
    );
  });

  it("does not depend on the order of its references, and knows each of them best", async () => {
    const network = networkOf("conv-flatten");
    await using model = modelOf(network);
    const [known, clean, asked] = [
      inputsOf(network, COUNT, "a"),
      inputsOf(network, COUNT, "b"),
      inputsOf(network, 9, "c"),
    ];
    const order = Array.from({ length: COUNT }, (_, i) => (i * 7 + 3) % COUNT);
    const one = await model.fitMonitor(known, { clean, references: COUNT });
    const other = await model.fitMonitor(reordered(known, order), { clean, references: COUNT });
    const scores = async (monitor: Monitor) => (await model.watchInputs(monitor, asked, { level: 0.5 })).examples;
    const [a, b] = [await scores(one), await scores(other)];
    // products of float32
    expectClose(
      a.map(({ score }) => Math.max(score, -1e3)),
      b.map(({ score }) => Math.max(score, -1e3)),
      { relative: 0, absolute: 1e-5 },
    );
    expect(b.map(({ nearest }) => order[nearest] ?? -1)).toEqual(a.map(({ nearest }) => nearest));
    const { examples } = await model.watchInputs(one, known, { level: 0.5 });
    expect(examples.map(({ nearest }) => nearest)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    for (const { score } of examples) expect(score).toBeGreaterThan(-1e-3);
  });

  it("compares gates symmetrically, layer by layer, and none is more like an example than itself", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 4 }),
        fc.nat(1000),
        fc.constantFrom("path kernel", "hamming"),
        async (units, seed, likeness) => {
          const plain = Array.from({ length: 5 }, (_, e) =>
            units.map((count, l) => Array.from(randomStream(seed, e, l).normal(count), (x) => (x > 0.3 ? 1 : 0))),
          );
          const gates = packed(units, plain);
          const table = (await openGateSimilarity(gates, likeness)).similarities(gateRows(gates), { from: 0, to: 5 });
          const wanted = plain.flatMap((a) =>
            plain.map((b) =>
              likeness === "path kernel"
                ? gateLikenessReference(a, b)
                : -a.reduce((sum, own, l) => sum + own.filter((gate, u) => gate !== b[l]?.[u]).length, 0),
            ),
          );
          expectClose([...table], wanted, { relative: 0, absolute: 1e-12 });
          for (let i = 0; i < 5; i++)
            for (let j = 0; j < 5; j++) {
              expect(table[i * 5 + j]).toBeCloseTo(table[j * 5 + i] ?? 0, 12);
              expect(table[i * 5 + j]).toBeLessThanOrEqual((table[i * 6] ?? 0) + 1e-12);
            }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("keeps the references that it was asked for, each of the class that the network gives it", async () => {
    const network = networkOf("dense");
    await using model = modelOf(network);
    const known = inputsOf(network, 120, "known");
    const monitor = await model.fitMonitor(known, { references: 7 });
    expect(monitor.rates.examples).toBe(24);
    const { data, shape } = await model.predict(known);
    const outputs = shape[1] ?? 1;
    const { classes, examples } = monitor.references;
    expect([...classes]).toEqual(Array.from(examples, (i) => argmax(data.subarray(i * outputs, (i + 1) * outputs))));
    for (const label of new Set(classes)) expect(classes.filter((one) => one === label).length).toBeLessThanOrEqual(7);
    // every fifth is held out
    expect(Array.from(examples).filter((i) => i % 5 === 0)).toEqual([]);
  });

  it("says so where a class was never given, and counts it as unfamiliar", async () => {
    const network = networkOf("dense");
    await using model = modelOf(network);
    const all = inputsOf(network, 200, "all");
    const { data, shape } = await model.predict(all);
    const outputs = shape[1] ?? 1;
    const labels = Array.from({ length: 200 }, (_, i) => argmax(data.subarray(i * outputs, (i + 1) * outputs)));
    const of = (label: number) =>
      reordered(
        all,
        labels.flatMap((one, i) => (one === label ? [i] : [])),
      );
    const [mine, others] = [labels[0] ?? 0, labels.find((label) => label !== labels[0]) ?? 1];
    const monitor = await model.fitMonitor(of(mine), { references: 3 });
    const { examples, alarms } = await model.watchInputs(monitor, of(others), { level: 0.5 });
    const held = monitor.rates.examples;
    for (const one of examples) {
      expect(one).toMatchObject({
        score: Number.NEGATIVE_INFINITY,
        nearest: -1,
        gates: held / (held + 1),
        raised: true,
      });
    }
    expect(alarms).toBe(examples.length);
  });

  it("of one output tells two classes by its sign", async () => {
    const network = { ...networkOf("dense") };
    const last = network.nodes[network.output];
    if (last?.kind !== "dense") throw new Error("a dense layer at the end");
    const { weight, bias } = last;
    const single = {
      ...last,
      shape: [1],
      weight: firstOutput(weight),
      ...(bias === undefined ? {} : { bias: firstOf(bias) }),
    };
    const one: GatedNetwork = { ...network, nodes: network.nodes.with(network.output, single) };
    await using model = modelOf(one);
    const known = inputsOf(one, 60, "known");
    const monitor = await model.fitMonitor(known, { references: 50 });
    const { examples } = await model.watchInputs(monitor, known, { level: 0.5 });
    const { data } = await model.predict(known);
    expect(examples.map(({ predicted }) => predicted)).toEqual(Array.from(data, (y) => (y > 0 ? 1 : 0)));
    expect(new Set(monitor.references.classes).size).toBe(2);
  });
});

/** The first output of a dense layer's weights, `[inputs, outputs]`. */
function firstOutput({ shape, data }: DenseArray<"float32" | "float64">): DenseArray<"float32"> {
  const [inputs = 0, outputs = 0] = shape;
  return float32(
    [inputs, 1],
    Float32Array.from({ length: inputs }, (_, i) => data[i * outputs] ?? 0),
  );
}
const firstOf = ({ data }: DenseArray<"float32" | "float64">): DenseArray<"float32"> => float32([1], [data[0] ?? 0]);

function packed(units: readonly number[], plain: readonly PlainGates[]): PackedGates {
  const layers = units.map((count, l) => {
    const wordsPerExample = 2 * Math.ceil(count / 64);
    const words = new Uint32Array(plain.length * wordsPerExample);
    plain.forEach((gates, i) => {
      gates[l]?.forEach((gate, u) => {
        if (gate === 1)
          words[i * wordsPerExample + (u >>> 5)] = (words[i * wordsPerExample + (u >>> 5)] ?? 0) | (1 << (u & 31));
      });
    });
    return { layer: l + 1, units: count, wordsPerExample, words };
  });
  return { examples: plain.length, layers };
}

describe("what a monitor refuses", () => {
  const known = (network: GatedNetwork) => inputsOf(network, 40, "known");
  it("another network, of the same shape too", async () => {
    await using one = modelOf(networkOf("dense"));
    await using other = modelOf(networkOf("dense", 8));
    const monitor = await one.fitMonitor(known(one.network));
    const { message, hint } = await rejectionOf(other.watchInputs(monitor, known(other.network), { level: 0.5 }));
    expect(message).toMatch(
      /^a network of digest [0-9a-f]{12}: expected that of the monitor, [0-9a-f]{12}: other weights have other gates$/,
    );
    expect(hint).toBe("give the model that it was fitted on, or fit a monitor of this one");
  });
  it("a network without gates, real values, and numbers that do not go together", async () => {
    const network = networkOf("dense");
    await using model = modelOf(network);
    await using values = new Model(network, {
      openEngine,
      source: { kind: "run", regime: "relu", isRegression: true },
    });
    expect(await rejectionOf(values.fitMonitor(known(network)))).toEqual({
      message:
        "a run that learnt real values: expected a network that tells classes: inputs are compared with examples of the class that it gives them",
      hint: "look at the nearest examples instead, by `neighbors`",
    });
    expect(await rejectionOf(model.fitMonitor(known(network), { heldOut: 40 }))).toEqual({
      message: "40 of 40 inputs to hold out: expected at least one that is left to compare with",
      hint: "hold out fewer, or give clean inputs in an array of their own",
    });
    const monitor = await model.fitMonitor(known(network));
    expect(await rejectionOf(model.watchInputs(monitor, known(network)))).toEqual({
      message:
        "level 0.95 with 8 clean inputs held out: expected at least 59: their own alarms are too coarse for one false alarm in 20",
      hint: "choose a lower level, or fit the monitor with more clean inputs",
    });
  });
  it("soft gates", async () => {
    const { network } = gatedNetworkOf({ body: "dense", gates: "soft", bias: true, normalize: false, seed: 1 });
    await using model = modelOf(network);
    expect(await rejectionOf(model.fitMonitor(known(network)))).toEqual({
      message:
        "a network with gates that are no bits, soft or leaky ones: expected hard gates: the monitor counts those that two inputs have open",
      hint: "monitor a network of hard gates (relu, flnpf, frnpf-ii, frnpf-di)",
    });
  });
});
