import { basename, resolve } from "node:path";
import { readBytes } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type NetworkPart, USUAL_TRAINING } from "../../experiments/index.ts";
import { readSpecification, type SweepSpecification } from "../../sweeps/index.ts";
import {
  type PlanHost,
  planTrainings,
  type ReadPoint,
  readPoints,
  sizesOfData,
  timePlans,
  trainingsOf,
} from "../../sweeps/node/index.ts";
import { readModelPart, withModelHints } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { dataScratch } from "../data-scratch.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { note } from "../output.ts";
import { printPlan } from "../planned-sweep.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";

interface PlanOptions {
  readonly out: string;
  readonly dataDir?: string;
}

interface PlanRequest {
  /** The specification's. */
  readonly file: string;
  readonly written: unknown;
  readonly points: readonly ReadPoint[];
  readonly part: NetworkPart | undefined;
  readonly directory: string;
  readonly dataDir: string | null;
}

export const plan = inStages((_, file: string, options: PlanOptions) => readRequest(file, options), runPlan);

/** Bytes of a specification: a list of 100,000 trials takes a tenth. */
const LONGEST_FILE = 2 ** 26;

async function readRequest(file: string, { out, dataDir }: PlanOptions): Promise<PlanRequest> {
  const text = new TextDecoder().decode(await readBytes(file, LONGEST_FILE));
  const specification = readSpecification(text, basename(file));
  const place = dataDir ?? textOf(specification, "dataDir", file);
  return {
    file,
    written: JSON.parse(text),
    points: readPoints(specification, basename(file)),
    part: readModelPart({
      modelInput: textOf(specification, "modelInput", file),
      inputShape: textOf(specification, "inputShape", file),
      set: listOf(specification.places.set),
    }),
    directory: out,
    dataDir: place === undefined ? null : resolve(place),
  };
}

/** A place of base, as a command line has it: a text, or a list of numbers with commas. */
function textOf(
  { places }: SweepSpecification,
  name: "dataDir" | "modelInput" | "inputShape",
  file: string,
): string | undefined {
  const value = places[name];
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  if (name === "inputShape" && Array.isArray(value)) return value.join();
  throw new GatewiseError({
    received: `${basename(file)}, base.${name}: ${JSON.stringify(value)}`,
    expected: "a text",
    next: "mend the file",
  });
}

const listOf = (value: unknown): string[] | undefined =>
  value === undefined ? undefined : (Array.isArray(value) ? value : [value]).map(String);

async function runPlan(
  { file, written, points, part, directory, dataDir }: PlanRequest,
  context: CliContext,
): Promise<ExitCode> {
  const { environment, cacheDir, command } = context;
  const places = { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir };
  const own = points.find(({ options }) => typeof (options.data ?? USUAL_TRAINING.data) !== "string");
  await using scratch = await dataScratch(own?.options.data, cacheDir);
  const onNotice = (text: string): void => note(context, shown(inFlags(text)));
  const asked = await withModelHints(context, () =>
    trainingsOf(points, { file: basename(file), part, places, scratch, onNotice }),
  );
  const of = { kind: "options", file: resolve(file), specification: written } as const;
  const planned = await planTrainings(asked, of, { directory, command, dataDir }, planHost(places, context));
  printPlan(context, planned);
  return EXIT.done;
}

/** How data are looked at and steps timed. */
export const planHost = (places: Parameters<typeof sizesOfData>[1], context: CliContext): PlanHost => ({
  sizes: (data) => sizesOfData(data, places, (text) => note(context, shown(inFlags(text)))),
  time: (plans) => timePlans(plans, { clock: processorClock, signal: context.signal }),
});

/** Milliseconds that the processor worked for this process: hours of a core are told, whatever else runs meanwhile. */
function processorClock(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
