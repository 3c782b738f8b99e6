/** Oblique trees: a place a run, the networks side by side; a line and a checkpoint a look at the gates. */
import { z } from "zod";
import { GatewiseError } from "../../errors.ts";
import {
  drawTree,
  type ObliqueCheckpoint,
  type ObliqueNetwork,
  type ObliqueRun,
  type TreeData,
  watchGates,
} from "../../experiments/index.ts";
import { appendMeasured, keepMeasured, measuredLines } from "../measured-lines.ts";
import { checkLength } from "../resuming.ts";
import { readCheckpoint, writeCheckpoint } from "../run-files.ts";
import type { Store } from "../store.ts";
import type { ExperimentJob, ExperimentView, Runner, RunnerHost, TreeFindings } from "./runner.ts";

const Accuracy = z.number().min(0).max(100);
const Line = z.strictObject({
  epoch: z.int().min(0),
  bestEpoch: z.int().min(0),
  validationAccuracy: Accuracy,
  testAccuracy: Accuracy,
  cosines: z.array(z.number().min(0).max(1.001)),
});

export const treesRunner: Runner<"trees"> = {
  find,
  parts: (view) => runsOf(view).map(idOf),
  async run(job, host, { signal, onEvent }) {
    const { experiment, device } = job;
    const { networks } = experiment;
    const { epochs } = lengthOf(job);
    const asked = runsOf(job);
    const data = drawTree(experiment.task);
    await using _place = await job.claim();
    const done = new Map<string, number>();
    const count = (id: string, epoch: number): void => {
      done.set(id, epoch);
      const sum = [...done.values()].reduce((total, one) => total + one, 0);
      onEvent({ kind: "count", done: sum, of: asked.length * epochs });
    };
    const failed = new AbortController();
    const context = { host, signal: AbortSignal.any([signal, failed.signal]), count };
    // two engines of WebGPU that run side by side in one process crash it (ONNX Runtime 1.30)
    const lanes = (device === "cpu" ? networks.map((network) => [network]) : [networks]).map(async (own) => {
      for (const { network, seed } of asked)
        if (own.includes(network)) await runOne(job, { network, seed, epochs }, data, context);
    });
    // one network that fails ends the other: the process would wait for it
    for (const lane of lanes) lane.catch((reason: unknown) => failed.abort(reason));
    await Promise.allSettled(lanes);
    await Promise.all(lanes);
    return await find(job);
  },
};

const lengthOf = ({ experiment, profile, options }: Omit<ExperimentView<"trees">, "store">) => {
  const own = experiment.profiles[profile];
  return { epochs: options.epochs ?? own.epochs, runs: options.seeds ?? own.runs };
};

/** The runs that are asked for. */
const runsOf = (view: Omit<ExperimentView<"trees">, "store">): readonly Pick<TreeRun, "network" | "seed">[] =>
  view.experiment.networks
    .flatMap((network) => Array.from({ length: lengthOf(view).runs }, (_, seed) => ({ network, seed })))
    .filter((run) => view.part === undefined || view.part === idOf(run));

interface TreeRun {
  readonly network: ObliqueNetwork;
  readonly seed: number;
  readonly epochs: number;
}
interface TreeContext {
  readonly host: RunnerHost;
  readonly signal: AbortSignal;
  readonly count: (id: string, epoch: number) => void;
}

const idOf = ({ network, seed }: Pick<TreeRun, "network" | "seed">): string => `${network.regime}-seed${seed}`;

async function runOne(
  { experiment, store, device }: ExperimentJob<"trees">,
  run: TreeRun,
  data: TreeData,
  { host, signal, count }: TreeContext,
): Promise<void> {
  const id = idOf(run);
  const part = store.at(id);
  const resume = await resumable(part, run);
  count(id, resume?.epoch ?? 0);
  if (resume?.epoch === run.epochs) return;
  await keepMeasured(
    part,
    resume === undefined ? [] : (await linesOf(part)).filter(({ epoch }) => epoch <= resume.epoch),
  );
  await using engine = await host.openEngine(device, "own");
  for await (const checkpoint of watchGates(experiment, data, { ...run, resume }, { engine, signal })) {
    const { epoch, bestEpoch, validationAccuracy, testAccuracy, seen, parameters, averages } = checkpoint;
    const cosines = seen.at(-1)?.cosines ?? [];
    await appendMeasured(part, { epoch, bestEpoch, validationAccuracy, testAccuracy, cosines });
    const place = { epoch, bestEpoch, bestTestAccuracy: testAccuracy };
    await writeCheckpoint(part, "last", { ...place, parameters, averages });
    count(id, epoch);
  }
}

const linesOf = (part: Store) => measuredLines(part, Line);

/** A run as its lines tell it, up to an epoch; undefined before the first. */
function runOf(
  { network: { regime }, seed }: Pick<TreeRun, "network" | "seed">,
  lines: readonly z.infer<typeof Line>[],
): ObliqueRun | undefined {
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const { cosines: _, ...found } = last;
  return { regime, seed, ...found, seen: lines.map(({ epoch, cosines }) => ({ epoch, cosines })) };
}

async function resumable(part: Store, run: TreeRun): Promise<ObliqueCheckpoint | undefined> {
  const checkpoint = await readCheckpoint(part, "last");
  if (checkpoint === undefined) return undefined;
  checkLength(part.nameOf(), checkpoint.epoch, run.epochs);
  const found = runOf(
    run,
    (await linesOf(part)).filter(({ epoch }) => epoch <= checkpoint.epoch),
  );
  const { parameters, averages } = checkpoint;
  if (found?.epoch === checkpoint.epoch) return { ...found, parameters, averages };
  throw new GatewiseError({
    code: "damaged-file",
    received: `${part.nameOf("measured.jsonl")} without epoch ${checkpoint.epoch}`,
    expected: "a line of it, whose last.safetensors stands beside",
    next: "restore the file, or start a new run",
  });
}

async function find(view: ExperimentView<"trees">): Promise<TreeFindings> {
  const { experiment, profile, store } = view;
  const { epochs } = lengthOf(view);
  const asked = runsOf(view);
  const parts = await Promise.all(
    asked.map(async (one) => ({ ...one, run: runOf(one, await linesOf(store.at(idOf(one)))) })),
  );
  // before the first epoch there is no accuracy to tell
  const begun = parts.flatMap(({ run }) => (run === undefined || run.epoch === 0 ? [] : [run]));
  const missing = parts.flatMap(({ network, seed, run }) => {
    if (run?.epoch === epochs) return [];
    return [
      `${network.title}, seed ${seed}: ${run === undefined ? "not started" : `at epoch ${run.epoch} of ${epochs}`}`,
    ];
  });
  return { kind: "trees", experiment, profile, epochs, runs: begun, missing };
}
