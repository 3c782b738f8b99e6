import { join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import { type KernelParts, openKernelParts } from "../../models/node/index.ts";
import { parseWhole } from "../../parse-value.ts";
import {
  checkPlanned,
  claimResult,
  gatherPlanned,
  type KernelPlan,
  type MadeTiles,
  makePlannedTiles,
  readInputs,
  readPlan,
  tileNumbers,
  workerCount,
} from "../../runs/node/index.ts";
import { type ArrayTask, arrayTask } from "../../sweeps/index.ts";
import { type ModelRequest, openModelWithInputs } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";

interface RunRequest {
  readonly directory: string;
  /** Of the tiles, as many tasks as there are tiles where nobody tells their number. */
  readonly share: ArrayTask | undefined;
  readonly threads: number;
  readonly command: string;
}

export const runTiles = inStages(
  (
    { command, context: { environment } },
    directory: string,
    { task, tasks, threads }: Readonly<Partial<Record<"task" | "tasks" | "threads", string>>>,
  ): RunRequest => ({
    directory,
    share: arrayTask(
      {
        task: task === undefined ? undefined : parseWhole("--task", task, 0),
        tasks: tasks === undefined ? undefined : parseWhole("--tasks", tasks, 1),
      },
      environment,
    ),
    threads: workerCount(threads === undefined ? undefined : parseWhole("--threads", threads, 1), environment),
    command: command.parent?.name() ?? "",
  }),
  runRun,
);

async function runRun({ directory, share, threads, command }: RunRequest, context: CliContext): Promise<ExitCode> {
  const plan = await planOf(directory, command);
  const made = await withStages(context, (onProgress) =>
    makePlannedTiles(directory, plan, () => openParts(plan, threads, context), {
      ...{ share, onProgress, signal: context.signal },
      onTile: (tile) => note(context, `tile ${tile} of ${plan.estimate.tiles} is there`),
    }),
  );
  const told = { plan: directory, task: share?.task ?? null, tasks: share?.tasks ?? null, ...made };
  printResult(context, told, () => describe(directory, command, made));
  return EXIT.done;
}

/** What makes the tiles of a plan; the model is released with it. */
async function openParts(plan: KernelPlan, threads: number, context: CliContext): Promise<KernelParts> {
  const { inputs, inputs2, device, matrix } = plan;
  const { model, ...read } = await openModelWithInputs(context, chosenIn(plan), inputs.path, { device, threads });
  try {
    const others = inputs2 === null ? undefined : await readInputs(model, inputs2.path);
    const found = { model, inputs: read.inputs, inputs2: others };
    await checkPlanned(plan, found);
    const parts = await openKernelParts(model, matrix, found, threads, { signal: context.signal });
    return {
      ...parts,
      [Symbol.asyncDispose]: async () => {
        await parts[Symbol.asyncDispose]();
        await model[Symbol.asyncDispose]();
      },
    };
  } catch (thrown) {
    await model[Symbol.asyncDispose]();
    throw thrown;
  }
}

function chosenIn({ model: { path, choice, set } }: KernelPlan): ModelRequest {
  const { output, input, inputShape } = choice;
  return {
    model: path,
    choice: {
      ...(output === undefined ? {} : { output }),
      ...(input === undefined ? {} : { input }),
      ...(inputShape === undefined ? {} : { inputShape }),
    },
    set: new Map(Object.entries(set)),
  };
}

/** @throws GatewiseError for the plan of the other command */
async function planOf(directory: string, command: string): Promise<KernelPlan> {
  const plan = await readPlan(directory);
  const owner = plan.matrix.kind === "ntk" ? "ntk" : "npk";
  if (owner === command) return plan;
  throw new GatewiseError({
    received: `${command} for ${directory}, which is a plan of ${owner}`,
    expected: "a plan of this command",
    next: `gatewise ${owner} run ${directory}`,
  });
}

function describe(directory: string, command: string, { tiles, made, missing }: MadeTiles): string {
  const done = `${made} of ${tiles} tiles made here`;
  if (missing.length > 0) {
    return `${done}; ${missing.length} are being made by others: ${tileNumbers(missing)}`;
  }
  return `${done}; all are there: gatewise ${command} gather ${shown(directory)} --out FILE.npy`;
}

const EIGENVALUE_LEFT_OUT =
  "smallest eigenvalue left out: gatewise ntk with --smallest-eigenvalue in place of --plan tells it, of up to 10,000 inputs";

export const gatherTiles = inStages(
  ({ command }, directory: string, { out }: { readonly out: string }) => ({
    directory,
    out,
    command: command.parent?.name() ?? "",
  }),
  runGather,
);

interface GatherRequest {
  readonly directory: string;
  readonly out: string;
  readonly command: string;
}

async function runGather({ directory, out, command }: GatherRequest, context: CliContext): Promise<ExitCode> {
  const plan = await planOf(directory, command);
  const { model, inputs, inputs2, matrix } = plan;
  await using result = await claimResult(out, { "the plan": join(directory, "plan.json") }, [
    model.path,
    inputs.path,
    ...(inputs2 === null ? [] : [inputs2.path]),
  ]);
  const summary = await withStages(context, (onProgress) =>
    gatherPlanned(directory, plan, { path: result.path, lock: result }, { signal: context.signal, onProgress }),
  );
  const { kind, ...options } = matrix;
  printResult(context, { ...summary, matrix: kind, ...options, out }, () =>
    [
      `${kind === "features" ? "random path features" : "kernel"} [${summary.shape.join(", ")}] written to ${shown(out)}`,
      ...(summary.trace === null ? [] : [`trace ${summary.trace.toPrecision(8)}`]),
      ...(summary.frobenius === null ? [] : [`Frobenius norm ${summary.frobenius.toPrecision(6)}`]),
      ...(kind === "ntk" && plan.inputs2 === null ? [EIGENVALUE_LEFT_OUT] : []),
    ].join("\n"),
  );
  return EXIT.done;
}
