/**
 * Seconds of tangent kernels against torch.func's (bench/peers/ntk_torch.py), in turns, ours in float64, and what the summary
 * beside the kernel adds: `npx tsx bench/ntk.bench.ts --python PATH --threads 1`. The peer needs `pip install torch`; it
 * works in `--dtype` float64 unless told float32.
 *
 * FC 784–5×128–10 with 2,000 random inputs (`--inputs` others), convolutional networks with 60: GCONV of theory 6.2 with 16,
 * 64 and 128 channels, conv–pool–conv–pool–dense, a residual network of two blocks. Time does not depend on weights and inputs.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { Engine } from "../src/engine/index.ts";
import { openNodeEngine, openWorkerEngine } from "../src/engine/node/index.ts";
import { type DenseArray, float32, sizeOf } from "../src/graph/index.ts";
import { affordsEigenvalue, tangentKernel, tangentSummary } from "../src/kernels/index.ts";
import {
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  gconv,
  initialParameters,
  inputShapeOf,
  networkFromOnnx,
  REGIMES,
} from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { convolutions, type MapLayer, mapModel } from "../test/support/map-models.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    only: { type: "string", default: "fc,gconv16,gconv,gconv128,cnn" },
    // the folder of cifar10-resnet-2b.onnx, for `resnet`
    models: { type: "string", default: "../shared/models" },
    inputs: { type: "string" },
    threads: { type: "string", default: "1" },
    dtype: { type: "string", default: "float64" },
    runs: { type: "string", default: "3" },
    // where others use the machine: the processor's time instead of the clock's
    "processor-time": { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);

type Architecture = ReturnType<typeof gconv>;
const drawn = (architecture: Architecture): GatedNetwork => {
  const initial = { architecture, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 } as const;
  return gatedNetwork(architecture, REGIMES.relu, initialParameters(initial));
};
const made = (shape: readonly number[], layers: readonly MapLayer[]) => networkFromOnnx(mapModel(shape, layers));
const gconvOf = (width: number): GatedNetwork => drawn(gconv({ inputShape: [3, 32, 32], width, outputs: 10 }));
const pool: MapLayer = { pool: "Max", size: 2, stride: 2, pad: 0 };
const MODELS: Readonly<Record<string, { readonly network: () => GatedNetwork; readonly inputs: number }>> = {
  fc: {
    network: () => drawn(fullyConnected({ inputShape: [784], depth: 6, width: 128, outputs: 10 })),
    inputs: 2_000,
  },
  gconv16: { network: () => gconvOf(16), inputs: 60 },
  gconv: { network: () => gconvOf(64), inputs: 60 },
  gconv128: { network: () => gconvOf(128), inputs: 60 },
  cnn: {
    network: () =>
      made(
        [1, 28, 28],
        [...convolutions(1, 16), pool, ...convolutions(1, 32), pool, { dense: 128 }, "relu", { dense: 10 }],
      ),
    inputs: 60,
  },
  resnet: { network: () => networkFromOnnx(readFileSync(join(options.models, "cifar10-resnet-2b.onnx"))), inputs: 60 },
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timed<T>(run: () => Promise<T>): Promise<{ readonly seconds: number; readonly value: T }> {
  const [start, processor] = [performance.now(), process.cpuUsage()];
  const value = await run();
  const { user, system } = process.cpuUsage(processor);
  return {
    seconds: options["processor-time"] ? (user + system) / 1e6 : (performance.now() - start) / 1e3,
    value,
  };
}

function peer(model: string, inputs: number): number {
  const args = ["--model", model, "--inputs", String(inputs), "--threads", options.threads, "--dtype", options.dtype];
  const told = JSON.parse(execFileSync(options.python, ["bench/peers/ntk_torch.py", ...args], { encoding: "utf8" }));
  return options["processor-time"] ? told.processor : told.seconds;
}

const table = new Table({ head: ["model", "inputs", "kernel s", "summary s", "share", "torch.func s", "ratio"] });
for (const [name, { network: open, inputs: usual }] of Object.entries(MODELS)) {
  if (!options.only.split(",").includes(name)) continue;
  const network = open();
  const inputs = options.inputs === undefined ? usual : Number(options.inputs);
  const shape = [inputs, ...inputShapeOf(network)];
  const x: DenseArray<"float32"> = float32(shape, randomStream(1, "bench").uniform(sizeOf(shape), 0, 1));
  const openEngine = (): Promise<Engine> =>
    threads === 1 ? openNodeEngine("cpu", { threads: 1 }) : openWorkerEngine("cpu", { threads: 1 });
  const engines = await Promise.all(Array.from({ length: threads }, openEngine));
  const [engine] = engines;
  if (engine === undefined) continue;
  const [own, beside, others]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run <= Number(options.runs); run++) {
    const kernel = await timed(() => tangentKernel(network, engine, x, { beside: engines.slice(1) }));
    const summary = await timed(() =>
      tangentSummary(kernel.value, engine, { smallestEigenvalue: affordsEigenvalue(network, inputs) }),
    );
    if (run === 0) continue; // warm-up
    own.push(kernel.seconds);
    beside.push(summary.seconds);
    others.push(peer(name, inputs));
  }
  const [mine, more, theirs] = [median(own), median(beside), median(others)];
  const cells = [mine, more, more / mine, theirs, mine / theirs].map((value) => value.toFixed(2));
  table.push([name, inputs, ...cells]);
  for (const one of engines) await one[Symbol.asyncDispose]();
}
console.log(table.toString());
