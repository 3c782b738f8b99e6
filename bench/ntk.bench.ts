/**
 * Seconds of tangent kernels against torch.func's (bench/peers/ntk_torch.py), both in float64 and in turns, and what the
 * summary beside the kernel adds: `npx tsx bench/ntk.bench.ts --python PATH --threads 1`. The peer needs `pip install torch`.
 *
 * FC 784–5×128–10 with 2,000 random inputs, GCONV of theory 6.2 with 60. Time does not depend on weights and inputs.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { type DenseArray, float32 } from "../src/graph/index.ts";
import { eigenvalueExamples, tangentKernel, tangentSummary } from "../src/kernels/index.ts";
import {
  type Architecture,
  fullyConnected,
  gatedNetwork,
  gconv,
  initialParameters,
  REGIMES,
} from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    models: { type: "string", default: "fc,gconv" },
    threads: { type: "string", default: "1" },
    dtype: { type: "string", default: "float64" },
    runs: { type: "string", default: "3" },
    // where others use the machine: the processor's time instead of the clock's
    "processor-time": { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);

const MODELS: Readonly<Record<string, { readonly architecture: Architecture; readonly inputs: number }>> = {
  fc: {
    architecture: fullyConnected({ inputShape: [784], depth: 6, width: 128, outputs: 10 }),
    inputs: 2_000,
  },
  gconv: { architecture: gconv({ inputShape: [3, 32, 32], width: 64, outputs: 10 }), inputs: 60 },
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
for (const [name, { architecture, inputs }] of Object.entries(MODELS)) {
  if (!options.models.split(",").includes(name)) continue;
  const initial = { architecture, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 } as const;
  const network = gatedNetwork(architecture, REGIMES.relu, initialParameters(initial));
  const shape = [inputs, ...architecture.inputShape];
  const x: DenseArray<"float32"> = float32(
    shape,
    randomStream(1, "bench").uniform(
      shape.reduce((product, size) => product * size, 1),
      0,
      1,
    ),
  );
  await using engine = await openNodeEngine("cpu", { threads });
  const [own, beside, others]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run <= Number(options.runs); run++) {
    const kernel = await timed(() => tangentKernel(network, engine, x));
    const summary = await timed(() =>
      tangentSummary(kernel.value, engine, { eigenvalueExamples: eigenvalueExamples(network, inputs) }),
    );
    if (run === 0) continue; // warm-up
    own.push(kernel.seconds);
    beside.push(summary.seconds);
    others.push(peer(name, inputs));
  }
  const [mine, more, theirs] = [median(own), median(beside), median(others)];
  const cells = [mine, more, more / mine, theirs, mine / theirs].map((value) => value.toFixed(2));
  table.push([name, inputs, ...cells]);
}
console.log(table.toString());
