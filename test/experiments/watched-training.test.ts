import { describe, expect, it } from "vitest";
import type { Examples } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  binaryMnist,
  kernelMachine,
  kernelMachineCifar10,
  measureOf,
  ntkTrace,
  ofClasses,
  watchTraining,
} from "../../src/experiments/index.ts";
import { firstOfEachClass, watchedPlan } from "../../src/experiments/watched-training.ts";
import { denseArray } from "../../src/graph/index.ts";
import { fullyConnected, initialParameters } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { train } from "../../src/train/index.ts";
import { errorOf } from "../support/error-of.ts";

const examples = (count: number, classes: number, seed: number): Examples => ({
  inputs: denseArray(
    "uint8",
    [count, 3, 3],
    Uint8Array.from(randomStream(seed, "pixels").uniform(count * 9, 0, 256), Math.floor),
  ),
  labels: denseArray(
    "uint8",
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % classes),
  ),
});
const DATA = { train: examples(60, 10, 1), test: examples(20, 10, 2) };

/** The experiment with a network and a schedule that take milliseconds. */
const tiny = (name: "binary-mnist" | "ntk-trace" | "kernel-machine" | "kernel-machine-cifar10") => {
  const known = [binaryMnist, ntkTrace, kernelMachine, kernelMachineCifar10];
  const found = known.find((one) => one.name === name) ?? expect.fail(name);
  const outputs = name === "binary-mnist" ? 1 : 10;
  return {
    ...found,
    architecture: fullyConnected({ inputShape: [3, 3], depth: 3, width: 6, outputs, bias: outputs > 1 }),
    profile: { data: "digits" as const, epochs: 3, every: 2, runs: 1, examples: outputs === 1 ? 4 : 20 },
  };
};

describe("a watched training", () => {
  it.each([
    { name: "binary-mnist" as const, names: ["nu", "jitter"] },
    {
      name: "ntk-trace" as const,
      names: ["class", "logit 0"].flatMap((output) =>
        ["value trace", "feature trace", "value norm", "feature norm"].map((size) => `${size}, ${output}`),
      ),
    },
    {
      name: "kernel-machine" as const,
      names: ["test accuracy %", "train accuracy %", "alignment", "effective rank", "nu", "ridge"],
    },
    {
      name: "kernel-machine-cifar10" as const,
      names: ["test accuracy %", "train accuracy %", "leave-one-out %", "alignment", "effective rank", "ridge"],
    },
  ])("$name measures before training, on the way and at the end", async ({ name, names }) => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const { profile, ...experiment } = tiny(name);
    const data =
      name === "binary-mnist" ? { train: ofClasses(DATA.train, [4, 7]), test: ofClasses(DATA.test, [4, 7]) } : DATA;
    const measure = measureOf(experiment, data, profile.examples, engine, { features: 16 });
    const rows = [];
    for await (const { row } of watchTraining(experiment, profile, 0, data, { engine, clock: () => 0 }, measure))
      if (row !== undefined) rows.push(row);
    expect(rows.map(({ epoch }) => epoch)).toEqual([0, 2, 3]);
    for (const { measured } of rows) {
      expect(Object.keys(measured)).toEqual(names);
      expect(Object.values(measured).every(Number.isFinite)).toBe(true);
    }
    // the training itself is that of every other run
    const plan = watchedPlan(experiment, profile, 0);
    const accuracies = [];
    for await (const event of train(plan, data, initialParameters(plan), { engine, clock: () => 0 }))
      if (event.kind === "epoch") accuracies.push(event.metrics.testAccuracy);
    expect(rows.map(({ testAccuracy }) => testAccuracy)).toEqual([undefined, accuracies[1], accuracies[2]]);
  });

  it("goes on from the checkpoint of any epoch with the same numbers", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const { profile, ...experiment } = tiny("kernel-machine");
    const measure = measureOf(experiment, DATA, profile.examples, engine);
    const context = { engine, clock: () => 0 };
    const whole = [];
    for await (const step of watchTraining(experiment, profile, 0, DATA, context, measure)) whole.push(step);
    expect(whole.map(({ row }) => row?.epoch)).toEqual([0, undefined, 2, 3]);
    for (const [index, { checkpoint }] of whole.entries()) {
      if (checkpoint === undefined) continue;
      const rest = [];
      for await (const step of watchTraining(experiment, profile, 0, DATA, context, measure, checkpoint))
        rest.push(step.row);
      expect(rest).toEqual(whole.slice(index + 1).map(({ row }) => row));
    }
  });

  it("that is aborted does not look complete", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const { profile, ...experiment } = tiny("binary-mnist");
    const data = { train: ofClasses(DATA.train, [4, 7]), test: ofClasses(DATA.test, [4, 7]) };
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      const context = { engine, clock: () => 0, signal: stop.signal };
      for await (const _ of watchTraining(experiment, profile, 0, data, context, async () => 0)) stop.abort("enough");
    };
    await expect(run()).rejects.toBe("enough");
  });
});

describe("examples of classes", () => {
  it("are numbered anew", () => {
    const { inputs, labels } = ofClasses(DATA.train, [7, 4]);
    expect([...labels.data].slice(0, 4)).toEqual([1, 0, 1, 0]);
    expect([...inputs.data.slice(0, 9)]).toEqual([...DATA.train.inputs.data.slice(4 * 9, 5 * 9)]);
  });

  it("are the first of each, class by class", () => {
    const { inputs, labels } = firstOfEachClass(DATA.train, 20, 10);
    expect([...labels.data]).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)));
    expect([...inputs.data.slice(9, 18)]).toEqual([...DATA.train.inputs.data.slice(10 * 9, 11 * 9)]);
    expect(errorOf(() => firstOfEachClass(DATA.test, 30, 10))).toEqual({
      message: "2 examples of class 0: expected at least 3",
      hint: "measure fewer examples, or train on more",
    });
  });
});
