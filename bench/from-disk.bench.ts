/**
 * What a training step costs when its examples come from a disk: examples in a `.npy` file read by blocks beside the same in
 * memory, in turns of an epoch: `npx tsx bench/from-disk.bench.ts [--rows 200000] [--regime relu] [--runs 3]`. Processor time,
 * the median; the file lies in the cache of the system. Both give the same loss, bit by bit.
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inputSet } from "../src/data/example-set.ts";
import { npyHeader } from "../src/data/index.ts";
import { fileInputs } from "../src/data/node/own/file-inputs.ts";
import { arrayInFile } from "../src/data/node/own/npy-array.ts";
import { inputElements } from "../src/data/own/npy-elements.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { denseArray, float32 } from "../src/graph/index.ts";
import { fullyConnected, initialParameters } from "../src/network/index.ts";
import { parseChoice } from "../src/parse-value.ts";
import { randomStream } from "../src/random.ts";
import { optimizer, startState, Trainer, type TrainingPlan } from "../src/train/index.ts";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "200000" },
    regime: { type: "string", default: "relu" },
    optimizer: { type: "string", default: "adam" },
    runs: { type: "string", default: "3" },
  },
});
const [rows, runs] = [Number(options.rows), Number(options.runs)];
const FEATURES = 100;
const plan: TrainingPlan = {
  architecture: fullyConnected({ inputShape: [FEATURES], depth: 6, width: 128, outputs: 10 }),
  regime: parseChoice("regime", options.regime, ["relu", "dlnpf"]),
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer(parseChoice("optimizer", options.optimizer, ["sgd", "adam"]), 1e-4),
  loss: "softmax-cross-entropy",
  batch: 32,
  epochs: 1,
  seed: 0,
  order: "shuffled-in-blocks",
};

const folder = await mkdtemp(join(tmpdir(), "gatewise-bench-"));
try {
  const path = join(folder, "x.npy");
  await writeRows(path);
  const labels = denseArray("uint8", [rows], Uint8Array.from(randomStream(0, "labels").uniform(rows, 0, 10)));
  const array = await arrayInFile(path);
  if (array.blocks === undefined) throw new Error("unreachable: no blocks");
  const disk = { ...fileInputs({ ...array, blocks: array.blocks }, undefined), labels };
  const numbers = inputElements(array.type, await array.elements());
  const memory = { ...inputSet(float32([rows, FEATURES], numbers)), labels };
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const start = startState(plan, initialParameters(plan));
  const times = { memory: [] as number[], disk: [] as number[] };
  await using inMemory = await Trainer.open(engine, plan, memory, start);
  await using onDisk = await Trainer.open(engine, plan, disk, start);
  const losses = new Map<string, number>();
  const turn = async (name: "memory" | "disk", trainer: Trainer, run: number): Promise<void> => {
    const before = process.cpuUsage();
    let done = 0;
    for await (const part of trainer.epoch(run + 1)) {
      done = part.steps;
      losses.set(name, part.loss);
    }
    const { user, system } = process.cpuUsage(before);
    times[name].push((user + system) / 1000 / done);
  };
  for (let run = 0; run <= runs; run++) {
    await turn("memory", inMemory, run);
    await turn("disk", onDisk, run);
    if (losses.get("memory") !== losses.get("disk")) throw new Error("two losses of one training");
  }
  const median = (values: readonly number[]): number => [...values.slice(1)].sort((a, b) => a - b)[runs >> 1] ?? 0;
  const [fast, slow] = [median(times.memory), median(times.disk)];
  console.log(`${rows} rows of ${FEATURES} float32, ${plan.regime}, ${options.optimizer}, batch 32, one thread`);
  console.log(
    `in memory ${fast.toFixed(4)} ms a step, from the file ${slow.toFixed(4)} ms, ratio ${(slow / fast).toFixed(3)}`,
  );
} finally {
  await rm(folder, { recursive: true });
}

async function writeRows(path: string): Promise<void> {
  await using file = await open(path, "w");
  await file.write(npyHeader("float32", [rows, FEATURES]));
  const each = 10_000;
  for (let start = 0; start < rows; start += each) {
    const values = Float32Array.from(
      randomStream(0, "rows", start).uniform(Math.min(each, rows - start) * FEATURES, -1, 1),
    );
    await file.write(new Uint8Array(values.buffer));
  }
}
