/** Trains soft gates and values apart (DLNPF) on the embedded digits, and tells what the gates did. */
import { fullyConnected, initialParameters } from "gatewise/network";
import { loadDataset, openNodeEngine } from "gatewise/node";
import { optimizer, type TrainingPlan, train } from "gatewise/train";

const digits = await loadDataset("digits", { environment: process.env, cacheDir: "" });
const plan: TrainingPlan = {
  architecture: fullyConnected({ inputShape: digits.inputShape, depth: 4, width: 64, outputs: digits.classes }),
  regime: "dlnpf",
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-3),
  loss: "softmax-cross-entropy",
  batch: 32,
  epochs: 2,
  seed: 0,
};

await using engine = await openNodeEngine("cpu", { threads: 1 });
for await (const event of train(plan, digits, initialParameters(plan), { engine, clock: () => performance.now() })) {
  if (event.kind !== "epoch") continue;
  const { epoch, testAccuracy, gates } = event.metrics;
  const flipped = gates.map((layer) => `${(100 * layer.flipped).toFixed(0)} %`).join(", ");
  console.log(`epoch ${epoch}: ${testAccuracy.toFixed(1)} % correct, gates flipped by layer: ${flipped}`);
}
