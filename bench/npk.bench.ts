/**
 * Seconds of the neural path kernel of MNIST images behind six gate layers of 128 against NumPy's float32 products of
 * 0/1 gates on as many threads, in turns: `npx tsx bench/npk.bench.ts --python PATH --data-dir DIR`. Also told: how near
 * the overlaps come to the popcounts that WebAssembly reaches in a tight loop, the growth with the number of images, the size of
 * packed gates, and what the engine's products of the same gates take, in float32 and in 8 bits.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { firstExamples, readNpy, writeNpy } from "../src/data/index.ts";
import { loadDataset } from "../src/data/node/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { gateGraph, gateRows, type PackedGates, packGates, sliceGates } from "../src/gates/index.ts";
import {
  constant,
  type DenseArray,
  float32,
  graph,
  input,
  matMul,
  multiply,
  reduceSum,
  relu,
  type Tensor,
} from "../src/graph/index.ts";
import { type GatedInputs, packedKernel } from "../src/kernels/index.ts";
import { openTilePool } from "../src/kernels/node/index.ts";
import { openOverlapKernel } from "../src/kernels/packed/overlap-kernel.ts";
import { randomStream } from "../src/random.ts";
import { matMulIntegerTime } from "./matmul-integer.ts";
import { popcountLimit } from "./popcount-limit.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    "data-dir": { type: "string", default: process.env.GATEWISE_DATA ?? "../shared/data" },
    images: { type: "string", default: "10000" },
    threads: { type: "string", default: "1,2" },
    runs: { type: "string", default: "5" },
    // where others use the machine; it tells nothing of two threads
    "processor-time": { type: "boolean", default: false },
  },
});
const images = Number(options.images);
const runs = Number(options.runs);
const WIDTH = 128;
const LAYERS = 6;
const WORDS = (LAYERS * WIDTH) / 64;
const SIZE = 784;

/** Pre-activations of a random ReLU network without biases. */
function preActivations(): readonly Tensor<"float32">[] {
  let z = input("x", "float32", ["batch", SIZE]);
  let size = SIZE;
  return Array.from({ length: LAYERS }, (_, layer) => {
    const draws = randomStream(0, "bench", layer).normal(size * WIDTH);
    const weight = float32(
      [size, WIDTH],
      draws.map((draw) => draw * Math.sqrt(2 / size)),
    );
    const q = matMul(z, constant(weight));
    z = relu(q);
    size = WIDTH;
    return q;
  });
}

class NumPy {
  private readonly process: ChildProcess;
  private readonly lines: Interface;
  private readonly ended: Promise<never>;

  constructor(folder: string, threads: number) {
    const args = ["bench/peers/npk_numpy.py", "--folder", folder, "--threads", String(threads)];
    this.process = spawn(options.python, args, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.process.stdout === null) throw new Error("no output of the peer");
    this.lines = createInterface(this.process.stdout);
    this.ended = once(this.process, "exit").then(() => {
      throw new Error(`the NumPy peer ended: does "${options.python}" have numpy (--python PATH)?`);
    });
    this.ended.catch(() => {});
  }

  /** Seconds of one kernel. */
  async ask(command: "run" | "save", count: number): Promise<number> {
    const answer = once(this.lines, "line");
    this.process.stdin?.write(`${command} ${count}\n`);
    const [line] = await Promise.race([answer, this.ended]);
    const { seconds, processor } = JSON.parse(String(line));
    return Number(options["processor-time"] ? processor : seconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.process, "exit");
    this.process.stdin?.end("quit\n");
    await exit;
  }
}

/** The first examples of all. */
const first = ({ inputs, gates }: GatedInputs, count: number): GatedInputs => ({
  inputs: float32([count, SIZE], inputs.data.subarray(0, count * SIZE)),
  gates: {
    examples: count,
    layers: gates.layers.map((layer) => ({ ...layer, words: layer.words.subarray(0, count * layer.wordsPerExample) })),
  },
});

function clock(): number {
  if (!options["processor-time"]) return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

// float32 as the peer's, and like it written over by every run: new memory of this size takes the system a quarter of a
// second; shared, so that worker threads write it themselves
const memory = new Float32Array(new SharedArrayBuffer(images ** 2 * 4));

async function ours(
  rows: GatedInputs,
  threads: number,
): Promise<{ readonly seconds: number; readonly kernel: DenseArray<"float32"> }> {
  await using engine = await openNodeEngine("cpu", { threads });
  const before = clock();
  const biases = Array.from({ length: LAYERS + 1 }, () => false);
  const into = memory.subarray(0, rows.gates.examples ** 2);
  const pool = threads === 1 ? {} : { open: openTilePool(threads) };
  const kernel = await packedKernel({ rows, biases }, engine, { into, ...pool });
  return { seconds: clock() - before, kernel };
}

/** Milliseconds for the gate products of a tile of 1,024 by the engine, from 0/1 floats to their product over layers. */
async function engineTile(gates: PackedGates): Promise<number> {
  const count = Math.min(1024, gates.examples);
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const overlaps = gates.layers.map((_, layer) => {
    const g = input(`g${layer}`, "float32", [count, WIDTH]);
    return matMul(g, g, { transposeB: true });
  });
  const lambda = overlaps.reduce((product, next) => multiply(product, next));
  await using program = await engine.compile(graph({ sum: reduceSum(lambda) }));
  const feeds = Object.fromEntries(
    gates.layers.map((layer, index) => [`g${index}`, float32([count, WIDTH], unpacked(layer.words, count))]),
  );
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const before = performance.now();
    await program.run(feeds);
    times.push(performance.now() - before);
  }
  return median(times);
}

const unpacked = (words: Uint32Array, count: number): Uint8Array =>
  Uint8Array.from({ length: count * WIDTH }, (_, i) => (words[i >> 5]! >>> (i & 31)) & 1);

/** Milliseconds for the same from packed gates: no inputs, so that only the overlaps are timed. */
async function packedTile(gates: PackedGates): Promise<readonly number[]> {
  const overlaps = await openOverlapKernel();
  const count = Math.min(1024, gates.examples);
  const rows = sliceGates(gateRows(gates), 0, count);
  const layers = gates.layers.map(() => ({ words: WIDTH / 64, bias: 0, scale: 1 }));
  const products = new Float64Array(count * count).fill(1);
  const tile = { data: new Float32Array(count * count), start: 0, stride: count };
  const times: number[] = [];
  for (let i = 0; i < 25; i++) {
    const before = performance.now();
    overlaps.multiply({ rows, columns: rows, layers, lastBias: 0, upper: false }, products, { tile });
    times.push(performance.now() - before);
  }
  return times;
}

/** What decides how fast 8-bit products are: VNNI and AMX have instructions for them. */
async function integerFlags(): Promise<string> {
  const cpu = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const found = ["avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8"].filter((flag) => cpu.includes(` ${flag} `));
  return found.length === 0 ? "unknown" : found.join(", ");
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Largest relative difference between our kernel and NumPy's: ours is rounded once, theirs in every product. */
function difference(kernel: DenseArray<"float32">, theirs: DenseArray): number {
  if (theirs.dtype !== "float32") throw new Error(`a kernel of ${theirs.dtype}`);
  let largest = 0;
  for (let i = 0; i < kernel.data.length; i += 997) {
    const wanted = theirs.data[i]!;
    largest = Math.max(largest, Math.abs(kernel.data[i]! - wanted) / Math.max(Math.abs(wanted), 1));
  }
  return largest;
}

const folder = await mkdtemp(join(tmpdir(), "gatewise-npk-"));
try {
  const data = await loadDataset("mnist", { dataDir: options["data-dir"], environment: process.env, cacheDir: "" });
  const pixels = firstExamples(data.train, images).inputs;
  const inputs = float32(
    [images, SIZE],
    Float32Array.from(pixels.data, (byte) => byte / 255),
  );
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  await using program = await engine.compile(gateGraph(preActivations()));
  const { fetched } = await program.run({ x: inputs });
  const gates = packGates(fetched, [1, 2, 3, 4, 5, 6]);
  const rows: GatedInputs = { inputs, gates };
  await writeFile(join(folder, "inputs.npy"), writeNpy(inputs));
  for (const [index, { words }] of gates.layers.entries()) {
    const bits: DenseArray<"uint8"> = { dtype: "uint8", shape: [images, WIDTH], data: unpacked(words, images) };
    await writeFile(join(folder, `gates.${index}.npy`), writeNpy(bits));
  }

  const table = new Table({
    head: ["images", "threads", "gatewise s", "numpy s", "ratio"],
    style: { head: [], border: [] },
  });
  for (const threads of options.threads.split(",").map(Number)) {
    await using numpy = new NumPy(folder, threads);
    for (const count of [images / 2, images]) {
      const times = { gatewise: [] as number[], numpy: [] as number[] };
      const part = first(rows, count);
      await numpy.ask("run", count);
      await ours(part, threads);
      for (let i = 0; i < runs; i++) {
        times.numpy.push(await numpy.ask("run", count));
        times.gatewise.push((await ours(part, threads)).seconds);
      }
      const ratio = median(times.numpy.map((one, i) => one / (times.gatewise[i] ?? Number.NaN)));
      table.push([count, threads, median(times.gatewise).toFixed(3), median(times.numpy).toFixed(3), ratio.toFixed(2)]);
    }
    if (threads === 1) {
      await numpy.ask("save", images / 2);
      const { kernel } = await ours(first(rows, images / 2), 1);
      const apart = difference(kernel, readNpy(await readFile(join(folder, "kernel.npy"))));
      process.stdout.write(`largest relative difference to NumPy's float32: ${apart.toExponential(1)}\n`);
    }
  }

  const [packedTimes, multiplied, limit] = [await packedTile(gates), await engineTile(gates), await popcountLimit()];
  const counted = median(packedTimes);
  const tile = Math.min(1024, images);
  const rate = (tile ** 2 * WORDS) / counted / 1e6;
  const [layer] = gates.layers;
  const integers = layer === undefined ? Number.NaN : await matMulIntegerTime(unpacked(layer.words, tile), tile, WIDTH);
  const oneLayer = Math.min(...packedTimes) / LAYERS;
  const packed = gates.layers.reduce((sum, { words }) => sum + words.byteLength, 0);
  const floats = images * WIDTH * LAYERS * 4;
  process.stdout.write(
    [
      `${options["processor-time"] ? "processor" : "wall"} time, medians of ${runs} runs in turns; six layers of ${WIDTH}`,
      table.toString(),
      `gates: ${(packed / 2 ** 20).toFixed(1)} MiB packed, ${(floats / 2 ** 20).toFixed(1)} MiB as float32, 1/${(floats / packed).toFixed(0)}`,
      `overlaps of a tile of ${tile}: ${counted.toFixed(1)} ms from packed gates (${rate.toFixed(2)} G words/s, ${((100 * rate) / limit).toFixed(0)} % of a tight popcount loop's ${limit.toFixed(2)}), ${multiplied.toFixed(1)} ms by the engine's float32 products`,
      `one layer of it, least times: ${oneLayer.toFixed(2)} ms from packed gates, ${integers.toFixed(2)} ms by MatMulInteger, ratio ${(integers / oneLayer).toFixed(1)} (processor: ${await integerFlags()})`,
      "",
    ].join("\n"),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
