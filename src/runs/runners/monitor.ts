/** Monitors: a place a seed; a checkpoint an epoch while its network trains, then a line a set of inputs. */
import { z } from "zod";
import { type DatasetName, type Examples, firstExamples } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  annealedTraining,
  type MonitorData,
  type MonitorMeasurement,
  type MonitorProfile,
  measureMonitor,
  splitClean,
  UNFAMILIAR_SETS,
  type UnfamiliarSet,
} from "../../experiments/index.ts";
import { appendMeasured, keepMeasured, measuredLines, Real } from "../measured-lines.ts";
import type { Store } from "../store.ts";
import type { ExperimentView, MonitorFindings, Runner, RunnerHost } from "./runner.ts";
import { seedParts, seedPlaces } from "./seed-parts.ts";
import { trainedNetwork } from "./trained-network.ts";

const isSet = (name: string): name is UnfamiliarSet => name in UNFAMILIAR_SETS;
const OF_OTHER_DATA: readonly UnfamiliarSet[] = ["fashion-mnist", "cifar10"];
/** In the order in which they are measured: those that may not be at hand, and are looked for again, behind all others. */
const SETS = [
  "test",
  ...Object.keys(UNFAMILIAR_SETS)
    .filter(isSet)
    .filter((set) => !OF_OTHER_DATA.includes(set)),
  ...OF_OTHER_DATA,
] as const;

const Line = z.strictObject({
  set: z.enum(["test", ...Object.keys(UNFAMILIAR_SETS).filter(isSet)]),
  examples: z.int().min(0),
  values: z.record(z.string(), Real),
});

export const monitorRunner: Runner<"monitor"> = {
  find,
  parts: (view) => seedPlaces(lengthOf(view).runs),
  async run(job, host, { signal, onEvent }) {
    const { experiment, device } = job;
    const length = lengthOf(job);
    const few = (examples: Examples): Examples => firstExamples(examples, length.testLimit);
    const whole = splitClean(await host.loadData(length.data), length.clean);
    const data = { ...whole, test: few(whole.test) };
    const digits = few((await host.loadData("digits")).test);
    const [fashion, cifar10] = [await atHand(host, "fashion-mnist"), await atHand(host, "cifar10")];
    const others = {
      ...(fashion === undefined ? {} : { "fashion-mnist": few(fashion) }),
      ...(cifar10 === undefined ? {} : { cifar10 }),
    };
    await using measuring = await host.openEngine("cpu", "own");
    await using other = device === "cpu" ? undefined : await host.openEngine(device, "own");
    await using _place = await job.claim();
    const of = length.runs * (length.epochs + SETS.length);
    let done = 0;
    const count = (more: number): void => {
      done += more;
      onEvent({ kind: "count", done, of });
    };
    for (const [seed, part] of seedParts(job, length.runs)) {
      const before = (await measuredLines(part, Line)).filter(({ examples }) => examples > 0);
      const sets = SETS.filter((set) => before.every((line) => line.set !== set));
      const absent = sets.filter((set) => isAbsent(set, others));
      const here = sets.filter((set) => !absent.includes(set));
      const leaveOut = async (): Promise<void> => {
        for (const set of absent) await appendMeasured(part, { set, examples: 0, values: {} });
        count(absent.length);
      };
      if (here.length === 0) {
        await keepMeasured(part, before);
        count(length.epochs + before.length);
        await leaveOut();
        continue;
      }
      const context = { engine: other ?? measuring, clock: host.clock, signal };
      const plan = annealedTraining(experiment, length.epochs, seed);
      const network = await trainedNetwork(part, plan, data, context, count);
      await keepMeasured(part, before);
      count(before.length);
      for await (const one of measureMonitor(
        experiment,
        network,
        { ...data, digits, others },
        here,
        measuring,
        signal,
      )) {
        await appendMeasured(part, one);
        count(1);
      }
      await leaveOut();
    }
    return await find(job);
  },
};

const isAbsent = (set: (typeof SETS)[number], others: MonitorData["others"]): boolean =>
  (set === "fashion-mnist" || set === "cifar10") && others[set] === undefined;

/** The test images of another data set; nothing where it is not there. */
async function atHand({ loadData }: RunnerHost, name: DatasetName): Promise<Examples | undefined> {
  try {
    return (await loadData(name)).test;
  } catch (thrown) {
    if (thrown instanceof GatewiseError && thrown.code === "file-not-found") return undefined;
    throw thrown;
  }
}

async function find(view: ExperimentView<"monitor">): Promise<MonitorFindings> {
  const { experiment, profile } = view;
  const length = lengthOf(view);
  const runs = await Promise.all(
    seedParts(view, length.runs).map(async ([seed, part]) => ({ seed, measured: await linesOf(part) })),
  );
  const missing = runs.flatMap(({ seed, measured }) => {
    const left = SETS.filter((set) => measured.every((line) => line.set !== set));
    if (left.length === SETS.length) return [`seed ${seed}: not measured`];
    return left.length === 0 ? [] : [`seed ${seed}: ${left.join(", ")} not measured`];
  });
  return { kind: "monitor", experiment, profile, length, runs, missing };
}

function lengthOf({ experiment, profile, options }: Omit<ExperimentView<"monitor">, "store">): MonitorProfile {
  const own = experiment.profiles[profile];
  return { ...own, epochs: options.epochs ?? own.epochs, runs: options.seeds ?? own.runs };
}

const linesOf = (part: Store): Promise<readonly MonitorMeasurement[]> => measuredLines(part, Line);
