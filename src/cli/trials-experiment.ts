import { join } from "node:path";
import { isComparison, type ProfileName, type SummaryRow, summarize, type Trial } from "../experiments/index.ts";
import { largestOf, smallestOf } from "../graph/index.ts";
import { REGIME_NAMES, REGIMES, type RegimeName } from "../network/index.ts";
import { missingLines, type TrialState } from "../runs/index.ts";
import { type ExperimentOutcome, type ExperimentRequest, runExperiment, trialsFor } from "../runs/node/index.ts";
import { dim, red } from "./colors.ts";
import { armRows, armTable, withProtocolNote } from "./comparison-experiment.ts";
import { type CliContext, commandLine } from "./context.ts";
import { noteUnreadPlace } from "./data-place.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { interruptedCode, interruptionOf } from "./interruption.ts";
import { formatTable, note, printResult } from "./output.ts";
import { trialProgress } from "./progress.ts";
import { reportOf } from "./report-of.ts";
import { shown } from "./shown.ts";

/** What `reproduce` and `demo` run. */
export interface TrialsRequest extends ExperimentRequest {
  readonly workers: number;
}

/** Runs the trials of an experiment, several at a time, and writes their table and report. */
export async function reproduceTrials(request: TrialsRequest, context: CliContext): Promise<ExitCode> {
  const trials = trialsFor(request);
  note(
    context,
    `${request.experiment.title}: ${trials.length} trials of ${epochWords(trials)}, ${request.workers} at a time, into ${shown(request.directory)}`,
  );
  noteUnreadPlace(context, request.experiment.profiles[request.profile].data, request.places.dataDir);
  const view = trialProgress(
    context,
    trials.map(({ id, plan, learntFrom }) => ({ id, plan, after: learntFrom?.trial })),
    request,
  );
  let outcome: ExperimentOutcome;
  try {
    outcome = await runExperiment(request, { workers: request.workers, signal: context.signal, onEvent: view.onEvent });
  } finally {
    view.close();
  }
  const file = join(request.directory, "report.html");
  if (!context.signal.aborted) {
    return finish(request, outcome, await reportOf([request.directory], file, context), context);
  }
  // the figures of a large table take longer than a stopped command has
  const code = finish(request, outcome, file, context);
  context.onSaid?.(code);
  await reportOf([request.directory], file, context);
  return code;
}

/** `10 epochs`, or `6 to 10 epochs`. */
function epochWords(trials: readonly Trial[]): string {
  const lengths = trials.map(({ plan }) => plan.epochs);
  const [least, most] = [smallestOf(lengths), largestOf(lengths)];
  return `${least === most ? most : `${least} to ${most}`} epochs`;
}

/** Rows of the experiment's table and the table itself. */
function resultsOf({ experiment, profile }: TrialsRequest, states: readonly TrialState[]) {
  if (isComparison(experiment)) {
    const rows = armRows(experiment, profile, states);
    return { rows, table: armTable(rows, profile) };
  }
  const results = states.flatMap(({ regime, bestTestAccuracy }) => {
    const name = REGIME_NAMES.find((one) => one === regime);
    return name === undefined || bestTestAccuracy === null ? [] : [{ regime: name, bestTestAccuracy }];
  });
  const rows = summarize(experiment, results);
  return { rows, table: regimeTable(rows, profile) };
}

function finish(
  request: TrialsRequest,
  { trials, outcomes, states }: ExperimentOutcome,
  report: string,
  context: CliContext,
): ExitCode {
  const ended = trials.map(({ id }) => ({ id, outcome: outcomes.get(id) }));
  const failed = ended.flatMap(({ id, outcome }) =>
    outcome?.status === "failed" ? [{ id, message: outcome.message, hint: outcome.hint }] : [],
  );
  const missing = states
    .filter(({ status }) => status !== "completed")
    .map(({ bestTestAccuracy: _, ...state }) => state);
  const lines = missingLines(states);
  const { experiment, profile } = request;
  const { rows, table } = resultsOf(request, states);
  const result = { experiment: experiment.name, profile, rows, report, failed, missing };
  printResult(context, result, () =>
    [
      table,
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
  return context.signal.aborted ? interruptedCode(context.signal) : EXIT.failed;
}

const resumeCommand = ({ experiment, profile, options, directory, places, device }: TrialsRequest): string =>
  commandLine([
    ...["reproduce", experiment.name, "--profile", profile, "--out", directory],
    ...(places.dataDir === null ? [] : ["--data-dir", places.dataDir]),
    ...(options.regimes === undefined ? [] : ["--regimes", options.regimes.join(",")]),
    ...(options.seeds === undefined ? [] : ["--seeds", String(options.seeds)]),
    ...(options.epochs === undefined ? [] : ["--epochs", String(options.epochs)]),
    ...(device === "cpu" ? [] : ["--device", device]),
    "--resume",
  ]);

/** Results beside the published figures. */
function regimeTable(rows: readonly SummaryRow[], profile: ProfileName): string {
  const plusMinus = ([mean, std]: readonly [number, number]): string => `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
  const title = (regime: RegimeName): string => REGIMES[regime].title;
  const table = formatTable(
    [
      { title: "regime" },
      { title: "test accuracy %", align: "right" },
      { title: "runs", align: "right" },
      { title: "published", align: "right" },
      { title: "difference", align: "right" },
    ],
    rows.map(({ regime, mean, std, runs, published }) => [
      title(regime),
      plusMinus([mean, std]),
      String(runs.length),
      published === null ? "–" : plusMinus(published),
      published === null ? "–" : (mean - published[0] >= 0 ? "+" : "") + (mean - published[0]).toFixed(2),
    ]),
  );
  return profile === "full" ? table : withProtocolNote(table);
}
