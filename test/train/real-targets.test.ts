/** Real-valued targets and normalized inputs: what training measures is what the trained network gives for raw numbers. */
import { expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float32, openOnnx } from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import { fullyConnected, initialParameters, networkFromOnnx } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import {
  optimizer,
  type TrainingPlan,
  targetScale,
  train,
  trainedModel,
  trainedNetwork,
} from "../../src/train/index.ts";
import { valueErrors } from "../../src/train/value-errors.ts";
import { expectClose } from "../support/expect-close.ts";

const FEATURES = 4;

/** `y = (50 + 20 x₁ − 10 x₂ x₃, −3 x₄)` of inputs around 100. */
function values(name: string, examples: number) {
  const x = randomStream(0, name).uniform(examples * FEATURES, 95, 105);
  const y = Array.from({ length: examples }, (_, i) => {
    const [a = 0, b = 0, c = 0, d = 0] = Array.from(x.subarray(4 * i, 4 * i + 4), (one) => one - 100);
    return [50 + 20 * a - 10 * b * c, -3 * d];
  });
  return { inputs: float32([examples, FEATURES], x), labels: float32([examples, 2], y.flat()) };
}

const data = { train: values("train", 600), test: values("test", 100) };
const plan = (regime: TrainingPlan["regime"]): TrainingPlan => ({
  architecture: fullyConnected({ inputShape: [FEATURES], depth: 3, width: 24, outputs: 2 }),
  regime,
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 3e-3),
  loss: "mean-squared-error",
  batch: 16,
  epochs: 12,
  seed: 0,
  normalization: { factor: [0.3, 0.4, 0.3, 0.3], shift: [-30, -40, -30, -30] },
  targets: targetScale(data.train.labels),
});

async function trained(regime: TrainingPlan["regime"]) {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const own = plan(regime);
  let last:
    | { rmse: number; r2: number; parameters: ReturnType<typeof initialParameters>; trainAccuracy: number }
    | undefined;
  for await (const event of train(own, data, initialParameters(own), { engine, clock: () => 0 })) {
    if (event.kind !== "epoch") continue;
    const { testRmse = 0, testR2 = 0, trainAccuracy, testAccuracy } = event.metrics;
    expect(testAccuracy).toBeCloseTo(100 * testR2, 9);
    last = { rmse: testRmse, r2: testR2, trainAccuracy, parameters: event.checkpoint.parameters };
  }
  return { own, ...(last ?? expect.fail("no epoch")) };
}

it.each(["relu", "dlnpf"] as const)(
  "%s learns values, and its network and ONNX file give them from raw inputs",
  async (regime) => {
    const { own, rmse, r2, parameters, trainAccuracy } = await trained(regime);
    expect(r2).toBeGreaterThan(0.9);
    expect(trainAccuracy).toBeGreaterThan(90);
    const network = trainedNetwork(own, parameters);
    await using model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
    const { data: got } = await model.predict(data.test.inputs);
    const { data: wanted } = data.test.labels;
    // the definitions read aloud, in float64
    const scores = [0, 1].map((output) => {
      const rows = Array.from(
        { length: 100 },
        (_, i) => [wanted[2 * i + output] ?? 0, got[2 * i + output] ?? 0] as const,
      );
      const mean = rows.reduce((sum, [y]) => sum + y, 0) / 100;
      const residual = rows.reduce((sum, [y, f]) => sum + (y - f) ** 2, 0);
      return { residual, r2: 1 - residual / rows.reduce((sum, [y]) => sum + (y - mean) ** 2, 0) };
    });
    expect(rmse).toBeCloseTo(Math.sqrt(scores.reduce((sum, one) => sum + one.residual, 0) / 200), 3);
    expect(r2).toBeCloseTo(scores.reduce((sum, one) => sum + one.r2, 0) / 2, 5);
    // paths of a raw input sum up to what is predicted
    const { logit } = model.paths(
      model.inputShape.length === 1 ? float32([1, FEATURES], data.test.inputs.data.subarray(0, 4)) : data.test.inputs,
      { output: 1 },
    );
    expect(logit).toBeCloseTo(got[1] ?? 0, 3);
    if (regime !== "relu") return;
    const read = networkFromOnnx(openOnnx(trainedModel(own, parameters).bytes), {});
    await using again = new Model(read, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
    expectClose((await again.predict(data.test.inputs)).data, got, { relative: 1e-4, absolute: 1e-3 });
  },
);

it("R² of values that do not vary is 1 where they are met, else 0", () => {
  expect(valueErrors(float32([2, 1], [3, 3]), Float64Array.of(0))).toEqual({ rmse: 0, r2: 1, meanSquares: [0] });
  expect(valueErrors(float32([2, 1], [3, 3]), Float64Array.of(2)).r2).toBe(0);
});
