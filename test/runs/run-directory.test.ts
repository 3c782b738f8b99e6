import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../src/data/index.ts";
import { float32, float64 } from "../../src/graph/index.ts";
import { fullyConnected } from "../../src/network/index.ts";
import { folderStore } from "../../src/runs/node/folder-store.ts";
import { findRun, readBest, readMetrics, readRun } from "../../src/runs/node/run-directory.ts";
import { appendMetrics, keepMetrics, readCheckpoint, writeCheckpoint, writeRecord } from "../../src/runs/run-files.ts";
import type { RunRecord } from "../../src/runs/run-record.ts";
import { type Checkpoint, type EpochMetrics, optimizer, stateByName } from "../../src/train/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { inputShape, layers } = fullyConnected({ inputShape: [28, 28], depth: 3, width: 8, outputs: 10 });
const RECORD: RunRecord = {
  format: 1,
  gatewise: "0.1.0",
  status: "completed",
  plan: {
    architecture: { inputShape: [...inputShape], layers: [...layers] },
    regime: "flnpf",
    initializer: { kind: "bernoulli", sigma: 0.1 },
    optimizer: optimizer("rmsprop", 1e-3),
    loss: "softmax-cross-entropy",
    batch: 32,
    epochs: 4,
    seed: 7,
  },
  data: { name: "digits", source: "embedded", trainExamples: 320, testExamples: 100, limit: 320, testLimit: null },
  learntFrom: "relu",
  device: "cpu",
  threads: 1,
  machine: { platform: "linux x64", processor: "any", cores: 2, memoryGiB: 4, node: "20.19.0", onnxruntime: "1.30.0" },
  command: "gatewise train --out 'a b'",
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:01:00.000Z",
  result: { bestTestAccuracy: 91.25, bestEpoch: 3, lastTestAccuracy: 90, secondsPerEpoch: 0.5 },
  error: null,
};

const metricsOf = (epoch: number): EpochMetrics => ({
  epoch,
  trainLoss: 1 / epoch,
  trainAccuracy: 50,
  testLoss: 0.1 + 0.2,
  testAccuracy: 100 / 3,
  seconds: 0.01,
  gates: [{ layer: 1, units: 8, on: 0.5, dead: 0, alwaysOn: 1, flipped: 0.25 }],
});

describe("run.json", () => {
  it("comes back as it was written, also into a folder that was not there", async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, "a", "b");
    await writeRecord(folderStore(directory), RECORD);
    expect(await findRun(directory)).toEqual(RECORD);
    expect(await readRun(directory)).toEqual(RECORD);
    expect(await readdir(directory)).toEqual(["run.json"]);
  });

  it("that is not there is no run", async () => {
    await using folder = await temporaryFolder();
    expect(await findRun(folder.path)).toBeUndefined();
    expect(await rejectionOf(readRun(folder.path))).toEqual({
      message: `${folder.path} without a run.json: expected a run directory, as train and reproduce write it`,
      hint: "check the path; reproduce puts each run into a folder of its own",
    });
  });

  it("that is not there, in a folder around runs, names one of them", async () => {
    await using folder = await temporaryFolder();
    await writeRecord(folderStore(join(folder.path, "gates-seed0")), RECORD);
    expect((await rejectionOf(readRun(folder.path))).hint).toBe(
      `it holds runs: name one or several of them, such as ${join(folder.path, "gates-seed0")}; a command that was interrupted can go on where it stopped`,
    );
  });

  const structure = {
    expected: "a file as this version of gatewise writes it",
    next: "use the version that wrote it, or start a new run",
  };
  it.each([
    {
      title: "that is cut short",
      text: '{"format":',
      received: ": Unexpected end of JSON input",
      expected: "JSON",
      next: "restore the file, or start a new run",
    },
    {
      title: "that is empty",
      text: "",
      received: ": Unexpected end of JSON input",
      expected: "JSON",
      next: "restore the file, or start a new run",
    },
    {
      title: "with a field that nobody knows",
      text: JSON.stringify({ ...RECORD, color: "red" }),
      received: ': Unrecognized key: "color"',
      ...structure,
    },
    {
      title: "with such a field deep inside",
      text: JSON.stringify({ ...RECORD, plan: { ...RECORD.plan, optimizer: { ...RECORD.plan.optimizer, beta1: 1 } } }),
      received: ', plan.optimizer: Unrecognized key: "beta1"',
      ...structure,
    },
    {
      title: "with a number of the wrong kind",
      text: JSON.stringify({ ...RECORD, plan: { ...RECORD.plan, epochs: 1.5 } }),
      received: ", plan.epochs: Invalid input: expected int, received number",
      ...structure,
    },
    {
      title: "of a later format",
      text: JSON.stringify({ ...RECORD, format: 2 }),
      received: ", format: Invalid input: expected 1",
      ...structure,
    },
    {
      title: "that is a list",
      text: "[]",
      received: ": Invalid input: expected object, received array",
      ...structure,
    },
  ])("$title is refused by name", async ({ text, received, expected, next }) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "run.json");
    await writeFile(file, text);
    expect(await rejectionOf(findRun(folder.path))).toEqual({
      message: `${file}${received}: expected ${expected}`,
      hint: next,
    });
  });
});

describe("metrics.jsonl", () => {
  it.each([
    { title: "too long", left: `{${" ".repeat(2 ** 20)}`, characters: 2 ** 20 + 1 },
    { title: "no JSON", left: "epoch 2", characters: 7 },
  ])("refuses what is behind its last whole line where it is $title", async ({ left, characters }) => {
    await using folder = await temporaryFolder();
    await appendMetrics(folderStore(folder.path), [metricsOf(1)]);
    await writeFile(join(folder.path, "metrics.jsonl"), left, { flag: "a" });
    expect(await rejectionOf(readMetrics(folder.path))).toEqual({
      message: `${join(folder.path, "metrics.jsonl")}, line 2: ${characters} characters without an end: expected a line of JSON, or the beginning of one`,
      hint: "restore the file, or start a new run",
    });
  });

  it("is refused unread where it is longer than a text can be", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "metrics.jsonl");
    await appendMetrics(folderStore(folder.path), [metricsOf(1)]);
    await truncate(file, 2 ** 29);
    expect(await rejectionOf(readMetrics(folder.path))).toEqual({
      message: `${file}: 536870912 bytes: expected at most 268435456`,
      hint: "it is damaged or another file than it was taken for: restore it, or give another",
    });
  });

  it("comes back line by line, without a last line that a kill cut short", async () => {
    await using folder = await temporaryFolder();
    expect(await readMetrics(folder.path)).toEqual([]);
    await appendMetrics(folderStore(folder.path), [metricsOf(1)]);
    await appendMetrics(folderStore(folder.path), [metricsOf(2)]);
    await writeFile(join(folder.path, "metrics.jsonl"), '{"epoch":3,"trainLo', { flag: "a" });
    expect(await readMetrics(folder.path)).toEqual([metricsOf(1), metricsOf(2)]);
  });

  it("keeps the epochs that a checkpoint holds, and goes on behind a torn line", async () => {
    await using folder = await temporaryFolder();
    for (const epoch of [1, 2, 3]) await appendMetrics(folderStore(folder.path), [metricsOf(epoch)]);
    await writeFile(join(folder.path, "metrics.jsonl"), '{"epoch":4', { flag: "a" });
    await keepMetrics(folderStore(folder.path), 2);
    await appendMetrics(folderStore(folder.path), [metricsOf(3)]);
    expect(await readMetrics(folder.path)).toEqual([1, 2, 3].map(metricsOf));
    await keepMetrics(folderStore(folder.path), 0);
    expect(await readFile(join(folder.path, "metrics.jsonl"), "utf8")).toBe("");
  });

  it("that lacks epochs of the checkpoint is refused", async () => {
    await using folder = await temporaryFolder();
    await appendMetrics(folderStore(folder.path), [metricsOf(1)]);
    expect(await rejectionOf(keepMetrics(folderStore(folder.path), 3))).toEqual({
      message: `${join(folder.path, "metrics.jsonl")} with 1 epochs: expected the 3 epochs of last.safetensors beside it`,
      hint: "restore the file, or start a new run",
    });
    expect(await readMetrics(folder.path)).toEqual([metricsOf(1)]);
  });

  it.each([
    { title: "out of order", epochs: [1, 3, 2], line: 2, found: 3, wanted: 2 },
    { title: "twice", epochs: [1, 2, 2, 3], line: 3, found: 2, wanted: 3 },
    { title: "with a gap", epochs: [1, 2, 4], line: 3, found: 4, wanted: 3 },
    { title: "from the middle on", epochs: [2, 3], line: 1, found: 2, wanted: 1 },
  ])("with epochs $title is refused by its line", async ({ epochs, line, found, wanted }) => {
    await using folder = await temporaryFolder();
    for (const epoch of epochs) await appendMetrics(folderStore(folder.path), [metricsOf(epoch)]);
    const error = {
      message: `${join(folder.path, "metrics.jsonl")}, line ${line}: epoch ${found}: expected epoch ${wanted}: a line an epoch, in order`,
      hint: "restore the file, or start a new run: perhaps two processes have written it",
    };
    expect(await rejectionOf(readMetrics(folder.path))).toEqual(error);
    expect(await rejectionOf(keepMetrics(folderStore(folder.path), 1))).toEqual(error);
  });

  it("with a line torn in the middle names it", async () => {
    await using folder = await temporaryFolder();
    await appendMetrics(folderStore(folder.path), [metricsOf(1)]);
    await writeFile(join(folder.path, "metrics.jsonl"), '{"epoch":2,"trai', { flag: "a" });
    await appendMetrics(folderStore(folder.path), [metricsOf(2)]);
    const { message, hint } = await rejectionOf(readMetrics(folder.path));
    expect(message.startsWith(`${join(folder.path, "metrics.jsonl")}, line 2: `)).toBe(true);
    expect(message.endsWith(": expected JSON")).toBe(true);
    expect(hint).toBe("restore the file, or start a new run");
  });

  it("with a damaged line names it", async () => {
    await using folder = await temporaryFolder();
    await appendMetrics(folderStore(folder.path), [metricsOf(1)]);
    await writeFile(join(folder.path, "metrics.jsonl"), '{"epoch":0}\n', { flag: "a" });
    expect(await rejectionOf(readMetrics(folder.path))).toEqual({
      message: `${join(folder.path, "metrics.jsonl")}, line 2, epoch: Too small: expected number to be >=1: expected a file as this version of gatewise writes it`,
      hint: "use the version that wrote it, or start a new run",
    });
  });
});

const CHECKPOINT: Checkpoint = {
  epoch: 5,
  bestEpoch: 3,
  bestTestAccuracy: 100 / 3,
  parameters: { value: { 1: { weight: float32([2, 2], [1, -0, Number.MIN_VALUE, 1e30]) } } },
  averages: { "first-moment": { value: { 1: { weight: float32([2, 2], [1, 2, 3, 4]) } } } },
};

describe("a checkpoint", () => {
  it("to resume from comes back whole", async () => {
    await using folder = await temporaryFolder();
    expect(await readCheckpoint(folderStore(folder.path), "last")).toBeUndefined();
    await writeCheckpoint(folderStore(folder.path), "last", CHECKPOINT);
    expect(await readCheckpoint(folderStore(folder.path), "last")).toEqual(CHECKPOINT);
    expect(await readdir(folder.path)).toEqual(["last.safetensors"]);
  });

  it("to predict with comes back without averages", async () => {
    await using folder = await temporaryFolder();
    await writeCheckpoint(folderStore(folder.path), "best", CHECKPOINT);
    expect(await readBest(folder.path)).toEqual({ ...CHECKPOINT, averages: {} });
  });

  it.each([
    {
      title: "of another network",
      parameters: { value: { 1: { weight: float32([2, 2], [1, 2, 3, 4]) } } },
      received: "FILE with value.1.weight of shape [2, 2]: expected value.1.weight of shape [784, 8]",
    },
    {
      title: "without a layer",
      parameters: { value: { 2: { weight: float32([784, 8], new Float32Array(784 * 8)) } } },
      received: "FILE without value.1.weight: expected value.1.weight of shape [784, 8]",
    },
  ])("$title is not taken for this run's", async ({ parameters, received }) => {
    await using folder = await temporaryFolder();
    await writeRecord(folderStore(folder.path), RECORD);
    await writeCheckpoint(folderStore(folder.path), "best", { ...CHECKPOINT, parameters });
    const { message, hint } = await rejectionOf(readBest(folder.path));
    expect({ message: message.replace(join(folder.path, "best.safetensors"), "FILE"), hint }).toEqual({
      message: `${received}, as the run.json beside it has the network`,
      hint: "bring back the two that belong together, or train the run again",
    });
  });

  it("that is not there: no epoch has ended", async () => {
    await using folder = await temporaryFolder();
    expect(await rejectionOf(readBest(folder.path))).toEqual({
      message: `${folder.path} without best.safetensors: expected a run with at least one finished epoch`,
      hint: "resume the run (`resume`), or choose another",
    });
  });

  it.each([
    {
      title: "without our metadata",
      bytes: writeSafetensors(stateByName(CHECKPOINT), {}),
      error: {
        message: "FILE, metadata: Unexpected end of JSON input: expected JSON",
        hint: "restore the file, or start a new run",
      },
    },
    {
      title: "of other names",
      bytes: writeSafetensors(
        { "value.1.weight:momentum": float32([1], [1]) },
        { gatewise: '{"epoch":1,"bestEpoch":1,"bestTestAccuracy":1}' },
      ),
      error: {
        message:
          'FILE with "value.1.weight:momentum": expected parameters and their averages alone, such as value.1.weight and value.1.weight:first-moment',
        hint: "use a checkpoint that gatewise wrote",
      },
    },
    {
      title: "of another dtype",
      bytes: writeSafetensors(
        { "value.1.weight": float64([1], [1]) },
        { gatewise: '{"epoch":1,"bestEpoch":1,"bestTestAccuracy":1}' },
      ),
      error: {
        message: "FILE: value.1.weight of float64: expected float32 parameters",
        hint: "use a checkpoint that gatewise wrote",
      },
    },
  ])("$title is refused", async ({ bytes, error }) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "best.safetensors");
    await writeFile(file, bytes);
    const { message, hint } = await rejectionOf(readBest(folder.path));
    expect({ message: message.replace(file, "FILE"), hint }).toEqual(error);
  });
});
