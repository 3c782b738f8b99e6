/**
 * Time of a training step of the five regimes against PyTorch doing the same work on as many threads, in alternating
 * epochs of one run: `npm run bench -- --python PATH --data-dir DIR`. The peer needs `pip install torch numpy`.
 *
 * Ratios are medians over the pairs of epochs, by the clock and by processor time: beside other work only the latter says
 * something. `--widths 128,512` and `--batches 32,128` show how they grow. `at least` is the ratio of a step that did its
 * matrix products, at the speed of a large one, and nothing else.
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
  type LayeredArchitecture,
  PAPER_REGIMES,
  parameterSpecs,
  REGIMES,
  type RegimeName,
  trainedNetworks,
} from "../src/network/index.ts";
import { type OptimizerKind, optimizer, type TrainingPlan, train } from "../src/train/index.ts";
import { median, PythonPeer, peak, type Times } from "./contestants.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    "data-dir": { type: "string", default: process.env.GATEWISE_DATA ?? "../shared/data" },
    regimes: { type: "string", default: PAPER_REGIMES.join() },
    optimizers: { type: "string", default: "sgd,adam" },
    widths: { type: "string", default: "128" },
    batches: { type: "string", default: "32" },
    epochs: { type: "string", default: "7" },
    limit: { type: "string", default: "10000" },
    threads: { type: "string", default: "1" },
    fused: { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);
const limit = Number(options.limit);
const RATES = { sgd: 1e-2, adam: 1e-4, rmsprop: 1e-4 } as const satisfies Partial<Record<OptimizerKind, number>>;
/** What the peer has, too. */
type PeerOptimizer = keyof typeof RATES;

/** What is trained. */
interface Training {
  readonly regime: RegimeName;
  readonly kind: PeerOptimizer;
  readonly width: number;
  readonly batch: number;
}

interface Contestant extends AsyncDisposable {
  /** One epoch's steps. */
  epoch(): Promise<Times>;
}

const architectureOf = ({ width }: Training): LayeredArchitecture =>
  fullyConnected({ inputShape: [28, 28], depth: 6, width, outputs: 10 });

function openTorch({ regime, kind, width, batch }: Training): Contestant {
  const what = ["--regime", regime, "--optimizer", kind, "--lr", String(RATES[kind])];
  const sizes = ["--width", String(width), "--batch", String(batch)];
  const common = ["--limit", String(limit), "--threads", String(threads), "--data-dir", options["data-dir"]];
  const fused = options.fused ? ["--fused"] : [];
  const args = ["bench/peers/fc_torch.py", "--serve", ...what, ...sizes, ...common, ...fused];
  const peer = new PythonPeer(options.python, args);
  return {
    async epoch() {
      const { seconds = Number.NaN, processor = Number.NaN } = await peer.ask("epoch");
      return { seconds, processor };
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

async function openGatewise(training: Training): Promise<Contestant & { readonly gateSeconds: number }> {
  const { regime, kind, batch } = training;
  const data = await loadDataset("mnist", { dataDir: options["data-dir"], environment: process.env, cacheDir: "" });
  const engine = await openNodeEngine("cpu", { threads, denormals: "flushed" });
  const plan: TrainingPlan = {
    architecture: architectureOf(training),
    regime,
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizer(kind, RATES[kind]),
    loss: "softmax-cross-entropy",
    batch,
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
      let processor = 0;
      for (;;) {
        const started = process.cpuUsage();
        const { value: event } = await events.next();
        if (event?.kind === "epoch") return { seconds: event.metrics.seconds, processor };
        // what comes behind the last step of an epoch is its test
        const { user, system } = process.cpuUsage(started);
        processor += (user + system) / 1e6;
      }
    },
    async [Symbol.asyncDispose]() {
      await events.return();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** Floating point operations of the matrix products of one step, counting each multiplication and addition. */
function operations(training: Training): number {
  const weights = parameterSpecs(architectureOf(training))
    .filter(({ kind }) => kind === "weight")
    .map(({ shape: [from = 0, to = 0] }) => from * to);
  // forward, by weights, by inputs; the first layer's inputs need no gradient
  const trained = (layers: readonly number[]): number =>
    layers.reduce((sum, one) => sum + 3 * one, 0) - (layers[0] ?? 0);
  const features = trainedNetworks(REGIMES[training.regime]).length > 1 ? trained(weights.slice(0, -1)) : 0;
  return 2 * training.batch * (trained(weights) + features);
}

const listed = <T extends string>(text: string, all: readonly T[]): readonly T[] =>
  all.filter((one) => text.split(",").includes(one));
const numbers = (text: string): readonly number[] => text.split(",").map(Number);

const best = await peak(threads);
const table = new Table({
  head: [
    "regime",
    "optimizer",
    "width",
    "batch",
    "ms/step",
    "torch",
    "ratio",
    "by processor",
    "at least",
    "of peak",
    "opening s",
  ],
  style: { head: [], border: [] },
});
for (const training of numbers(options.widths).flatMap((width) =>
  numbers(options.batches).flatMap((batch) =>
    listed(options.optimizers, ["sgd", "adam", "rmsprop"]).flatMap((kind) =>
      listed(options.regimes, PAPER_REGIMES).map((regime): Training => ({ regime, kind, width, batch })),
    ),
  ),
)) {
  const { regime, kind, width, batch } = training;
  await using torch = openTorch(training);
  await using gatewise = await openGatewise(training);
  // one epoch each to warm up, then in turns
  await torch.epoch();
  await gatewise.epoch();
  const pairs: { readonly ours: Times; readonly theirs: Times }[] = [];
  for (let i = 0; i < Number(options.epochs); i++) {
    const theirs = await torch.epoch();
    pairs.push({ ours: await gatewise.epoch(), theirs });
  }
  const of = (value: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(value));
  const steps = Math.ceil(limit / batch);
  const ratio = of(({ ours, theirs }) => ours.seconds / theirs.seconds).toFixed(2);
  const byProcessor = of(({ ours, theirs }) => ours.processor / theirs.processor).toFixed(2);
  const products = (operations(training) * steps) / 1e9;
  const cells = [
    ((1000 * of(({ ours }) => ours.processor)) / steps).toFixed(3),
    ((1000 * of(({ theirs }) => theirs.processor)) / steps).toFixed(3),
    ratio,
    byProcessor,
    of(({ theirs }) => products / best.processor / theirs.processor).toFixed(2),
    `${of(({ ours }) => (100 * products) / ours.processor / best.processor).toFixed(0)} %`,
  ];
  table.push([regime, kind, width, batch, ...cells, gatewise.gateSeconds.toFixed(2)]);
  process.stderr.write(
    `${regime} ${kind}, width ${width}, batch ${batch}: ratio ${ratio}, by processor time ${byProcessor}\n`,
  );
}
process.stdout.write(
  `${limit} MNIST images, ${threads} thread(s), medians of ${options.epochs} alternating epochs, times of the processor, torch optimizers ${options.fused ? "fused" : "stock"}\npeak (1024³ product): ${best.processor.toFixed(0)} GFLOP/s of processor time\n${table.toString()}\n`,
);
