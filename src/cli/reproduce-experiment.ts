import { join } from "node:path";
import type { Scratch } from "../data/node/index.ts";
import { experimentOnFiles, type TrainingOptions, type Trial } from "../experiments/index.ts";
import { largestOf, smallestOf } from "../graph/index.ts";
import { type Findings, type FindingsOf, trialsAsked } from "../runs/index.ts";
import { describeData, type ExperimentRequest, localPool, runExperiment, writeResults } from "../runs/node/index.ts";
import { dim, red } from "./colors.ts";
import { type CliContext, commandLine } from "./context.ts";
import { noteUnreadPlace } from "./data-place.ts";
import { dataScratch } from "./data-scratch.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { experimentProgress } from "./experiment-progress.ts";
import { shownResults } from "./experiment-tables.ts";
import { inFlags } from "./in-flags.ts";
import { interruptedCode, interruptionOf } from "./interruption.ts";
import { note, printResult } from "./output.ts";
import { shown } from "./shown.ts";

/** What `reproduce` and `demo` run. */
export interface ReproduceRequest extends ExperimentRequest {
  /** Trials side by side. */
  readonly workers: number;
  /** Files of one's own in place of the experiment's data, and how they are read. */
  readonly data?: TrainingOptions;
}

/** Runs an experiment, or goes on with it, and writes its table and report. */
export async function reproduceExperiment(asked: ReproduceRequest, context: CliContext): Promise<ExitCode> {
  await using scratch = await dataScratch(asked.data?.data, asked.places.cacheDir);
  const request = await onFiles(asked, scratch, context);
  const { experiment, profile, directory, places, workers } = request;
  const trials = trialsAsked(request);
  if (trials.length > 0) {
    const size = `${trials.length} trials of ${epochWords(trials)}, ${workers} at a time`;
    note(context, `${experiment.title}: ${size}, into ${shown(directory)}`);
  }
  if (experiment.kind !== "trees" && experiment.kind !== "theorem" && request.data === undefined)
    noteUnreadPlace(context, experiment.profiles[profile].data, places.dataDir);
  const view = experimentProgress(context, request);
  let findings: Findings;
  try {
    findings = await runExperiment(request, {
      executor: (context.executor ?? localPool)(workers),
      signal: context.signal,
      onEvent: view.onEvent,
      clock: () => performance.now(),
    });
  } finally {
    view.close();
  }
  const file = join(directory, "report.html");
  if (!context.signal.aborted)
    return await finish(request, findings, await reportOf(directory, request.places.dataDir, context), context);
  // the figures of a large table take longer than a stopped command has
  const code = await finish(request, findings, file, context);
  context.onSaid?.(code);
  await reportOf(directory, request.places.dataDir, context);
  return code;
}

/** The experiment on the files that were given, once they were looked at. */
export async function onFiles(
  request: ReproduceRequest,
  scratch: Scratch | undefined,
  context: CliContext,
): Promise<ReproduceRequest> {
  const { experiment, data, places } = request;
  if (data === undefined || (experiment.kind !== "regimes" && experiment.kind !== "arms")) return request;
  const { environment, cacheDir } = context;
  const described = await describeData(data, { environment, cacheDir }, scratch);
  if (described === undefined) throw new Error("unreachable: files that were not described");
  for (const text of described.told) note(context, shown(inFlags(text)));
  return {
    ...request,
    experiment: experimentOnFiles(experiment, described),
    places: { ...places, scratch: scratch?.path },
  };
}

async function reportOf(
  directory: string,
  dataDir: string | null,
  { command, environment, cacheDir }: CliContext,
): Promise<string> {
  // loaded now, not at the start: drawing takes longer to load than most commands take
  const { writeReport } = await import("../report/node/index.ts");
  return await writeReport([directory], {
    ...{ command, createdAt: new Date().toISOString() },
    places: { environment, cacheDir, ...(dataDir === null ? {} : { dataDir }) },
  });
}

/** `10 epochs`, or `6 to 10 epochs`. */
function epochWords(trials: readonly Trial[]): string {
  const lengths = trials.map(({ plan }) => plan.epochs);
  const [least, most] = [smallestOf(lengths), largestOf(lengths)];
  return `${least === most ? most : `${least} to ${most}`} epochs`;
}

async function finish(
  request: ReproduceRequest,
  findings: Findings,
  report: string,
  context: CliContext,
): Promise<ExitCode> {
  if (findings.kind === "regimes" || findings.kind === "arms") return finishTrials(request, findings, report, context);
  const { experiment, profile, directory } = request;
  const { json, text } = shownResults(findings);
  const result = { experiment: experiment.name, profile, ...json };
  const all = { ...result, report };
  if (findings.kind !== "watched") {
    await writeResults(directory, experiment, findings.kind === "theorem" ? result : all);
  }
  printResult(context, all, () =>
    findings.kind === "watched" ? `${text}; report  ${shown(report)}` : `${text}\nreport  ${shown(report)}`,
  );
  return EXIT.done;
}

function finishTrials(
  request: ReproduceRequest,
  findings: FindingsOf<"regimes"> | FindingsOf<"arms">,
  report: string,
  context: CliContext,
): ExitCode {
  const { trials, outcomes, states } = findings;
  const ended = trials.map(({ id }) => ({ id, outcome: outcomes.get(id) }));
  const failed = ended.flatMap(({ id, outcome }) =>
    outcome?.status === "failed"
      ? [{ id, code: outcome.code, message: inFlags(outcome.message), hint: inFlags(outcome.hint) }]
      : [],
  );
  const missing = states
    .filter(({ status }) => status !== "completed")
    .map(({ bestTestAccuracy: _, ...state }) => state);
  const lines = findings.missing;
  const { json, text } = shownResults(findings);
  const result = { experiment: request.experiment.name, profile: request.profile, ...json, report, failed, missing };
  printResult(context, result, () =>
    [
      text,
      ...(lines.length === 0 ? [] : ["", "missing", ...lines.map((line) => `  ${line}`)]),
      "",
      `report  ${shown(report)}`,
    ].join("\n"),
  );
  for (const { id, message, hint } of failed)
    note(context, `${red("failed")} ${id}: ${shown(message)}\n${dim("  →")} ${shown(hint)}`);
  if (missing.length + failed.length === 0) return EXIT.done;
  if (context.signal.aborted) note(context, interruptionOf(context.signal));
  note(context, `${missing.length} of ${trials.length} trials are not done; to go on:\n  ${resumeCommand(request)}`);
  if (context.signal.aborted) return interruptedCode(context.signal);
  return failed.length > 0 && failed.every(({ code }) => code === "taken-over") ? EXIT.takenOver : EXIT.failed;
}

const resumeCommand = (request: ReproduceRequest): string =>
  request.data === undefined ? ownCommand(request) : request.resume ? request.command : `${request.command} --resume`;

const ownCommand = ({ experiment, profile, options, directory, places, device }: ReproduceRequest): string =>
  commandLine([
    ...["reproduce", experiment.name, "--profile", profile, "--out", directory],
    ...(places.dataDir === null ? [] : ["--data-dir", places.dataDir]),
    ...(options.regimes === undefined ? [] : ["--regimes", options.regimes.join(",")]),
    ...(options.seeds === undefined ? [] : ["--seeds", String(options.seeds)]),
    ...(options.epochs === undefined ? [] : ["--epochs", String(options.epochs)]),
    ...(device === "cpu" ? [] : ["--device", device]),
    "--resume",
  ]);
