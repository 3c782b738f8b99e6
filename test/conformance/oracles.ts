import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { gateOutputs } from "../../src/gates/index.ts";
import type { DenseArray } from "../../src/graph/index.ts";
import { constant, gradients, graph, input, reduceMean, scan, unroll, zeros } from "../../src/graph/index.ts";
import { featureNetworks, gateOf, mapParameters, parameterName, predict, REGIMES } from "../../src/network/index.ts";
import { optimizer, type TrainingPlan } from "../../src/train/index.ts";
import { exampleLosses, targetsOf } from "../../src/train/losses.ts";
import { gradientScale, STEP_SCALARS, slotNames, stepScalars } from "../../src/train/optimizers.ts";
import { chunkGraph } from "../../src/train/training-graph.ts";
import { stateName } from "../../src/train/training-state.ts";
import { expectClose, type Numbers } from "../support/expect-close.ts";
import { array, type Oracle, shapeOf } from "../support/oracle.ts";

/** float32 against float64; absolutely within what the engine's logistic function is off by. */
const TOLERANCES = { fc: { relative: 1e-5, absolute: 2e-7 }, conv: { relative: 1e-4, absolute: 2e-7 } };
/**
 * Three steps of a convolutional net: rates of 0.01 over averages of squares turn the rounding of a gradient that is
 * nearly 0 into 1e-4 of a small weight. Float32 PyTorch is off by 1.2e-4 of an element of `conv-flatten-dgn-soft`; 1e-5 is
 * below 1e-4 of the largest weight of each array.
 */
const TRAINED = { fc: TOLERANCES.fc, conv: { relative: 1e-4, absolute: 1e-5 } };
const toleranceOf = ({ name }: Oracle) => (name.startsWith("fc") ? TOLERANCES.fc : TOLERANCES.conv);

const labelsOf = ({ labels }: Oracle): DenseArray<"uint8"> => ({
  dtype: "uint8",
  shape: [labels.length],
  data: Uint8Array.from(labels),
});

async function forward(engine: Engine, oracle: Oracle) {
  const { architecture, parameters, regime, x, trained } = oracle;
  const tensors = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [name, input(name, "float32", shape)]),
  );
  const records = mapParameters(oracle.records, ({ shape }, place) => {
    const name = parameterName(place);
    return tensors[name] ?? input(name, "float32", shape);
  });
  const { logits, gatePreActivations } = predict(architecture, REGIMES[regime], records, constant(array(x)));
  const losses = exampleLosses(
    "softmax-cross-entropy",
    logits,
    targetsOf(constant(labelsOf(oracle)), shapeOf(oracle.logits)[1] ?? 0),
  );
  const loss = reduceMean(losses);
  const wrt = trained.map((name) => tensors[name] ?? expect.fail(name));
  const gating = featureNetworks(REGIMES[regime])[0]?.gating ?? { kind: "hard" as const };
  const slopes = gradients(loss, wrt).map((slope, i) => [`gradient.${i}`, slope] as const);
  const gates = gatePreActivations.map((q, i) => [`gate.${i}`, gateOf(gating, q).gate] as const);
  const outputs = { logits, loss, ...Object.fromEntries([...slopes, ...gates]), ...gateOutputs(gatePreActivations) };
  const program = await engine.compile(graph(outputs)); // the engine disposes of it
  const used = program.model.inputs.map(({ name }) => [name, parameters[name] ?? expect.fail(name)] as const);
  return (await program.run(Object.fromEntries(used))).fetched;
}

/** Three full-batch steps in one chunk. */
async function optimize(engine: Engine, oracle: Oracle, kind: keyof Oracle["optimisers"]) {
  const { architecture, parameters, regime, x } = oracle;
  const { lr, steps } = oracle.optimisers[kind];
  const plan: TrainingPlan = {
    architecture,
    regime,
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizer(kind, lr),
    loss: "softmax-cross-entropy",
    batch: oracle.labels.length,
    epochs: 1,
    seed: 0,
  };
  const outputs = shapeOf(oracle.logits)[1] ?? 0;
  const targets = Array.from({ length: steps }, () =>
    oracle.labels.map((label) => Array.from({ length: outputs }, (_, i) => (i === label ? 1 : 0))),
  );
  const chunk = chunkGraph(
    plan,
    {
      indices: input("indices", "int32", [steps, plan.batch]),
      targets: constant(array(targets)),
      rate: input("rate", "float32", [steps]),
      scale: input("scale", "float32", [steps]),
      epsilon: input("epsilon", "float32", [steps]),
      keep: input("keep", "float32", [steps]),
    },
    () => ({ x: constant(array(x)) }),
    engine.capabilities.scan ? scan : unroll,
  );
  const scalars = Array.from({ length: steps }, (_, i) => stepScalars(plan.optimizer, i + 1, i + 1));
  const averages = oracle.trained.flatMap((name) =>
    slotNames(plan.optimizer).map(
      (slot) => [stateName(name, slot), zeros("float32", parameters[name]?.shape ?? [])] as const,
    ),
  );
  const feeds: Readonly<Record<string, DenseArray>> = {
    ...parameters,
    ...Object.fromEntries(averages),
    ...Object.fromEntries(STEP_SCALARS.map((name) => [name, array(scalars.map((step) => step[name]))])),
    indices: zeros("int32", [steps, plan.batch]),
    unscale: array(1 / gradientScale(plan.optimizer, steps)),
  };
  const program = await engine.compile(chunk); // the engine disposes of it
  const used = program.model.inputs.map(({ name }) => [name, feeds[name] ?? expect.fail(name)] as const);
  return (await program.run(Object.fromEntries(used))).fetched;
}

/**
 * Every value of every golden case, on one engine: the loop of the steps is a scan, or unrolled where it has none. Programs
 * live until the engine is closed: WebGPU compiles a shader anew where no living program holds it, most of the time here.
 */
export function oracleConformance(name: string, open: () => Promise<Engine>, cases: readonly Oracle[]): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describe.each(cases.map((oracle) => ({ name: oracle.name, oracle })))(`${name}: oracle $name`, ({ oracle }) => {
    let got: Awaited<ReturnType<typeof forward>>;
    beforeAll(async () => {
      got = await forward(engine, oracle);
    });

    it("logits, loss and gates", () => {
      expectClose(got.logits ?? [], oracle.logits, toleranceOf(oracle));
      expectClose(got.loss ?? [], [oracle.loss].flat()[0] ?? 0, toleranceOf(oracle));
      oracle.gates.forEach((gate, i) => void expectClose(got[`gate.${i}`] ?? [], gate, toleranceOf(oracle)));
    });

    it("gates as bits agree with the signs of the gates", () => {
      const threshold = oracle.regime === "dlnpf" ? 0.55 : 0.5; // 1.1 · sigmoid(0)
      const bits = (numbers: Numbers): Numbers =>
        Array.isArray(numbers) ? numbers.map(bits) : Number(Number(numbers) > threshold);
      oracle.gates.forEach((gate, i) => void expectClose(got[`gates.${i}`] ?? [], bits(gate), { relative: 0 }));
    });

    it("gradients of the loss", () => {
      oracle.gradients.forEach(
        (gradient, i) => void expectClose(got[`gradient.${i}`] ?? [], gradient, toleranceOf(oracle)),
      );
    });

    // those that the golden values have; all others: test/train/torch-trajectories.test.ts
    it.each(["sgd", "adam", "rmsprop"] as const)("three steps of %s", async (kind) => {
      const moved = await optimize(engine, oracle, kind);
      expectClose(moved.losses ?? [], oracle.optimisers[kind].losses, toleranceOf(oracle));
      oracle.trained.forEach(
        (name, i) =>
          void expectClose(
            moved[`next:${name}`] ?? [],
            oracle.optimisers[kind].params[i] ?? [],
            oracle.name.startsWith("fc") ? TRAINED.fc : TRAINED.conv,
          ),
      );
    });
  });
}
