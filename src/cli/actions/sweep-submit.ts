import { createRequire } from "node:module";
import { readBytes } from "../../data/node/index.ts";
import { parseChoice, parseWhole } from "../../parse-value.ts";
import { readTemplate, type Submission, statusCounts } from "../../sweeps/index.ts";
import {
  lookAtAll,
  planSubmission,
  readSweep,
  type Slurm,
  type SubmitOptions,
  type SubmitPlan,
  type SubmittedSweep,
  slurmHere,
  submitSweep,
  testSubmission,
  trialLooker,
} from "../../sweeps/node/index.ts";
import { SCHEDULERS } from "../choices.ts";
import { type CliContext, shellWord } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { note, printResult } from "../output.ts";
import { count } from "../planned-sweep.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { parseDuration } from "../time-limit.ts";

type Options = Readonly<Record<"on" | "taskTime", string>> &
  Readonly<Partial<Record<"template" | "maxRunning" | "rounds", string>>> &
  Readonly<Partial<Record<"retryFailed" | "dryRun", boolean>>>;

interface SubmitRequest {
  readonly directory: string;
  readonly options: SubmitOptions;
  readonly dryRun: boolean;
}

export const submit = inStages((_, directory: string, options: Options) => readRequest(directory, options), runSubmit);

/** Bytes of a job script: Slurm takes four megabytes. */
const LONGEST_SCRIPT = 2 ** 22;

async function readRequest(
  directory: string,
  { on, template, taskTime, maxRunning, rounds, retryFailed = false, dryRun = false }: Options,
): Promise<SubmitRequest> {
  parseChoice("--on", on, SCHEDULERS);
  const script = template === undefined ? undefined : await readBytes(template, LONGEST_SCRIPT);
  const numberOf = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseWhole(flag, text, 1);
  return {
    ...{ directory, dryRun },
    options: {
      template: script && template ? readTemplate(new TextDecoder().decode(script), template) : undefined,
      taskSeconds: parseDuration("--task-time", taskTime) / 1000,
      maxRunning: numberOf("--max-running", maxRunning),
      rounds: numberOf("--rounds", rounds),
      retryFailed,
    },
  };
}

async function runSubmit({ directory, options, dryRun }: SubmitRequest, context: CliContext): Promise<ExitCode> {
  const sweep = await readSweep(directory);
  const looks = await lookAtAll(sweep.trials, await trialLooker(directory, () => Date.now()));
  const slurm = slurmHere(context.environment);
  // compute nodes have neither npx nor this shell's PATH
  const program = [process.execPath, createRequire(import.meta.url).resolve("#dist/main.js")] as const;
  if (dryRun) return await show(await planSubmission({ sweep, looks }, options, slurm, program), slurm, context);
  const now = (): string => new Date().toISOString();
  const { plan, sent } = await submitSweep({ sweep, looks }, options, slurm, program, now);
  printSent({ sweep, looks }, plan, sent, context);
  return EXIT.done;
}

/** What would be sent, and what Slurm says of it. */
async function show(plan: SubmitPlan, slurm: Slurm, context: CliContext): Promise<ExitCode> {
  const answers = await testSubmission(plan, slurm);
  const { directory, tasks, trials, queued, arrays } = plan;
  const told = arrays.map(({ options, script }, i) => ({ options, script, answer: answers[i] }));
  printResult(context, { sweep: directory, tasks, sent: trials, queued, arrays: told }, () =>
    told
      .flatMap(({ options, script, answer }) => [
        `sbatch ${options.map(shellWord).join(" ")} <<'END'`,
        `${script}END`,
        `# ${answer}`,
        "",
      ])
      .concat(arrays.length === 0 ? "nothing to send" : `${count(trials, "trial")}; nothing was sent`)
      .join("\n"),
  );
  return EXIT.done;
}

function printSent(
  { sweep, looks }: SubmittedSweep,
  { tasks, trials, queued, arrays }: SubmitPlan,
  sent: readonly Submission[],
  context: CliContext,
): void {
  const counts = statusCounts(looks);
  const jobs = sent.map(({ job, array, first }) => ({ job, array, first }));
  printResult(context, { sweep: sweep.directory, jobs, tasks, sent: trials, queued, ...counts }, () => {
    const sending = arrays.reduce((sum, { indices }) => sum + indices.length, 0);
    if (sent.length > 0)
      return [
        `${count(trials, "trial")} in ${count(sending, "task")} sent, ${count(sent.length, "array")}:`,
        ...sent.map(({ job, array }) => `  ${job}  --array=${array}`),
      ].join("\n");
    return `nothing to send: ${counts.done} of ${count(counts.trials, "trial")} done`;
  });
  const folder = shown(shellWord(sweep.directory));
  if (queued > 0) note(context, `${count(queued, "trial")} wait or run in Slurm already`);
  if (counts.running > 0 && queued === 0)
    note(context, `${count(counts.running, "trial")} are run by somebody, and not sent`);
  if (counts.failed > 0 && trials === 0)
    note(
      context,
      `${count(counts.failed, "trial")} failed; to send them again:\n  gatewise sweep submit ${folder} --on slurm --retry-failed`,
    );
  if (sent.length > 0) note(context, `to see how far it is:\n  gatewise sweep status ${folder}`);
}
