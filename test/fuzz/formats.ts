/** What is fuzzed: seeds that are whole, how they are changed, and what must come of the changed ones. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readIdx, readNpy, readSafetensors, writeNpy, writeSafetensors } from "../../src/data/index.ts";
import { readTar } from "../../src/data/node/read-tar.ts";
import { bytesOf, float32, float64, int64, sizeOf } from "../../src/graph/index.ts";
import {
  fullyConnected,
  gconv,
  inputShapeOf,
  isLayered,
  networkFromOnnx,
  networkParameters,
  outputCount,
  parameterSpecs,
  placeLayers,
  readArchitecture,
} from "../../src/network/index.ts";
import { countPaths, pathNorm } from "../../src/paths/index.ts";
import { readEpochMetrics, readRunRecord } from "../../src/runs/run-record.ts";
import { bytesOfModel, drawn, modelProto, movedOut, onnxModel } from "../graph/onnx/model.ts";
import { ints } from "../network/onnx/cases/case.ts";
import { CONV_POOL_MODEL } from "../network/onnx/conv-pool-model.ts";
import { completedTrial, plausibleMetrics } from "../report/fixture.ts";
import { idxFile } from "../support/idx-file.ts";
import { tinyArchive } from "../support/tiny-cifar.ts";
import { damaged } from "./bytes.ts";
import { changedText } from "./json.ts";
import { compareLogits } from "./logits.ts";
import { changedModel } from "./protobuf.ts";
import type { Random } from "./random.ts";

export interface Format {
  readonly seeds: readonly Uint8Array[];
  readonly change: (bytes: Uint8Array, random: Random) => Uint8Array;
  /** Reads the bytes and does with them what is done before anything runs; throws a plain error where that is wrong. */
  readonly read: (bytes: Uint8Array) => void | Promise<void>;
}

const textBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`wrong: ${what}`);
}

const convolutional = modelProto(CONV_POOL_MODEL);
/** Ops of every reader, constants that are computed, a residual sum, a concatenation. */
const residual = onnxModel({
  input: [1, 2, 4, 4],
  nodes: [
    { op: "ConstantOfShape", inputs: ["four"], outputs: ["zeros"] },
    { op: "Add", inputs: ["zeros", "ones"], outputs: ["scale"] },
    { op: "Concat", inputs: ["scale", "scale"], outputs: ["both"], attributes: { axis: 0 } },
    { op: "Slice", inputs: ["both", "first", "second"], outputs: ["cut"] },
    { op: "Expand", inputs: ["cut", "two"], outputs: ["wide"] },
    { op: "Mul", inputs: ["x", "half"], outputs: ["m"] },
    { op: "Conv", inputs: ["m", "k"], outputs: ["q"], attributes: { pads: [1, 1, 1, 1], group: 2 } },
    { op: "LeakyRelu", inputs: ["q"], outputs: ["l"], attributes: { alpha: { float: 0.1 } } },
    { op: "Sum", inputs: ["l", "m", "l"], outputs: ["s"] },
    { op: "Concat", inputs: ["s", "m"], outputs: ["j"], attributes: { axis: 1 } },
    { op: "Split", inputs: ["j"], outputs: ["a", "z"], attributes: { axis: 1, num_outputs: 2 } },
    {
      op: "AveragePool",
      inputs: ["a"],
      outputs: ["p"],
      attributes: { kernel_shape: [2, 2], ceil_mode: 1, pads: [1, 1, 0, 0] },
    },
    { op: "PRelu", inputs: ["p", "slopes"], outputs: ["r"] },
    { op: "Gather", inputs: ["r", "picks"], outputs: ["o"], attributes: { axis: 2 } },
    { op: "ReduceMean", inputs: ["o", "axes"], outputs: ["u"], attributes: { keepdims: 0 } },
    { op: "MatMul", inputs: ["u", "g"], outputs: ["y"] },
    { op: "Add", inputs: ["y", "wide"], outputs: ["e"] },
    { op: "Softmax", inputs: ["e"] },
  ],
  constants: {
    four: ints(4),
    ones: float32([4], [1, 2, 3, 4]),
    first: ints(0),
    second: ints(1),
    two: ints(1, 2),
    half: float32([], [0.5]),
    k: drawn("k", 2, 1, 3, 3),
    slopes: float32([2, 1, 1], [0.1, 0.2]),
    picks: ints(0, 1, 1),
    axes: ints(2, 3),
    g: drawn("g", 2, 2),
  },
});
const dense = onnxModel({
  nodes: [
    { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["q"], attributes: { transB: 1, alpha: { float: 0.5 } } },
    { op: "Relu", inputs: ["q"], outputs: ["r"] },
    { op: "MatMul", inputs: ["r", "v"] },
  ],
  constants: { w: drawn("w", 3, 4), b: drawn("b", 3), v: drawn("v", 3, 2) },
});
const moved = modelProto({
  nodes: [
    { op: "Gemm", inputs: ["x", "w"], outputs: ["q"] },
    { op: "Relu", inputs: ["q"] },
  ],
  constants: { w: drawn("w", 4, 3) },
});
const externalData = new Map([["weights", movedOut(moved, "weights")]]);

function readOnnx(bytes: Uint8Array): void {
  const before = bytes.slice(0, 4096);
  const network = networkFromOnnx(bytes, { externalData });
  expectThat(
    bytes.subarray(0, 4096).every((byte, i) => byte === before[i]),
    "the bytes were changed",
  );
  const outputs = outputCount(network);
  expectThat(outputs >= 1 && sizeOf(inputShapeOf(network)) >= 1, "no inputs or outputs");
  for (const node of network.nodes) {
    expectThat(
      node.shape.every((size) => Number.isSafeInteger(size) && size >= 1),
      `a node of shape ${node.shape}`,
    );
  }
  expectThat(countPaths(network, 0) >= 0n, "a number of paths");
  networkParameters(network);
  pathNorm(network, 1);
}

const record = completedTrial("dlnpf", 1, plausibleMetrics("dlnpf", 1, 3)).run;
const folder = mkdtempSync(join(tmpdir(), "gatewise-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export const FORMATS = {
  onnx: {
    seeds: [bytesOfModel(convolutional), residual, dense, bytesOfModel(moved)],
    change: (bytes, random) => (random.chance(0.8) ? changedModel(bytes, random) : undefined) ?? damaged(bytes, random),
    read: readOnnx,
  },
  logits: {
    seeds: [bytesOfModel(convolutional), residual, dense, bytesOfModel(moved)],
    change: (bytes, random) => changedModel(bytes, random) ?? bytes,
    read: (bytes) => compareLogits(bytes, externalData, networkFromOnnx(bytes, { externalData })),
  },
  npy: {
    seeds: [
      writeNpy(float32([2, 3], [1, 2, 3, 4, 5, 6])),
      writeNpy(float64([4], [1, 2, 3, 4])),
      writeNpy(int64([], [7])),
      fortran(writeNpy(float32([2, 3], [1, 2, 3, 4, 5, 6]))),
    ],
    change: (bytes, random) => (random.chance(0.5) ? changedDigits(bytes, random) : damaged(bytes, random)),
    read(bytes) {
      const array = readNpy(bytes, "x.npy");
      expectThat(array.data.length === sizeOf(array.shape), "as many elements as the shape has");
      const again = readNpy(writeNpy(array), "again.npy");
      expectThat(Buffer.compare(bytesOf(again), bytesOf(array)) === 0, "other bytes when written and read again");
    },
  },
  idx: {
    seeds: [idxFile([2, 3, 4], new Uint8Array(24)), idxFile([5], [0, 1, 2, 3, 4]), idxFile([2, 2], [1, 2, 3, 4])],
    change: damaged,
    read(bytes) {
      const array = readIdx(bytes, "x-idx");
      expectThat(array.data.length === sizeOf(array.shape), "as many elements as the shape has");
    },
  },
  safetensors: {
    seeds: [
      writeSafetensors({ "1.weight": float32([2, 3], [1, 2, 3, 4, 5, 6]), step: int64([], [3]) }, { gatewise: "{}" }),
      writeSafetensors({ a: float64([2], [1, 2]), b: float64([0], []) }, {}),
    ],
    change: changedSafetensors,
    read(bytes) {
      const { tensors, metadata } = readSafetensors(bytes, "x.safetensors");
      if (Object.hasOwn(tensors, "__metadata__")) return;
      const again = readSafetensors(writeSafetensors(tensors, metadata), "again.safetensors");
      expectThat(Object.keys(again.tensors).length === Object.keys(tensors).length, "other tensors when read again");
    },
  },
  architecture: {
    seeds: [
      textBytes(fullyConnected({ inputShape: [1, 4, 4], depth: 3, width: 5, outputs: 2 })),
      textBytes({ ...gconv({ inputShape: [1, 4, 4], width: 2, outputs: 2 }), inputShape: [1, 4, 4] }),
      textBytes({
        layers: [
          { kind: "convolution", channels: 2, gated: false },
          { kind: "residual", body: [{ kind: "convolution", channels: 2 }, { kind: "gate" }], shortcut: [] },
          { kind: "max-pool", size: 2 },
          { kind: "flatten" },
          { kind: "dense", units: 2, gated: false },
        ],
      }),
    ],
    change: changedText,
    read(bytes) {
      const architecture = readArchitecture(text(bytes), "net.json", [1, 4, 4]);
      expectThat(
        isLayered(architecture) && placeLayers(architecture).length === architecture.layers.length,
        "a place for each layer",
      );
      expectThat(parameterSpecs(architecture).length > 0, "parameters");
    },
  },
  run: {
    seeds: [textBytes(record), textBytes({ ...record, status: "running", result: null, finishedAt: null })],
    change: changedText,
    read: (bytes) => void readRunRecord(text(bytes), "run.json"),
  },
  metrics: {
    seeds: [
      new TextEncoder().encode(
        plausibleMetrics("relu", 0, 3)
          .map((line) => JSON.stringify(line))
          .join("\n"),
      ),
    ],
    change(bytes, random) {
      const lines = text(bytes).split("\n");
      const at = random.below(lines.length);
      const line = changedText(new TextEncoder().encode(lines[at]), random);
      return new TextEncoder().encode(lines.with(at, text(line)).join("\n"));
    },
    read(bytes) {
      for (const line of text(bytes).split("\n")) readEpochMetrics(line, "metrics.jsonl");
    },
  },
  tar: {
    seeds: [tinyArchive("cifar10"), gzipSync(tinyArchive("cifar100"))],
    change: damagedBlocks,
    async read(bytes) {
      const path = join(folder, "archive.tar.gz");
      writeFileSync(path, bytes);
      await readTar(path, (_, size) => {
        let left = size;
        return {
          take: (piece) => {
            left -= piece.length;
          },
          end: () => expectThat(left === 0, "an entry of another length"),
        };
      });
    },
  },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

/** Columns first, which the header says and nothing else. */
function fortran(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.from(Buffer.from(bytes).toString("latin1").replace("False", "True "), "latin1"));
}

/** Another number, or another word, in a header of text. */
function changedDigits(bytes: Uint8Array, random: Random): Uint8Array {
  const header = Buffer.from(bytes).toString("latin1");
  const word = random.pick([
    "-1",
    "0",
    "1",
    "99999999",
    "4294967296",
    "999999999999999",
    "1, 2",
    "2,",
    "",
    "'",
    "True",
    "<f8",
    "|O",
    "{",
  ]);
  const found = [...header.matchAll(/\d+|'[a-z_<|0-9]*'|True|False|[(){},:]/g)].slice(0, 40);
  const target = found.length === 0 ? undefined : random.pick(found);
  if (target === undefined) return damaged(bytes, random);
  const changed = header.slice(0, target.index) + word + header.slice(target.index + target[0].length);
  const isAsLong = random.chance(0.7);
  const fitted =
    isAsLong && word.length > target[0].length
      ? changed.replace(" ".repeat(word.length - target[0].length), "")
      : changed;
  return Uint8Array.from(Buffer.from(fitted, "latin1"));
}

/** The header as JSON, its length as it should be; or any bytes. */
function changedSafetensors(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < 8 || random.chance(0.3)) return damaged(bytes, random);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) return damaged(bytes, random);
  const header = changedText(bytes.slice(8, 8 + length), random);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(header.length), true);
  return Uint8Array.from([...head, ...header, ...bytes.subarray(8 + length)]);
}

/** Changes in the heads of entries, which lie 512 bytes apart, checksums mended half the time. */
function damagedBlocks(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < 1024 || bytes[0] === 0x1f || random.chance(0.3)) return damaged(bytes, random);
  const copy = Uint8Array.from(bytes);
  const block = 512 * random.below(Math.floor(bytes.length / 512));
  const field = random.pick([0, 100, 124, 136, 148, 156, 157, 257, 345]);
  copy[block + field + random.below(12)] = random.pick([0, 0x20, 0x30, 0x37, 0x39, 0x80, 0xff, random.below(256)]);
  if (random.chance(0.5)) {
    copy.fill(0x20, block + 148, block + 156);
    const sum = copy.subarray(block, block + 512).reduce((total, byte) => total + byte, 0);
    copy.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), block + 148);
  }
  return copy;
}
