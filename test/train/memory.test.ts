import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { firstExamples } from "../../src/data/index.ts";
import { loadDataset } from "../../src/data/node/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { fullyConnected } from "../../src/network/index.ts";
import { train } from "../../src/train/index.ts";
import { startOf, tinyPlan } from "../support/tiny-training.ts";

const MIB = 2 ** 20;
const EPOCHS = 300;
/** The heap of V8 takes its last step after about 100 epochs, whatever they hold. */
const WARM_UP = 150;
/** MiB; one kept checkpoint an epoch (26,378 parameters and their two averages) would be 45. */
const MARGIN = 20;

it(`${EPOCHS} epochs do not grow the process`, async () => {
  const digits = await loadDataset("digits", { environment: {}, cacheDir: "/nonexistent" });
  const data = { train: firstExamples(digits.train, 640), test: firstExamples(digits.test, 200) };
  const architecture = fullyConnected({ inputShape: [28, 28], depth: 4, width: 16, outputs: 10 });
  const plan = tinyPlan({ architecture, regime: "dlnpf", batch: 32, epochs: EPOCHS });
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const measured = async (): Promise<{ rss: number; heap: number }> => {
    // buffers of the engine go a turn after the objects that held them
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectGarbage();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    return { rss, heap: heapUsed + arrayBuffers };
  };
  let before = await measured();
  for await (const event of train(plan, data, startOf(plan), { engine, clock: () => 0 })) {
    if (event.kind === "epoch" && event.metrics.epoch === WARM_UP) before = await measured();
  }
  const after = await measured();
  expect((after.rss - before.rss) / MIB).toBeLessThan(MARGIN);
  expect((after.heap - before.heap) / MIB).toBeLessThan(MARGIN / 2);
});
