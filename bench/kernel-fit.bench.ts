/**
 * Seconds of `gatewise kernel-fit` against SciPy for the same answers (bench/peers/kernel_fit_scipy.py), each as a
 * command from start to end, in turns, one thread each; and the largest relative difference of the answers:
 * `npx tsx bench/kernel-fit.bench.ts --python PATH --sizes 2000,4000`. Run `npx tsdown` first.
 *
 * The kernel is the neural path kernel's kind: products of overlaps, here of random inputs of ten classes.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import Table from "cli-table3";
import { npyHeader, writeNpy } from "../src/data/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { BlockProducts, type Matrix, matrix } from "../src/fitting/index.ts";
import { bytesOf, int32 } from "../src/graph/index.ts";
import { randomStream } from "../src/random.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    sizes: { type: "string", default: "2000,4000" },
    runs: { type: "string", default: "3" },
    // where others use the machine: the processor's time instead of the clock's
    "processor-time": { type: "boolean", default: false },
  },
});
const FEATURES = 64;
const CLASSES = 10;
const run = promisify(execFile);

/** Cubes of inner products of inputs around a center for each class. */
async function classKernel(n: number, labels: Int32Array): Promise<Matrix> {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  await using products = new BlockProducts(engine);
  const centers = randomStream(0, "centers").normal(CLASSES * FEATURES);
  const noise = randomStream(0, "noise").normal(n * FEATURES);
  const x = matrix(n, FEATURES);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < FEATURES; k++) {
      x.data[i * FEATURES + k] = (centers[labels[i]! * FEATURES + k] ?? 0) / 2 + (noise[i * FEATURES + k] ?? 0);
    }
  }
  const kernel = matrix(n, n);
  for (let from = 0; from < n; from += 500) {
    const rows = Math.min(500, n - from);
    const block = matrix(rows, FEATURES, x.data.subarray(from * FEATURES, (from + rows) * FEATURES));
    const { data } = await products.multiply("nt", block, x);
    kernel.data.set(
      data.map((product) => (1 + product / FEATURES) ** 3),
      from * n,
    );
  }
  // to the bit, as kernels are: products of blocks need not be
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) kernel.data[i * n + j] = kernel.data[j * n + i]!;
  return kernel;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Of the children of this process: seconds on the clock, or of the processor by the shell's `times`. */
async function timed(command: string, args: readonly string[]): Promise<{ seconds: number; answer: unknown }> {
  const quoted = [command, ...args].map((word) => `'${word}'`).join(" ");
  const start = performance.now();
  const { stdout } = await run("bash", ["-c", `${quoted}; times`], { maxBuffer: 2 ** 26 });
  const wall = (performance.now() - start) / 1e3;
  const lines = stdout.trim().split("\n");
  // the last line is that of the children: 0m1.234s 0m0.100s
  const used = [...(lines.at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
  const seconds = options["processor-time"] ? used.reduce((sum, one) => sum + one, 0) : wall;
  return { seconds, answer: JSON.parse(lines[0] ?? "{}") };
}

interface Answer {
  readonly nu: number;
  readonly smallestEigenvalue: number;
  readonly effectiveRank: number;
  readonly ridge: number;
  readonly squaredErrors: readonly number[];
}

/** The border to what the two commands print. */
function answerOf(read: unknown): Answer {
  const told = read as Answer & { readonly leaveOneOut?: { readonly candidates: readonly { squaredError: number }[] } };
  const { candidates } = told.leaveOneOut ?? {};
  return { ...told, squaredErrors: candidates?.map(({ squaredError }) => squaredError) ?? told.squaredErrors };
}

function difference(a: Answer, b: Answer): number {
  const numbers = ({ nu, smallestEigenvalue, effectiveRank, ridge, squaredErrors }: Answer): readonly number[] => [
    nu,
    smallestEigenvalue,
    effectiveRank,
    ridge,
    ...squaredErrors,
  ];
  const others = numbers(b);
  return Math.max(...numbers(a).map((value, i) => Math.abs(value / (others[i] ?? Number.NaN) - 1)));
}

const table = new Table({ head: ["examples", "kernel-fit s", "SciPy s", "ratio", "largest difference"] });
for (const n of options.sizes.split(",").map(Number)) {
  const folder = await mkdtemp(join(tmpdir(), "gatewise-bench-"));
  const labels = randomStream(0, "labels")
    .permutation(n)
    .map((place) => place % CLASSES);
  const kernel = await classKernel(n, labels);
  const [kernelFile, labelFile] = [join(folder, "kernel.npy"), join(folder, "labels.npy")];
  await writeFile(kernelFile, [npyHeader("float64", [n, n]), bytesOf(kernel)]);
  await writeFile(labelFile, writeNpy(int32([n], labels)));
  const files = ["--kernel", kernelFile, "--labels", labelFile];
  const [own, others]: [number[], number[]] = [[], []];
  let differs = 0;
  for (let turn = 0; turn < Number(options.runs); turn++) {
    const mine = await timed(process.execPath, ["dist/main.js", "kernel-fit", ...files, "--json"]);
    const theirs = await timed(options.python, ["bench/peers/kernel_fit_scipy.py", ...files]);
    own.push(mine.seconds);
    others.push(theirs.seconds);
    differs = Math.max(differs, difference(answerOf(mine.answer), answerOf(theirs.answer)));
  }
  const [mine, theirs] = [median(own), median(others)];
  table.push([n, mine.toFixed(2), theirs.toFixed(2), (mine / theirs).toFixed(2), differs.toExponential(1)]);
  await rm(folder, { recursive: true });
}
console.log(table.toString());
