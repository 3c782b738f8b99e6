/**
 * The exact path kernel of CIFAR-10 images behind four 3×3 convolutions and a global average pool against the same
 * recursion vectorised in PyTorch float32, both on one thread:
 * `npx tsx bench/gap-kernel.bench.ts --python PATH --cifar data_batch_1.bin`. The peer needs `pip install torch numpy`.
 *
 * The peer gets the gates that we read, and computes only as many pairs as asked for (`--peer-pairs`, 0 for all): its
 * time a pair does not depend on the pair. What both give is compared. Processor time counts where a machine is shared.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeNpy } from "../src/data/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { type DenseArray, float32, float64 } from "../src/graph/index.ts";
import { pairKernel } from "../src/kernels/pair/pair-kernel.ts";
import { unpackPositions } from "../src/kernels/pair/position-bits.ts";
import { type ExampleReading, readPathExamples } from "../src/kernels/pair/readings.ts";
import { gatedNetwork, gatePositions, gconv, initialParameters, REGIMES } from "../src/network/index.ts";

const GCONV = gconv({ inputShape: [3, 32, 32], width: 64, outputs: 10 });

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    cifar: { type: "string" },
    images: { type: "string", default: "100" },
    "peer-pairs": { type: "string", default: "48" },
    batch: { type: "string", default: "1" },
  },
});
if (options.cifar === undefined) throw new Error("--cifar: a batch file of the binary version of CIFAR-10");
const images = Number(options.images);
const PIXELS = 3 * 32 * 32;

const bytes = readFileSync(options.cifar);
const inputs = float64(
  [images, 3, 32, 32],
  Float64Array.from({ length: images * PIXELS }, (_, i) => {
    const image = Math.floor(i / PIXELS);
    return (bytes[image * (PIXELS + 1) + 1 + (i % PIXELS)] ?? 0) / 255;
  }),
);
const network = gatedNetwork(
  GCONV,
  REGIMES.relu,
  initialParameters({ architecture: GCONV, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 }),
);

await using engine = await openNodeEngine("cpu", { threads: 1 });
const started = performance.now();
const readings = await readPathExamples(network, engine, inputs);
const read = (performance.now() - started) / 1000;
await pairKernel(network, readings.slice(0, 4));

const folder = mkdtempSync(join(tmpdir(), "gatewise-gap-"));
try {
  writeReadings(folder, readings);
  const before = peer();
  const own = { clock: performance.now(), processor: process.cpuUsage() };
  const kernel = await pairKernel(network, readings);
  const seconds = (performance.now() - own.clock) / 1000;
  const { user, system } = process.cpuUsage(own.processor);
  const processor = (user + system) / 1e6;
  const after = peer();
  const pairs = (images * (images + 1)) / 2;
  const best = before.processor < after.processor ? before : after;
  const differences = after.entries.map(([i, j], k) =>
    Math.abs((after.values[k] ?? 0) / (kernel.data[i * images + j] ?? 0) - 1),
  );
  console.log(`gates of ${images} images: ${read.toFixed(2)} s`);
  const ms = (total: number, count: number): string => `${((1000 * total) / count).toFixed(2)} ms`;
  console.log(
    `gatewise, float64: ${ms(processor, pairs)} of the processor a pair, ${ms(seconds, pairs)} of the clock; ${pairs} pairs`,
  );
  console.log(
    `PyTorch, float32: ${ms(best.processor, best.pairs)} of the processor a pair, ${ms(best.seconds, best.pairs)} of the clock`,
  );
  const ratio = (best.processor / best.pairs / (processor / pairs)).toFixed(1);
  console.log(`ratio of processor time ${ratio}; largest relative difference ${Math.max(...differences)}`);
} finally {
  rmSync(folder, { recursive: true });
}

interface PeerResult {
  readonly seconds: number;
  readonly processor: number;
  readonly pairs: number;
  readonly entries: readonly (readonly [number, number])[];
  readonly values: readonly number[];
}

function peer(): PeerResult {
  const args = ["--folder", folder, "--layers", "4", "--dense", "2", "--batch", options.batch];
  const out = execFileSync(options.python, [
    "bench/peers/gap_kernel_torch.py",
    ...args,
    "--pairs",
    options["peer-pairs"],
  ]);
  return JSON.parse(out.toString());
}

function writeReadings(into: string, all: readonly ExampleReading[]): void {
  const write = (name: string, array: DenseArray): void => writeFileSync(join(into, `${name}.npy`), writeNpy(array));
  write("x", inputs);
  gatePositions(network).forEach((position, index) => {
    const gates = all.map(({ gates: own }) => {
      const found = own.get(position);
      if (found?.kind !== "bits") throw new Error("a gate that is no bit");
      return unpackPositions(found.on);
    });
    const size = gates[0]?.length ?? 0;
    const shape = index < 4 ? [images, size / 1024, 32, 32] : [images, size];
    write(
      index < 4 ? `gates${index}` : `dense${index - 4}`,
      float32(shape, Float32Array.from(gates.flatMap((row) => [...row]))),
    );
  });
}
