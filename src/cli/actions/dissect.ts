import { DATASET_NAMES } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type ArmSummary,
  DISSECTION_ROWS,
  type DissectionRow,
  dissectionAnswer,
  type GateShare,
  shareInGates,
  summarizeArms,
} from "../../experiments/index.ts";
import { parseChoice, parsePositive, parseWhole } from "../../parse-value.ts";
import {
  type Dissected,
  type DissectRequest,
  dissectBefore,
  localPool,
  runExperiment,
  workerCount,
  writeResults,
} from "../../runs/node/index.ts";
import { OPTIMIZER_KINDS, optimizer } from "../../train/index.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { experimentProgress } from "../experiment-progress.ts";
import { inFlags } from "../in-flags.ts";
import { endInterrupted } from "../interruption.ts";
import { note, printResult } from "../output.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface DissectOptions {
  readonly model: string;
  readonly data: string;
  readonly dataDir?: string;
  readonly quick?: boolean;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly optimizer: string;
  readonly lr?: string;
  readonly batch: string;
  readonly apart?: boolean;
  readonly anew?: boolean;
  readonly kernelExamples: string;
  readonly workers?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

interface DissectAsked extends DissectRequest {
  readonly directory: string;
  readonly workers: number;
  readonly resume: boolean;
  readonly command: string;
}

export const dissect = inStages(({ context }, options: DissectOptions) => readRequest(options, context), runDissect);

/** Examples, epochs and seeds of an answer in a minute, and of one with an interval. */
const LENGTHS = {
  quick: { seeds: 1, epochs: 5, limit: 10_000 },
  full: { seeds: 3, epochs: 20 },
} as const;

function readRequest(options: DissectOptions, { cacheDir, command, environment }: CliContext): DissectAsked {
  const { model, dataDir, quick = false, apart = false, anew = false, lr, resume = false } = options;
  const data = parseChoice("data set", options.data, DATASET_NAMES);
  const kind = parseChoice("optimizer", options.optimizer, OPTIMIZER_KINDS);
  const length = LENGTHS[quick ? "quick" : "full"];
  const count = (name: string, text: string | undefined, usual: number): number =>
    text === undefined ? usual : parseWhole(name, text, 1);
  const rate = lr === undefined ? undefined : parsePositive("--lr", lr);
  const usualRate = (convolutional: boolean): number => (kind === "sgd" ? 1e-2 : convolutional ? 3e-4 : 1e-3);
  const label = model
    .replace(/[/\\]+$/, "")
    .replace(/^.*[/\\]/, "")
    .replace(/\.onnx$/, "");
  return {
    ...{ model, data, apart, anew, resume, command },
    ...length,
    seeds: count("--seeds", options.seeds, length.seeds),
    epochs: count("--epochs", options.epochs, length.epochs),
    batch: parseWhole("--batch", options.batch, 1),
    kernelExamples: parseWhole("--kernel-examples", options.kernelExamples, 10),
    optimizer: (convolutional) => optimizer(kind, rate ?? usualRate(convolutional)),
    places: { dataDir: dataDir ?? null, cacheDir },
    directory: options.out ?? `runs/dissect-${label}-${data}`,
    workers: workerCount(
      options.workers === undefined ? undefined : parseWhole("--workers", options.workers, 1),
      environment,
    ),
  };
}

async function runDissect(request: DissectAsked, context: CliContext): Promise<ExitCode> {
  const { data, places, directory, workers, resume, command } = request;
  const { signal } = context;
  const clock = (): number => performance.now();
  noteUnreadPlace(context, data, places.dataDir);
  const before = await dissectBefore(request, { clock, signal });
  if (before.notice !== undefined) note(context, shown(before.notice));
  const { experiment, networks, machines } = before;
  const { arms, runs } = experiment.profiles.quick;
  note(
    context,
    `accuracy ${before.accuracy.toFixed(2)} %; kernel machine on ${machines.examples} test inputs: ${machines.gates.accuracy.toFixed(1)} % by its gates, ${machines.random.accuracy.toFixed(1)} % by random ones`,
  );
  note(
    context,
    `${arms.length * runs} trainings of ${request.epochs} epoch${request.epochs === 1 ? "" : "s"}, ${workers} at a time, into ${shown(directory)}: about ${formatDuration(before.seconds / Math.min(workers, arms.length * runs))}`,
  );
  const asked = {
    ...{ experiment, networks, directory, places, command, resume },
    profile: "quick",
    options: {},
    device: "cpu",
  } as const;
  const view = experimentProgress(context, { ...asked, workers });
  let findings: Awaited<ReturnType<typeof runExperiment>>;
  try {
    findings = await runExperiment(asked, {
      executor: (context.executor ?? localPool)(workers),
      onEvent: view.onEvent,
      ...{ signal, clock },
    });
  } finally {
    view.close();
  }
  if (findings.kind !== "arms") throw new Error(`unreachable: findings of ${findings.kind}`);
  const failed = [...findings.outcomes.values()].find((outcome) => outcome.status === "failed");
  if (failed?.status === "failed") throw GatewiseError.of(inFlags(failed.message), inFlags(failed.hint), failed.code);
  if (findings.missing.length > 0) {
    return endInterrupted(context, resume ? context.command : `${context.command} --resume`);
  }
  const rows = summarizeArms(arms, findings.states);
  const { writeReport } = await import("../../report/node/index.ts");
  const report = await writeReport([directory], { command, createdAt: new Date().toISOString() });
  const result = { ...resultOf(request, before, rows), report };
  await writeResults(directory, experiment, result);
  printResult(context, result, () => textOf(result));
  return EXIT.done;
}

/** A row of the answer; accuracies in percent. */
interface Row {
  readonly what: "model" | DissectionRow | "kernel of its gates" | "kernel of random gates";
  readonly title: string;
  readonly mean: number;
  readonly std: number;
  readonly runs: readonly number[];
}

function resultOf({ model, data }: DissectAsked, before: Dissected, trained: readonly ArmSummary[]) {
  const runsOf = (row: DissectionRow): readonly number[] => trained.find(({ regime }) => regime === row)?.runs ?? [];
  const { accuracy, loss, testExamples, digest, machines } = before;
  const [gates, random] = [runsOf("gates"), runsOf("random")];
  const share = shareInGates(accuracy, gates, random, testExamples);
  const single = (what: Row["what"], title: string, value: number): Row => ({
    ...{ what, title },
    ...{ mean: value, std: 0, runs: [value] },
  });
  const on = `fitted on ${machines.examples} test inputs, ${machines.tested} others`;
  const by = (one: Dissected["machines"]["gates"]): string =>
    one.by === "exact" ? "exact path kernel" : "path kernel by random features";
  const names = Object.keys(DISSECTION_ROWS).filter((name): name is DissectionRow => name in DISSECTION_ROWS);
  const rows: readonly Row[] = [
    single("model", "the network itself", accuracy),
    ...names.flatMap((what) =>
      trained
        .filter(({ regime }) => regime === what)
        .map(({ title, mean, std, runs }): Row => ({ what, title, mean, std, runs })),
    ),
    single("kernel of its gates", `${by(machines.gates)} of its gates, ${on}`, machines.gates.accuracy),
    single("kernel of random gates", `${by(machines.random)} of random gates, ${on}`, machines.random.accuracy),
  ];
  return {
    model: { path: model, digest, accuracy, loss, examples: testExamples },
    data,
    rows,
    shareInGates: share satisfies GateShare | null,
    answer: dissectionAnswer(accuracy, gates, random, share),
  };
}

const textOf = ({ rows, answer, report }: ReturnType<typeof resultOf> & { readonly report: string }): string =>
  [
    formatTable(
      [
        { title: "what" },
        { title: "accuracy %", align: "right" },
        { title: "±", align: "right" },
        { title: "runs", align: "right" },
      ],
      rows.map(({ title, mean, std, runs }) => [
        title,
        mean.toFixed(2),
        runs.length > 1 ? std.toFixed(2) : "",
        String(runs.length),
      ]),
    ),
    "",
    answer,
    "",
    `report  ${shown(report)}`,
  ].join("\n");
