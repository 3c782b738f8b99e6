import { expect, it } from "vitest";
import { openWorkerEngine } from "../../src/engine/node/index.ts";
import { denseArray, float32 } from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import { fullyConnected, gatedNetwork, initialParameters, REGIMES } from "../../src/network/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";

it("accuracy and loss of labeled bytes are those of the logits, by the formulas", async () => {
  const architecture = fullyConnected({ inputShape: [2, 3], depth: 3, width: 5, outputs: 4 });
  const plan = { architecture, regime: "relu", initializer: { kind: "he-uniform" }, seed: 0 } as const;
  const network = gatedNetwork(architecture, REGIMES.relu, initialParameters(plan));
  const bytes = Uint8Array.from({ length: 20 * 6 }, (_, i) => (i * 89) % 256);
  const labels = Uint8Array.from({ length: 20 }, (_, i) => (i * 7) % 4);
  await using model = new Model(network, { openEngine: () => openWorkerEngine("cpu", { threads: 1 }) });
  const { examples, accuracy, loss } = await model.evaluate({
    inputs: denseArray("uint8", [20, 2, 3], bytes),
    labels: denseArray("uint8", [20], labels),
  });
  const { data } = await model.predict(
    float32(
      [20, 2, 3],
      Array.from(bytes, (byte) => byte / 255),
    ),
  );
  let [sum, correct] = [0, 0];
  labels.forEach((label, i) => {
    const logits = [...data.subarray(4 * i, 4 * i + 4)];
    sum += Math.log(logits.reduce((total, one) => total + Math.exp(one), 0)) - (logits[label] ?? Number.NaN);
    if (logits.every((one, k) => k === label || one < (logits[label] ?? Number.NaN))) correct += 1;
  });
  expect({ examples, accuracy }).toEqual({ examples: 20, accuracy: 5 * correct });
  expectClose([loss], [sum / 20], { relative: 1e-5 }); // sums of float32
  const none = {
    inputs: denseArray("uint8", [0, 2, 3], new Uint8Array(0)),
    labels: denseArray("uint8", [0], new Uint8Array(0)),
  };
  expect(await rejectionOf(model.evaluate(none))).toEqual({
    message: "no examples to evaluate on: expected at least one, with its label",
    hint: "give examples",
  });
});
