import { describe, expect, it } from "vitest";
import { type ExampleSet, type Examples, exampleSet, type LabeledExamples } from "../../src/data/index.ts";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { openWasmEngine } from "../../src/engine/web/index.ts";
import { denseArray, float32 } from "../../src/graph/index.ts";
import {
  byName,
  fullyConnected,
  REGIME_NAMES,
  REGIMES,
  type RegimeName,
  trainedNetworks,
} from "../../src/network/index.ts";
import { ChunkRunner } from "../../src/train/chunks.ts";
import {
  type Checkpoint,
  evaluate,
  evaluationGraph,
  type Optimizer,
  optimizer,
  startState,
  type TrainingData,
  type TrainingPlan,
  train,
} from "../../src/train/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { startOf, tinyData, tinyPlan, trainAll } from "../support/tiny-training.ts";

const data = tinyData();
const trainsFeatures = (regime: RegimeName): boolean => trainedNetworks(REGIMES[regime]).includes("feature");

describe.each(REGIME_NAMES)("regime %s", (regime) => {
  it("moves what trains and leaves the rest to the bit", async () => {
    const plan = tinyPlan({ regime, epochs: 1 });
    const start = startOf(plan);
    const [epoch] = await trainAll(plan, data);
    const { parameters, averages } = epoch?.checkpoint ?? expect.fail("no epoch");
    const before = new Map(Object.entries(byName(start)));
    const after = Object.entries(byName(parameters));
    expect(after.map(([name]) => name)).toEqual([...before.keys()]);
    for (const [name, { data: now }] of after) {
      const fixed = name.startsWith("feature.") && !trainsFeatures(regime);
      expect(now.join() === before.get(name)?.data.join(), name).toBe(fixed);
    }
    const trained = after.flatMap(([name]) => (name.startsWith("value.") || trainsFeatures(regime) ? [name] : []));
    for (const slot of ["first-moment", "second-moment"] as const)
      expect(Object.keys(byName(averages[slot] ?? expect.fail(slot)))).toEqual(trained);
  });

  it("learns, and trains a network without gates too", async () => {
    const epochs = await trainAll(tinyPlan({ regime, epochs: 8 }), data);
    expect(epochs.at(-1)?.metrics.trainLoss).toBeLessThan((epochs[0]?.metrics.trainLoss ?? 0) * 0.8);
    const architecture = fullyConnected({ inputShape: [3, 4], depth: 1, width: 1, outputs: 3 });
    const [linear] = await trainAll(tinyPlan({ regime, architecture, epochs: 1 }), data);
    expect(linear?.metrics.gates).toEqual([]);
    expect(Number.isFinite(linear?.metrics.testLoss)).toBe(true);
  });

  it("is deterministic, and resumed from any epoch ends as if it had never stopped", async () => {
    const plan = tinyPlan({ regime, epochs: 4 });
    const whole = await trainAll(plan, data);
    expect(await trainAll(plan, data)).toEqual(whole);
    for (const [i, { checkpoint }] of whole.entries()) {
      expect(await trainAll(plan, data, { resume: checkpoint })).toEqual(whole.slice(i + 1));
    }
  });
});

describe("within an epoch", () => {
  /** Two steps a run: squares would leave float32 in longer ones. */
  const config: Optimizer = { kind: "rmsprop", learningRate: 1e-2, rho: 1e-9, epsilon: 1e-7 };
  const plan = tinyPlan({ optimizer: config, regime: "dlnpf", epochs: 2 });
  /** A clock that goes on by a second with each look. */
  const ticking = (): (() => number) => {
    let now = 0;
    return () => (now += 1000);
  };
  /** Steps and checkpoints of a training that is stopped behind its `after`-th run of steps. */
  async function stopAfter(after: number, resume?: Checkpoint) {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const controller = new AbortController();
    const asked: Checkpoint[] = [];
    const stopped: Checkpoint[] = [];
    const context = { engine, clock: ticking(), signal: controller.signal };
    for await (const event of train(plan, data, startOf(plan), context, resume)) {
      if (event.kind === "stopped") stopped.push(event.checkpoint);
      if (event.kind !== "steps") continue;
      asked.push(await event.checkpoint());
      if (asked.length === after) controller.abort();
    }
    return { asked, stopped };
  }

  it("every checkpoint ends as if it had never been one", async () => {
    const whole = await trainAll(plan, data, { clock: ticking() });
    const { asked } = await stopAfter(Number.POSITIVE_INFINITY);
    expect(asked.map(({ epoch, part }) => [epoch, part?.steps])).toEqual([
      ...[1, 3, 5, 6].map((steps) => [0, steps]),
      ...[1, 3, 5, 6].map((steps) => [1, steps]),
    ]);
    expect(asked.map(({ part }) => part?.milliseconds)).toEqual([1000, 2000, 3000, 4000, 1000, 2000, 3000, 4000]);
    for (const resume of asked) {
      expect(await trainAll(plan, data, { resume, clock: ticking() })).toEqual(whole.slice(resume.epoch));
    }
  });

  it("the signal gives the checkpoint of all that was done, behind the last step too", async () => {
    for (const after of [1, 2, 4, 6]) {
      const { asked, stopped } = await stopAfter(after);
      expect(stopped).toEqual(asked.slice(-1));
    }
  });

  it("the signal gives nothing where nothing was done since the checkpoint", async () => {
    const { asked } = await stopAfter(3);
    const resume = asked.at(-1);
    const signal = AbortSignal.abort();
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    for await (const event of train(plan, data, startOf(plan), { engine, clock: () => 0, signal }, resume)) {
      expect.fail(`${event.kind} behind the signal`);
    }
  });

  it("a checkpoint in the midst of a run, of other lengths, goes on too", async () => {
    const { asked } = await stopAfter(2);
    const longer = tinyPlan({ ...plan, optimizer: { ...config, rho: 0.9 } });
    const [epoch] = await trainAll(longer, data, asked[1] === undefined ? {} : { resume: asked[1] });
    expect(epoch?.metrics.epoch).toBe(1);
    expect(epoch?.metrics.trainLoss).toBeGreaterThan(0);
  });
});

it("flipped gates: none under fixed features, some where features train", async () => {
  for (const regime of REGIME_NAMES) {
    const epochs = await trainAll(tinyPlan({ regime, epochs: 8 }), data);
    const flipped = epochs.at(-1)?.metrics.gates.reduce((sum, layer) => sum + layer.flipped, 0) ?? Number.NaN;
    expect(flipped > 0, regime).toBe(regime === "relu" || trainsFeatures(regime));
  }
});

it("the best epoch is the first of the greatest test accuracy", async () => {
  const epochs = await trainAll(tinyPlan({ epochs: 6 }), data);
  const accuracies = epochs.map(({ metrics }) => metrics.testAccuracy);
  epochs.forEach(({ checkpoint, improved }, i) => {
    const best = Math.max(...accuracies.slice(0, i + 1));
    expect(checkpoint.bestTestAccuracy).toBe(best);
    expect(checkpoint.bestEpoch).toBe(accuracies.indexOf(best) + 1);
    expect(improved).toBe(accuracies.indexOf(best) === i);
  });
});

it("every epoch takes all examples, in an order of its own that the seed decides", async () => {
  /** The examples in the order in which the engine was told to take them. */
  async function taken(seed: number): Promise<readonly (readonly number[])[]> {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const seen: number[] = [];
    const watching: Engine = {
      device: engine.device,
      capabilities: engine.capabilities,
      load: (model) => engine.load(model),
      upload: (array) => engine.upload(array),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
      async compile(graph) {
        const program = await engine.compile(graph);
        return {
          model: program.model,
          [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
          run(feeds, keep) {
            const { indices } = feeds;
            if (indices !== undefined && "data" in indices) seen.push(...Array.from(indices.data, Number));
            return program.run(feeds, keep);
          },
        };
      },
    };
    await trainAll(tinyPlan({ seed }), data, { engine: watching });
    return [0, 1, 2].map((epoch) => seen.slice(45 * epoch, 45 * (epoch + 1)));
  }
  const orders = [...(await taken(0)), ...(await taken(1))];
  const all = Array.from({ length: 45 }, (_, i) => i);
  for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(all);
  expect(new Set(orders.map((order) => order.join())).size).toBe(6);
});

it("the optimizer counts its steps over the epochs", async () => {
  // steps of the whole data set: epochs differ in the order of a sum only
  const plan = tinyPlan({ batch: 45, epochs: 4 });
  const [, , , last] = await trainAll(plan, data);
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  await using runner = await ChunkRunner.open(engine, plan, data.train, startState(plan, startOf(plan)));
  const order = Int32Array.from({ length: 4 * 45 }, (_, i) => i % 45);
  await runner.run({ start: 0, batch: 45, count: 4 }, order, 1);
  const { 1: wanted } = (await runner.read()).parameters.value;
  const { 1: got } = last?.checkpoint.parameters.value ?? expect.fail("no epoch");
  expectClose(got?.weight ?? [], wanted?.weight ?? [], { relative: 1e-4, absolute: 1e-5 });
});

it("a batch larger than the data set is one step of all of it", async () => {
  expectClose(
    (await trainAll(tinyPlan({ batch: 1000 }), data)).map(({ metrics }) => metrics.testLoss),
    (await trainAll(tinyPlan({ batch: 45 }), data)).map(({ metrics }) => metrics.testLoss),
    { relative: 1e-6 },
  );
});

it("sizes that are no multiples of the batch of an evaluation", async () => {
  const plan = tinyPlan();
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  await using program = await engine.compile(evaluationGraph(plan));
  const { test } = tinyData(1, 2300);
  const parameters = startOf(plan);
  let [loss, correct] = [0, 0];
  for (let i = 0; i < 2300; i += 100) {
    const part = {
      inputs: denseArray("uint8", [100, 3, 4], test.inputs.data.subarray(12 * i, 12 * (i + 100))),
      labels: denseArray("uint8", [100], test.labels.data.subarray(i, i + 100)),
    };
    const one = await evaluate(program, part, parameters, { batch: 1000 });
    loss += one.loss * 100;
    correct += one.accuracy;
  }
  const whole = await evaluate(program, test, parameters, { batch: 1000 });
  expect(whole.examples).toBe(2300);
  expectClose([whole.loss, whole.accuracy], [loss / 2300, correct / 23], { relative: 1e-6 });
});

it("steps tell the loss and the accuracy of their epoch so far, the last of them those of the epoch", async () => {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const plan = tinyPlan({ epochs: 2 });
  let told: { readonly loss: number; readonly accuracy: number } | undefined;
  for await (const event of train(plan, data, startOf(plan), { engine, clock: () => 0 })) {
    if (event.kind === "steps") told = event;
    if (event.kind !== "epoch") continue;
    const { trainLoss, trainAccuracy } = event.metrics;
    expect(told).toMatchObject({ loss: trainLoss, accuracy: trainAccuracy });
  }
});

describe("sets of examples", () => {
  /** The bytes as a network sees them. */
  const floats = ({ inputs, labels }: Examples): LabeledExamples => ({
    inputs: float32(
      inputs.shape,
      Array.from(inputs.data, (byte) => byte * Math.fround(1 / 255)),
    ),
    labels,
  });
  /** A set that is not in memory, and how often what was read of it. */
  function elsewhere(examples: LabeledExamples): { readonly set: ExampleSet; readonly read: number[] } {
    const { inputs: _, ...set } = exampleSet(examples);
    const read: number[] = [];
    return {
      read,
      set: {
        ...set,
        readBatch(positions) {
          read.push(positions.length);
          return set.readBatch(positions);
        },
      },
    };
  }
  const losses = (epochs: Awaited<ReturnType<typeof trainAll>>) =>
    epochs.flatMap(({ metrics }) => [metrics.trainLoss, metrics.testLoss]);

  it.each(["relu", "frnpf-ii", "dlnpf"] as const)("floats train as bytes do, %s", async (regime) => {
    const plan = tinyPlan({ regime, epochs: 2 });
    const got = await trainAll(plan, { train: floats(data.train), test: floats(data.test) });
    expectClose(losses(got), losses(await trainAll(plan, data)), { relative: 1e-6 });
  });

  it.each(["relu", "frnpf-ii"] as const)("what is read by batches trains as what is in memory, %s", async (regime) => {
    const plan = tinyPlan({ regime, epochs: 2 });
    const { set, read } = elsewhere(floats(data.train));
    const got = await trainAll(plan, { train: set, test: elsewhere(floats(data.test)).set });
    // the runs of each epoch: five steps of 8, and one of what is left
    expect(read).toEqual([40, 5, 40, 5]);
    expectClose(losses(got), losses(await trainAll(plan, data)), { relative: 1e-5 });
  });

  it("are taken in their own order where the plan says so", async () => {
    const plan = tinyPlan({ batch: 45, order: "given", epochs: 1 });
    const { set } = elsewhere(data.train);
    const orders: number[][] = [];
    const watched: ExampleSet = {
      ...set,
      readBatch(positions) {
        orders.push([...positions]);
        return set.readBatch(positions);
      },
    };
    await trainAll(plan, { train: watched, test: data.test });
    expect(orders).toEqual([Array.from({ length: 45 }, (_, i) => i)]);
  });

  it("the signal ends the gates of a whole training set", async () => {
    const stop = new AbortController();
    const { set } = elsewhere(data.train);
    let blocks = 0;
    const slow: ExampleSet = {
      ...set,
      readBlock(start, count) {
        blocks += 1;
        stop.abort();
        return set.readBlock(start, count);
      },
    };
    const plan = tinyPlan({ regime: "frnpf-ii" });
    // two runs of the engine would make the gates
    const large = { ...slow, size: 1200, labels: denseArray("uint8", [1200], new Uint8Array(1200)) };
    expect(await trainAll(plan, { train: large, test: data.test }, { signal: stop.signal })).toEqual([]);
    expect(blocks).toBe(1);
  });
});

it("WebAssembly trains like the CPU", async () => {
  await using engine = await openWasmEngine({ threads: 1 });
  for (const regime of ["relu", "frnpf-ii", "dlnpf"] as const) {
    const plan = tinyPlan({ regime, epochs: 2 });
    const [wasm, cpu] = [await trainAll(plan, data, { engine }), await trainAll(plan, data)];
    const losses = (epochs: typeof cpu) => epochs.flatMap(({ metrics }) => [metrics.trainLoss, metrics.testLoss]);
    // other kernels round differently, and 12 steps carry it on
    expectClose(losses(wasm), losses(cpu), { relative: 1e-4 });
    expect(wasm.map(({ metrics }) => metrics.testAccuracy)).toEqual(cpu.map(({ metrics }) => metrics.testAccuracy));
  }
});

it("stops at the signal, between two runs of steps", async () => {
  const controller = new AbortController();
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const plan = tinyPlan();
  const kinds: string[] = [];
  const context = { engine, clock: () => 0, signal: controller.signal };
  for await (const event of train(plan, data, startOf(plan), context)) {
    kinds.push(event.kind);
    if (event.kind === "epoch") controller.abort();
  }
  // all of the first epoch is in its checkpoint
  expect(kinds).toEqual(["steps", "steps", "epoch"]);
  expect(await trainAll(plan, data, { signal: controller.signal })).toEqual([]);
});

it("gives back all that lives in the engine, also when it is left early or fails", async () => {
  for (const kind of ["to the end", "left", "failed"] as const) {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    let programs = 0;
    let arrays = 0;
    const counted: Engine = {
      device: engine.device,
      capabilities: engine.capabilities,
      load: (model) => engine.load(model),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
      async upload(array) {
        const inner = await engine.upload(array);
        return counting(inner);
      },
      async compile(graph) {
        const inner = await engine.compile(graph);
        programs += 1;
        return {
          model: inner.model,
          async run(feeds, keep) {
            const { fetched, kept } = await inner.run(feeds, keep);
            for (const array of Object.values(kept)) counting(array);
            return { fetched, kept };
          },
          async [Symbol.asyncDispose]() {
            programs -= 1;
            await inner[Symbol.asyncDispose]();
          },
        };
      },
    };
    /** The same array, which counts its release. */
    function counting<A extends AsyncDisposable>(array: A): A {
      arrays += 1;
      const release = array[Symbol.asyncDispose].bind(array);
      array[Symbol.asyncDispose] = async () => {
        arrays -= 1;
        await release();
      };
      return array;
    }
    const plan = tinyPlan({ epochs: 2, optimizer: optimizer("sgd", kind === "failed" ? 1e30 : 1e-2) });
    let steps = 0;
    try {
      for await (const _ of train(plan, data, startOf(plan), { engine: counted, clock: () => 0 })) {
        steps += 1;
        expect(programs).toBeGreaterThan(0);
        expect(arrays).toBeGreaterThan(0);
        if (kind === "left") break;
      }
    } catch (thrown) {
      expect(kind, String(thrown)).toBe("failed");
    }
    expect({ kind, programs, arrays, some: steps > 0 || kind === "failed" }).toEqual({
      kind,
      programs: 0,
      arrays: 0,
      some: true,
    });
  }
});

describe("errors", () => {
  const sgd = (learningRate: number) => tinyPlan({ optimizer: optimizer("sgd", learningRate), epochs: 1 });
  const labels = (...values: readonly number[]) => denseArray("uint8", [values.length], Uint8Array.from(values));
  const { train: examples, test } = tinyData(3, 3);

  it("a broken loss, in a step and after the last one", async () => {
    const hint = "lower the learning rate (it is 1e+30); the epochs before are kept";
    const { message, ...rest } = await rejectionOf(trainAll(sgd(1e30), data));
    expect(rest).toEqual({ hint });
    expect(message).toMatch(/^a loss of (NaN|Infinity|-Infinity) in epoch 1, step 2: expected a finite loss$/);
    const late = await rejectionOf(trainAll({ ...sgd(1e30), batch: 45 }, data));
    expect(late.hint).toBe(hint);
    expect(late.message).toMatch(
      /^a loss of (NaN|Infinity|-Infinity) on the test examples after epoch 1: expected a finite loss$/,
    );
  });

  it.each([
    {
      title: "inputs of another shape",
      plan: tinyPlan(),
      given: tinyData(3, 3, [4, 3]),
      message: "training inputs of shape [4, 3]: expected [3, 4], as the architecture has it",
      hint: "choose another data set, or change the architecture's inputShape",
    },
    {
      title: "bytes to train on and floats to test on",
      plan: tinyPlan(),
      given: { train: examples, test: { ...test, inputs: float32([3, 3, 4], new Float32Array(36)) } },
      message:
        "training inputs of uint8 and test inputs of float32: expected both of one dtype: bytes are scaled by 1/255, floats are taken as they are",
      hint: "convert one of them",
    },
    {
      title: "a label that has no output",
      plan: tinyPlan(),
      given: { train: examples, test: { ...test, labels: labels(0, 2, 3) } },
      message: "label 3 of test example 2: expected 0 to 2, for 3 outputs",
      hint: "give the last layer an output for each class",
    },
    {
      title: "fewer labels than inputs",
      plan: tinyPlan(),
      given: { train: { ...examples, labels: labels(0, 1) }, test },
      message: "3 training inputs and 2 labels: expected as many labels as inputs, at least one",
      hint: "take inputs and labels from the same data set",
    },
    {
      title: "cross-entropy of one output",
      plan: tinyPlan({ architecture: fullyConnected({ inputShape: [3, 4], depth: 2, width: 2, outputs: 1 }) }),
      given: data,
      message: "softmax-cross-entropy of one output: expected at least two outputs, or mean-squared-error",
      hint: "give the last layer an output for each class, or change the loss",
    },
  ] satisfies { title: string; plan: TrainingPlan; given: TrainingData; message: string; hint: string }[])(
    "$title",
    async ({ plan, given, message, hint }) => {
      expect(await rejectionOf(trainAll(plan, given))).toEqual({ message, hint });
    },
  );
});
