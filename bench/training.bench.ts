/**
 * Seconds an epoch of the five regimes against PyTorch doing the same work on as many threads, in alternating epochs of
 * one run: `npm run bench -- --python PATH --data-dir DIR`. The peer needs `pip install torch numpy`.
 *
 * PyTorch runs its stock optimizers (`--fused` for the fused ones). Gatewise computes gates that are fixed once for a
 * whole training (FRNPF, FLNPF); the peer computes them in every step, as the protocol is written down. The time of that
 * one pass stands in a column of its own.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { firstExamples } from "../src/data/index.ts";
import { loadDataset } from "../src/data/node/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import {
  fullyConnected,
  initialParameters,
  PAPER_REGIMES,
  parameterSpecs,
  REGIMES,
  type RegimeName,
  trainedNetworks,
} from "../src/network/index.ts";
import { type OptimizerKind, optimizer, type TrainingPlan, train } from "../src/train/index.ts";
import { median, PythonPeer, peak } from "./contestants.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    "data-dir": { type: "string", default: process.env.GATEWISE_DATA ?? "../shared/data" },
    optimizers: { type: "string", default: "sgd,adam" },
    epochs: { type: "string", default: "7" },
    limit: { type: "string", default: "10000" },
    threads: { type: "string", default: "1" },
    fused: { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);
const limit = Number(options.limit);
const architecture = fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 });
const BATCH = 32;
const RATES = { sgd: 1e-2, adam: 1e-4, rmsprop: 1e-4 } as const satisfies Partial<Record<OptimizerKind, number>>;
/** What the peer has, too. */
type PeerOptimizer = keyof typeof RATES;

interface Contestant extends AsyncDisposable {
  /** Seconds of one epoch's steps. */
  epoch(): Promise<number>;
}

/** The peer of a regime and an optimizer; it answers `epoch` with its seconds. */
function openTorch(regime: RegimeName, kind: PeerOptimizer): PythonPeer {
  const what = ["--regime", regime, "--optimizer", kind, "--lr", String(RATES[kind])];
  const common = ["--limit", String(limit), "--threads", String(threads), "--data-dir", options["data-dir"]];
  const fused = options.fused ? ["--fused"] : [];
  return new PythonPeer(options.python, ["bench/peers/fc_torch.py", "--serve", ...what, ...common, ...fused]);
}

async function openGatewise(
  regime: RegimeName,
  kind: PeerOptimizer,
): Promise<Contestant & { readonly gateSeconds: number }> {
  const data = await loadDataset("mnist", { dataDir: options["data-dir"], environment: process.env, cacheDir: "" });
  const engine = await openNodeEngine("cpu", { threads, denormals: "flushed" });
  const plan: TrainingPlan = {
    architecture,
    regime,
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizer(kind, RATES[kind]),
    loss: "softmax-cross-entropy",
    batch: BATCH,
    epochs: Number.MAX_SAFE_INTEGER,
    seed: 0,
  };
  const { value: learnt } = initialParameters({ ...plan, regime: "relu" });
  const parts = { train: firstExamples(data.train, limit), test: firstExamples(data.test, 100) };
  const events = train(plan, parts, initialParameters(plan, learnt), { engine, clock: () => performance.now() });
  const before = performance.now();
  await events.next();
  const opening = (performance.now() - before) / 1000;
  return {
    gateSeconds: opening,
    async epoch() {
      for (;;) {
        const { value: event } = await events.next();
        if (event?.kind === "epoch") return event.metrics.seconds;
      }
    },
    async [Symbol.asyncDispose]() {
      await events.return();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** Floating point operations of the matrix products of one step, counting each multiplication and addition. */
function operations(regime: RegimeName): number {
  const weights = parameterSpecs(architecture)
    .filter(({ kind }) => kind === "weight")
    .map(({ shape: [from = 0, to = 0] }) => from * to);
  // forward, by weights, by inputs; the first layer's inputs need no gradient
  const trained = (layers: readonly number[]): number =>
    layers.reduce((sum, one) => sum + 3 * one, 0) - (layers[0] ?? 0);
  const features = trainedNetworks(REGIMES[regime]).length > 1 ? trained(weights.slice(0, -1)) : 0;
  return 2 * BATCH * (trained(weights) + features);
}

const { clock: best } = await peak(threads);
const table = new Table({
  head: [
    "regime",
    "optimizer",
    "gatewise s/epoch",
    "torch s/epoch",
    "ratio",
    "ms/step",
    "GFLOP/s",
    "of peak",
    "opening s",
  ],
  style: { head: [], border: [] },
});
for (const name of options.optimizers.split(",")) {
  const kind = (["sgd", "adam", "rmsprop"] as const).find((one) => one === name) ?? "sgd";
  for (const regime of PAPER_REGIMES) {
    await using torch = openTorch(regime, kind);
    await using gatewise = await openGatewise(regime, kind);
    const times = { gatewise: [] as number[], torch: [] as number[] };
    // one epoch each to warm up, then in turns
    await torch.ask("epoch");
    await gatewise.epoch();
    for (let i = 0; i < Number(options.epochs); i++) {
      times.torch.push((await torch.ask("epoch")).seconds ?? Number.NaN);
      times.gatewise.push(await gatewise.epoch());
    }
    const ours = median(times.gatewise);
    const theirs = median(times.torch);
    const ratio = median(times.gatewise.map((one, i) => one / (times.torch[i] ?? Number.NaN)));
    const steps = Math.ceil(limit / BATCH);
    const rate = (operations(regime) * steps) / ours / 1e9;
    const cells = [
      ours.toFixed(3),
      theirs.toFixed(3),
      ratio.toFixed(2),
      ((1000 * ours) / steps).toFixed(3),
      rate.toFixed(0),
    ];
    table.push([regime, kind, ...cells, `${((100 * rate) / best).toFixed(0)} %`, gatewise.gateSeconds.toFixed(2)]);
    process.stderr.write(`${regime} ${kind}: ratio ${ratio.toFixed(2)}\n`);
  }
}
process.stdout.write(
  `${limit} MNIST images, batch ${BATCH}, ${threads} thread(s), medians of ${options.epochs} alternating epochs, torch optimizers ${options.fused ? "fused" : "stock"}\npeak (1024³ product): ${best.toFixed(0)} GFLOP/s\n${table.toString()}\n`,
);
