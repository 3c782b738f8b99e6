/** A long training for `memory.test.ts`: prints what is held after each ten epochs. */
import { firstExamples } from "../../src/data/index.ts";
import { loadDataset } from "../../src/data/node/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { fullyConnected } from "../../src/network/index.ts";
import { train } from "../../src/train/index.ts";
import { printHeld } from "../support/memory-growth.ts";
import { startOf, tinyPlan } from "../support/tiny-training.ts";

const [PORTIONS, EPOCHS] = [12, 10];
const digits = await loadDataset("digits", { environment: {}, cacheDir: "/nonexistent" });
const data = { train: firstExamples(digits.train, 640), test: firstExamples(digits.test, 200) };
const architecture = fullyConnected({ inputShape: [28, 28], depth: 4, width: 16, outputs: 10 });
const plan = tinyPlan({ architecture, regime: "dlnpf", batch: 32, epochs: PORTIONS * EPOCHS });
await using engine = await openNodeEngine("cpu", { threads: 1 });
const events = train(plan, data, startOf(plan), { engine, clock: () => 0 });
await printHeld(PORTIONS, async () => {
  for (let epochs = 0; epochs < EPOCHS; ) {
    const { value, done } = await events.next();
    if (done) return;
    if (value.kind === "epoch") epochs++;
  }
});
