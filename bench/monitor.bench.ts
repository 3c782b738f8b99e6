/**
 * How fast a monitor scores inputs: FC 784–5×128–10, 50 references of each of ten classes, beside the nearest neighbors of the
 * same inputs among as many in NumPy (a product and a maximum, one thread), which know nothing of the network.
 * Processor seconds, all threads of the process together: the clock tells of a shared machine.
 *
 *     npx tsx bench/monitor.bench.ts
 */
import { spawnSync } from "node:child_process";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { gateRows, type PackedGates } from "../src/gates/index.ts";
import { float32 } from "../src/graph/index.ts";
import { openGateSimilarity } from "../src/kernels/index.ts";
import { Model } from "../src/models/index.ts";
import { fullyConnected, gatedNetwork, initialParameters, REGIMES } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { optimizer } from "../src/train/index.ts";

const COUNT = 20_000;
const architecture = fullyConnected({ inputShape: [784], depth: 6, width: 128, outputs: 10 });
const plan = {
  architecture,
  regime: "relu",
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-3),
  loss: "softmax-cross-entropy",
  batch: 32,
  epochs: 1,
  seed: 0,
} as const;
const network = gatedNetwork(architecture, REGIMES.relu, initialParameters(plan));
const images = (count: number, name: string) =>
  // a fifth of the pixels of a digit are not 0
  float32(
    [count, 784],
    Float32Array.from(randomStream(1, name).uniform(count * 784, -4, 1), (x) => Math.max(0, Math.round(255 * x)) / 255),
  );

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

await using model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
const monitor = await model.fitMonitor(images(8000, "known"), { references: 50 });
const inputs = images(COUNT, "asked");
await model.watchInputs(monitor, inputs);
const [seconds, clock]: [number[], number[]] = [[], []];
for (let run = 0; run < 5; run++) {
  const [before, started] = [cpu(), performance.now()];
  await model.watchInputs(monitor, inputs);
  seconds.push(cpu() - before);
  clock.push((performance.now() - started) / 1000);
}
const own = median(seconds);
const words = (s: number): string =>
  `${((1e6 * s) / COUNT).toFixed(1)} µs an input, ${Math.round(COUNT / s).toLocaleString("en-US")} a second`;
console.log(`monitor, ${monitor.references.classes.length} references: ${words(own)} of one processor`);
console.log(`  by the clock: ${Math.round(COUNT / median(clock)).toLocaleString("en-US")} a second`);

const gates: PackedGates = await model.gates(inputs);
const rows = gateRows(gates);
const similarity = await openGateSimilarity(monitor.references.gates);
const [popcounts]: [number[]] = [[]];
for (let run = 0; run < 5; run++) {
  const before = cpu();
  for (let from = 0; from < COUNT; from += 250) {
    const part = { examples: 250, words: rows.words, data: rows.data.subarray(2 * rows.words * from) };
    similarity.similarities({ ...part, data: part.data.subarray(0, 500 * rows.words) }, { from: 0, to: 50 });
  }
  popcounts.push(cpu() - before);
}
const pairs = median(popcounts) / (50 * COUNT);
console.log(
  `  of it popcounts: ${((1e6 * median(popcounts)) / COUNT).toFixed(2)} µs, ${(1e9 * pairs).toFixed(1)} ns a pair of 640 gates`,
);

const numpy = spawnSync(process.env.PEER_PYTHON ?? "python3", ["-c", PEER()], {
  encoding: "utf8",
  env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" },
});
if (numpy.status === 0) {
  const [nearest = 0, all = 0] = numpy.stdout.trim().split(" ").map(Number);
  console.log(
    `NumPy, nearest of 500 by pixels: ${words(nearest)}: the monitor takes ${(own / nearest).toFixed(2)} of it`,
  );
  console.log(
    `NumPy, forward, gates, kernel and pixels: ${words(all)}: the monitor takes ${(own / all).toFixed(2)} of it`,
  );
} else console.log("NumPy is not there: no peer (PEER_PYTHON names a Python that has it)");

/** The same work in NumPy: by pixels alone, and all of it with gates as float32 matrices, layer by layer. */
function PEER(): string {
  return `
import numpy as np, time
n, k = ${COUNT}, 500
rng = np.random.default_rng(0)
x = np.maximum(rng.uniform(-4, 1, (n, 784)), 0).astype("f4")
r = np.maximum(rng.uniform(-4, 1, (k, 784)), 0).astype("f4")
w = [rng.uniform(-.1, .1, s).astype("f4") for s in [(784,128),(128,128),(128,128),(128,128),(128,128),(128,10)]]
unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
def forward(z):
    gates = []
    for one in w[:-1]:
        q = z @ one; gates.append(q > 0); z = np.maximum(q, 0)
    return gates, z @ w[-1]
ref = unit(r); rg, ry = forward(r); rc = np.arange(k) // (k // 10)
def pixels():
    for f in range(0, n, 250): (unit(x[f:f+250]) @ ref.T).max(1)
def whole():
    for f in range(0, n, 250):
        b = x[f:f+250]; gates, y = forward(b); c = y.argmax(1); cos = unit(b) @ ref.T
        s = np.log(np.maximum(cos, 1e-3))
        for g, h in zip(gates, rg):
            g, h = g.astype("f4"), h.astype("f4")
            s = s + np.log(g @ h.T + .5) - .5 * np.log(g.sum(1)[:, None] + .5) - .5 * np.log(h.sum(1)[None] + .5)
        s = np.where(rc[None] == c[:, None], s, -np.inf); s.max(1); s.argmax(1); cos.max(1)
def best(run):
    t = []
    for _ in range(5):
        a = time.process_time(); run(); t.append(time.process_time() - a)
    return sorted(t)[2]
print(best(pixels), best(whole))
`;
}
