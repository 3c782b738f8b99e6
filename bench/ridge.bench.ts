/**
 * Seconds of a kernel ridge fit (factor, solve, refine, measure what is left) with ten columns of targets against NumPy's
 * Cholesky factor alone, one thread each, in turns: `npx tsx bench/ridge.bench.ts --python PATH --sizes 1000,4000,10000`.
 * NumPy's factor is LAPACK's over OpenBLAS; ONNX Runtime multiplies float64 matrices with one thread.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { npyHeader, writeNpy } from "../src/data/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { BlockProducts, fitRidge, kernelNorms, kernelRows, type Matrix, matrix } from "../src/fitting/index.ts";
import { bytesOf } from "../src/graph/index.ts";
import { randomStream } from "../src/random.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    sizes: { type: "string", default: "1000,4000,10000" },
    runs: { type: "string", default: "3" },
    // where others use the machine
    "processor-time": { type: "boolean", default: false },
  },
});
const runs = Number(options.runs);
const RIDGE = 1e-3;
const FEATURES = 64;
const COLUMNS = 10;

await using engine = await openNodeEngine("cpu", { threads: 1 });
await using products = new BlockProducts(engine);

/** Cubes of inner products of random inputs, block by block of rows. */
async function polynomialKernel(n: number): Promise<Matrix> {
  const x = matrix(n, FEATURES, randomStream(0, "bench").uniform(n * FEATURES, 0, 1));
  const kernel = matrix(n, n);
  for (let from = 0; from < n; from += 500) {
    const rows = Math.min(500, n - from);
    const block = matrix(rows, FEATURES, x.data.subarray(from * FEATURES, (from + rows) * FEATURES));
    const { data } = await products.multiply("nt", block, x);
    kernel.data.set(
      data.map((product) => (1 + product / 8) ** 3),
      from * n,
    );
  }
  return kernel;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timed(run: () => Promise<unknown>): Promise<number> {
  const [start, processor] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(processor);
  return options["processor-time"] ? (user + system) / 1e6 : (performance.now() - start) / 1e3;
}

const table = new Table({ head: ["examples", "ridge fit s", "residual", "NumPy factor s", "ratio"] });
for (const n of options.sizes.split(",").map(Number)) {
  const folder = await mkdtemp(join(tmpdir(), "gatewise-bench-"));
  const dense = await polynomialKernel(n);
  const targets = matrix(n, COLUMNS, Float64Array.from(randomStream(1, "bench").signs(n * COLUMNS)));
  const kernel = kernelRows(dense);
  const norms = await kernelNorms(kernel);
  await writeFile(join(folder, "kernel.npy"), [npyHeader("float64", [n, n]), bytesOf(dense)]);
  await writeFile(join(folder, "targets.npy"), writeNpy(targets));
  const shift = String((RIDGE * norms.trace) / n);
  const peer = spawn(options.python, ["bench/peers/ridge_numpy.py", "--folder", folder, "--shift", shift], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(peer.stdout);
  const ended = once(peer, "exit").then(() => {
    throw new Error(`the NumPy peer ended: does "${options.python}" have numpy (--python PATH)?`);
  });
  ended.catch(() => {});
  let residual = 0;
  const [own, others]: [number[], number[]] = [[], []];
  for (let run = 0; run <= runs; run++) {
    const seconds = await timed(async () => {
      residual = (await fitRidge(kernel, norms, targets, RIDGE, products)).residual;
    });
    const answer = once(lines, "line");
    peer.stdin.write("run\n");
    const [line] = await Promise.race([answer, ended]);
    const told = JSON.parse(line);
    if (run === 0) continue; // warm-up
    own.push(seconds);
    others.push(options["processor-time"] ? told.processor : told.seconds);
  }
  peer.stdin.write("quit\n");
  const [mine, theirs] = [median(own), median(others)];
  table.push([n, mine.toFixed(2), residual.toExponential(1), theirs.toFixed(2), (mine / theirs).toFixed(2)]);
  await rm(folder, { recursive: true });
}
console.log(table.toString());
