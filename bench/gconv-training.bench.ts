/**
 * A training step of GCONV against PyTorch doing the same work on as many threads, in turns in one run:
 * `npx tsx bench/gconv-training.bench.ts --python PATH --threads 1`. The peer needs `pip install torch`.
 *
 * Fixed gates are computed in every step by both. Random images: only time is measured, the least of several
 * steps, as other work on the machine only adds to it, and the processor time of all cores beside it. GFLOP/s count the
 * multiplications and additions of plain convolutions: with Winograd's algorithm they may exceed the machine's peak.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { REGIMES, type RegimeName } from "../src/network/index.ts";
import { stepWork, type TrainingEvent } from "../src/train/index.ts";
import { least, PythonPeer, peak, type Times, timed } from "./contestants.ts";
import { gconvTraining } from "./gconv-work.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    regimes: { type: "string", default: "relu,frnpf-ii,flnpf,dlnpf" },
    optimizers: { type: "string", default: "sgd,adam" },
    rounds: { type: "string", default: "7" },
    batch: { type: "string", default: "32" },
    threads: { type: "string", default: "1" },
    // all widths are divided by this
    narrow: { type: "string", default: "1" },
  },
});
const [threads, batch, narrow] = [Number(options.threads), Number(options.batch), Number(options.narrow)];
const RATE = 1e-4;

interface Contestant extends AsyncDisposable {
  /** Times of one training step. */
  step(): Promise<Times>;
}

async function openGatewise(regime: RegimeName, kind: "sgd" | "adam"): Promise<Contestant & { readonly work: number }> {
  const engine = await openNodeEngine("cpu", { threads, denormals: "flushed" });
  const { plan, events } = gconvTraining(engine, { regime, kind, rate: RATE, batch, narrow });
  let before: { readonly epoch: number; readonly step: number } = { epoch: 0, step: 0 };
  return {
    work: stepWork(plan),
    async step() {
      for (;;) {
        let event: TrainingEvent | undefined;
        const { seconds, processor } = await timed(async () => {
          const { value } = await events.next();
          event = value ?? undefined;
        });
        if (event?.kind !== "steps") continue;
        const steps = event.step - before.step;
        // what opens an epoch is not a step
        const isWhole = event.epoch === before.epoch;
        before = event;
        if (isWhole) return { seconds: seconds / steps, processor: processor / steps };
      }
    },
    async [Symbol.asyncDispose]() {
      await events.return();
      await engine[Symbol.asyncDispose]();
    },
  };
}

function openTorch(regime: RegimeName, kind: "sgd" | "adam"): Contestant {
  const sizes = ["--batch", options.batch, "--narrow", options.narrow, "--threads", options.threads];
  const what = ["--regime", regime, "--optimizer", kind, "--lr", String(RATE)];
  const peer = new PythonPeer(options.python, ["bench/peers/conv_torch.py", ...what, ...sizes]);
  return {
    async step() {
      const { seconds = Number.NaN, processor = Number.NaN } = await peer.ask("steps 1");
      return { seconds, processor };
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

const limit = await peak(threads);
const head = ["regime", "optimizer", "ms/step", "torch", "ratio", "core ms", "torch", "ratio", "GFLOP/s", "of peak"];
const table = new Table({ head, style: { head: [], border: [] } });
for (const kind of (["sgd", "adam"] as const).filter((one) => options.optimizers.split(",").includes(one))) {
  for (const regime of options.regimes.split(",").filter((name): name is RegimeName => name in REGIMES)) {
    await using torch = openTorch(regime, kind);
    await using gatewise = await openGatewise(regime, kind);
    // one each to warm up, then in turns
    await torch.step();
    await gatewise.step();
    const times = { gatewise: [] as Times[], torch: [] as Times[] };
    for (let i = 0; i < Number(options.rounds); i++) {
      times.torch.push(await torch.step());
      times.gatewise.push(await gatewise.step());
    }
    const [ours, theirs] = [least(times.gatewise), least(times.torch)];
    const compared = (of: keyof Times): readonly string[] =>
      [1000 * ours[of], 1000 * theirs[of]].map((one) => one.toFixed(0)).concat((ours[of] / theirs[of]).toFixed(2));
    const rate = gatewise.work / ours.processor / 1e9;
    const share = `${((100 * rate) / limit.processor).toFixed(0)} %`;
    table.push([regime, kind, ...compared("seconds"), ...compared("processor"), rate.toFixed(0), share]);
    process.stderr.write(
      `${regime} ${kind}: ${compared("seconds").join(" ")}, cores ${compared("processor").join(" ")}\n`,
    );
  }
}
const title = `GCONV${narrow === 1 ? "" : ` at 1/${narrow} width`}, batch ${batch}, ${threads} thread(s)`;
const megabytes = (process.resourceUsage().maxRSS / 1024).toFixed(0);
process.stdout.write(
  `${title}, least of ${options.rounds} steps in turns, by the clock and of all cores together\npeak (1024³ product): ${limit.processor.toFixed(0)} GFLOP/s a core\n${table.toString()}\nmemory of this process at most: ${megabytes} MiB\n`,
);
