/** A kernel that is planned by `npk` or `ntk`, to be made by tiles. */
import { resolve } from "node:path";
import { GatewiseError } from "../errors.ts";
import type { TrainingDevice } from "../experiments/index.ts";
import type { Inputs } from "../gates/index.ts";
import type { Model } from "../models/index.ts";
import type { PartedMatrix } from "../models/node/index.ts";
import { parseWhole } from "../parse-value.ts";
import { type KernelPlan, missingTiles, planKernel, writePlan } from "../runs/node/index.ts";
import type { ModelRequest } from "./chosen-model.ts";
import type { CliContext } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printResult } from "./output.ts";
import { withStages } from "./progress.ts";
import { shown } from "./shown.ts";

/** `--plan` and `--tile`. */
export interface PlanOptions {
  readonly plan?: string;
  readonly tile?: string;
}

/** Where a kernel is planned, and how it is cut. */
export interface PlanRequest {
  readonly directory: string;
  readonly tile: number;
}

/**
 * @param others options that say nothing of a plan, by their flags, with what was given
 * @throws GatewiseError for one of the two without the other, or beside what makes the kernel at once
 */
export function parsePlan(
  { plan, tile }: PlanOptions,
  others: Readonly<Record<string, unknown>>,
): PlanRequest | undefined {
  if (plan === undefined && tile === undefined) return undefined;
  if (plan === undefined || tile === undefined) {
    throw new GatewiseError({
      received: plan === undefined ? "--tile without --plan" : "--plan without --tile",
      expected: "the folder of the plan, and the rows and columns of a tile",
      next: plan === undefined ? "add --plan DIR, or leave --tile out" : "add --tile N: 1024, say",
    });
  }
  const [given] = Object.entries(others).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (given !== undefined) {
    throw new GatewiseError({
      received: `--plan with ${given}`,
      expected: "what decides the numbers of a whole kernel: tasks make it later",
      next: `leave ${given} out`,
    });
  }
  return { directory: plan, tile: parseWhole("--tile", tile, 1) };
}

/** What is planned, as the command has read it. */
export interface Planned {
  readonly model: Model;
  readonly inputs: Inputs;
  readonly inputs2: Inputs | undefined;
  readonly matrix: PartedMatrix;
  readonly files: { readonly inputs: string; readonly inputs2: string | undefined };
  readonly chosen: ModelRequest;
  readonly device: TrainingDevice;
}

export async function runPlan(
  context: CliContext,
  { directory, tile }: PlanRequest,
  { model, inputs, inputs2, matrix, files, chosen, device }: Planned,
): Promise<ExitCode> {
  const { output, input, inputShape } = chosen.choice;
  const places = {
    model: {
      path: resolve(chosen.model),
      choice: {
        ...(output === undefined ? {} : { output: String(output) }),
        ...(input === undefined ? {} : { input }),
        ...(inputShape === undefined ? {} : { inputShape: [...inputShape] }),
      },
      set: Object.fromEntries(
        [...chosen.set].map(([name, value]) => [name, typeof value === "string" ? resolve(value) : value]),
      ),
    },
    inputs: resolve(files.inputs),
    inputs2: files.inputs2 === undefined ? undefined : resolve(files.inputs2),
    device,
  };
  // of the processor: a login node has other work beside this
  const clock = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const plan = await withStages(context, (onProgress) =>
    planKernel({ model, inputs, inputs2, matrix, tile, places, clock }, { signal: context.signal, onProgress }),
  );
  await writePlan(directory, plan);
  const missing = await missingTiles(directory, plan);
  const { estimate } = plan;
  printResult(context, { plan: directory, matrix, tile, ...estimate, missing: missing.length }, () =>
    describe(directory, plan, missing.length),
  );
  return EXIT.done;
}

function describe(directory: string, { matrix, tile, inputs, inputs2, estimate }: KernelPlan, missing: number): string {
  const { tiles, coreHours, secondsPerTile, memoryBytes, diskBytes } = estimate;
  const columns = matrix.kind === "features" ? matrix.features : (inputs2 ?? inputs).examples;
  const what =
    matrix.kind === "features"
      ? `${columns} random path features of ${inputs.examples} inputs`
      : `a kernel of ${inputs.examples} × ${columns} inputs`;
  const command = `gatewise ${matrix.kind === "ntk" ? "ntk" : "npk"}`;
  const there = missing === tiles ? "" : `, ${tiles - missing} of them there already`;
  return [
    `${what} in ${tiles} ${tiles === 1 ? "tile" : "tiles"} of ${tile}${there}, planned in ${shown(directory)}`,
    `about ${hoursText(coreHours)} of a core in all, ${formatDuration(secondsPerTile)} a tile; ${megabytes(memoryBytes)} of memory a task, ${megabytes(diskBytes)} of disk`,
    `to make it:  ${command} run ${shown(directory)}   (in an array of a scheduler each task takes its share)`,
    `then:        ${command} gather ${shown(directory)} --out FILE.npy`,
  ].join("\n");
}

const hoursText = (hours: number): string => (hours < 48 ? formatDuration(3600 * hours) : `${Math.round(hours)} h`);

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
