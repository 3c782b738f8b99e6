/** What a model says of single examples and of which units decide them: options, refusals, and references by class. */
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { examplesOf, Model } from "../../src/models/index.ts";
import { type GatedNetwork, inputShapeOf } from "../../src/network/index.ts";
import { activate } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { gatedNetworkOf } from "../support/gated-networks.ts";

const modelOf = (network: GatedNetwork): Model =>
  new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });

const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 4 });
const size = sizeOf(inputShapeOf(network));
const COUNT = 60;
const inputs = float64([COUNT, ...inputShapeOf(network)], randomStream(1, "inputs").normal(COUNT * size));
const imageAt = (i: number): Float64Array => inputs.data.slice(i * size, (i + 1) * size);
const classes = Array.from({ length: COUNT }, (_, i) => {
  const { logits } = activate(network, imageAt(i));
  return logits.indexOf(Math.max(...logits));
});

describe("nearestOfClass", () => {
  it("is the example at the least distance of those with the class, itself left out", async () => {
    await using model = modelOf(network);
    expect(new Set(classes).size).toBeGreaterThan(1);
    for (const [example, wanted] of [
      [0, 0],
      [0, 1],
      [7, 1],
      [8, 0],
    ] as const) {
      const distanceTo = (other: number): number =>
        Math.hypot(...imageAt(other).map((one, i) => one - imageAt(example)[i]!));
      const others = classes.flatMap((own, other) => (own === wanted && other !== example ? [other] : []));
      const nearest = others.reduce((best, other) => (distanceTo(other) < distanceTo(best) ? other : best));
      expect(await model.nearestOfClass(inputs, example, wanted)).toBe(nearest);
    }
  });
});

describe("decidingUnits and sufficientUnits", () => {
  it("take one example or all, and the same seed gives the same order", async () => {
    await using model = modelOf(network);
    const few = examplesOf(float64([5, ...inputShapeOf(network)], inputs.data.slice(0, 5 * size)));
    const all = await model.decidingUnits(few);
    expect(all.map(({ example }) => example)).toEqual([0, 1, 2, 3, 4]);
    expect(await model.decidingUnits(few, { example: 3 })).toEqual([all[3]]);
    expect(await model.decidingUnits(few, { seed: 0 })).toEqual(all);
    const sets = await model.sufficientUnits(few, { margin: 0 });
    for (const [i, { sameClass, otherClasses, decision }] of sets.entries()) {
      expect(decision).toBe(classes[i]);
      const same = classes.slice(0, 5).filter((own, other) => own === decision && other !== i).length;
      expect([sameClass.inputs, otherClasses.inputs]).toEqual([same, 4 - same]);
    }
  });

  it("refuse what cannot be answered", async () => {
    await using model = modelOf(network);
    expect(await rejectionOf(model.decidingUnits(inputs, { example: COUNT }))).toMatchObject({
      message: "example 60: expected 0 to 59",
      hint: "examples are counted from 0",
    });
    expect(await rejectionOf(model.sufficientUnits(inputs, { margin: 2 }))).toMatchObject({
      message: "a margin of 2: expected a share of it, from 0 to 1",
      hint: "0 keeps the decision alone, 0.5 half of how far it is ahead",
    });
    const last = network.nodes.length;
    const weight = float64([2, 1], [1, -1]);
    await using single = modelOf({
      nodes: [
        ...network.nodes,
        { kind: "dense", name: "one", shape: [1], input: network.output, weight, bias: undefined },
      ],
      output: last,
    });
    expect(await rejectionOf(single.decidingUnits(inputs))).toMatchObject({
      message: "a network of 1 output: expected outputs to decide between, at least two",
      hint: "ask what carries its output: flow",
    });
  });
});
