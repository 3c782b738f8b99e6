import { dirname, resolve } from "node:path";
import { z } from "zod";
import { readBytes } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type Monitor, readMonitor, type WatchedInput, type WatchedInputs } from "../../models/index.ts";
import { parseShare, parseWhole } from "../../parse-value.ts";
import { workerCount } from "../../runs/node/index.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inGlossary } from "../glossary.ts";
import type { ModelOptions } from "../model-option.ts";
import { printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";
import { type Column, formatTable } from "../table.ts";

type Options = Partial<ModelOptions> &
  Readonly<Record<"monitor" | "inputs" | "level" | "top", string>> &
  Readonly<Partial<Record<"threads", string>>>;

interface ScoreRequest {
  /** The model that was given; otherwise the monitor names it. */
  readonly request: ModelRequest | undefined;
  readonly file: string;
  readonly inputs: string;
  readonly level: number;
  readonly top: number;
  readonly threads: number;
}

export const score = inStages(({ context: { environment } }, options: Options): ScoreRequest => {
  const { model, monitor, inputs, level, top, threads, modelOutput, modelInput, inputShape, set } = options;
  if (model === undefined && [modelOutput, modelInput, inputShape, set].some((one) => one !== undefined)) {
    throw new GatewiseError({
      received: "a choice of the model's outputs, inputs or sizes without --model",
      expected: "the model that it is of: the monitor knows the choice of its own",
      next: "add --model M, or leave the choice out",
    });
  }
  return {
    request: model === undefined ? undefined : readModelOptions({ ...options, model }),
    ...{ file: monitor, inputs },
    level: parseShare("--level", level),
    top: parseWhole("--top", top, 0),
    threads: workerCount(threads === undefined ? undefined : parseWhole("--threads", threads, 1), environment),
  };
}, runScore);

async function runScore(asked: ScoreRequest, context: CliContext): Promise<ExitCode> {
  const { file, threads, level, top } = asked;
  const monitor = readMonitor(await readBytes(file), file);
  const request = asked.request ?? requestOf(monitor, file);
  const { model, inputs } = await openModelWithInputs(context, request, asked.inputs, { threads });
  await using _ = model;
  const watched = await withStages(context, (onProgress) =>
    model.watchInputs(monitor, inputs, { level, signal: context.signal, onProgress }),
  );
  printResult(context, { ...watched, examples: watched.examples.map(finite) }, () => describe(watched, top));
  return EXIT.done;
}

const Choice = z.strictObject({
  modelOutput: z.string().exactOptional(),
  modelInput: z.string().exactOptional(),
  inputShape: z.string().exactOptional(),
  set: z.array(z.string()).exactOptional(),
});

/** The model that a monitor was fitted on, from where the two stand beside each other. */
function requestOf({ notes }: Monitor, file: string): ModelRequest {
  const { model, choice = "{}" } = notes;
  try {
    if (model !== undefined) {
      return readModelOptions({ ...Choice.parse(JSON.parse(choice)), model: resolve(dirname(file), model) });
    }
  } catch (cause) {
    if (cause instanceof GatewiseError) throw cause;
  }
  throw new GatewiseError({
    received: `${file}, which does not say what model it was fitted on`,
    expected: "the model's path in its notes",
    next: "give the model: --model M",
  });
}

/** JSON has no −∞: no score where a class has no references. */
const finite = (input: WatchedInput) => ({
  ...input,
  score: Number.isFinite(input.score) ? input.score : null,
  nearest: input.nearest < 0 ? null : input.nearest,
});

const right = (title: string): Column => ({ title, align: "right" });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const quantile = (value: number): string => value.toFixed(3);

function describe({ examples, alarms, level, threshold, heldOut, drift }: WatchedInputs, top: number): string {
  const listed = [...examples.entries()].sort(([i, a], [j, b]) => b.alarm - a.alarm || i - j).slice(0, top);
  const table = formatTable(
    ["input", "predicted", "gates", "softmax", "pixels", "alarm", "nearest"].map(right),
    listed.map(([i, { predicted, gates, softmax, pixels, alarm, raised, nearest }]) => [
      ...[String(i), String(predicted), quantile(gates), quantile(softmax), quantile(pixels)],
      ...[`${raised ? "! " : ""}${quantile(alarm)}`, nearest < 0 ? "–" : String(nearest)],
    ]),
  );
  const { share, low, high, expected, p } = drift;
  return [
    ...(listed.length === 0 ? [] : [table, ""]),
    `${alarms} of ${examples.length} inputs raise an alarm: ${percent(share)} (95 % interval ${percent(low)} to ${percent(high)}), where clean inputs have at most ${percent(expected)} (Fisher's exact test against the ${heldOut} held out: p ${chance(p)})`,
    `an alarm is above ${quantile(threshold)}, the larger quantile that ${percent(level)} of clean inputs stay below`,
    ...describeGates(drift),
    "",
    "It finds inputs unlike those that the network knows, and answers that are likely wrong. Attacks are not claimed: who knows the monitor can move gates and softmax too.",
    inGlossary("quantile, similarity"),
  ].join("\n");
}

function describeGates({ tested, moved, gates }: WatchedInputs["drift"]): readonly string[] {
  const words = `${moved} of ${tested} gates are open more or less often than for the clean inputs (Fisher's exact test, Holm's correction, 5 %)`;
  if (gates.length === 0) return [words];
  return [
    `${words}; those that moved most:`,
    formatTable(
      [{ title: "layer" }, ...["unit", "open before", "now", "p"].map(right)],
      gates.map(({ layer, node, unit, before, now, p }) => [
        ...[`${layer} ${node}`, String(unit), percent(before), percent(now), chance(p)],
      ]),
    ),
  ];
}

const chance = (p: number): string => (p < 1e-4 ? (p === 0 ? "below 1e-300" : p.toExponential(0)) : p.toFixed(4));
