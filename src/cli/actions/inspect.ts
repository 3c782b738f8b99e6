import { writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { Description, GateDifferences, Model } from "../../models/index.ts";
import { gatePositions, hasHardGates, isLayered, outputCount, partsOfNetwork } from "../../network/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { claimResult, readRun } from "../../runs/node/index.ts";
import {
  type ModelRequest,
  type OpenedModel,
  openModel,
  openModelWithInputs,
  readModelOptions,
} from "../chosen-model.ts";
import { COMMAND_NAMES, type CommandName } from "../command-names.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { ModelOptions } from "../model-option.ts";
import { printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface InspectOptions extends ModelOptions {
  readonly inputs: string;
  readonly check?: string;
  readonly architecture?: string;
}

interface InspectRequest {
  readonly request: ModelRequest;
  readonly examples: number;
  readonly check: string | undefined;
  readonly architecture: string | undefined;
}

export const inspect = inStages(
  (_, options: InspectOptions) => ({
    request: readModelOptions(options),
    examples: parseWhole("--inputs", options.inputs, 1),
    check: options.check,
    architecture: options.architecture,
  }),
  inspectModel,
);

/** What was written, where it was asked for. */
interface WrittenArchitecture {
  readonly file: string;
  readonly form: "layers" | "nodes";
}

interface Inspected extends Description {
  readonly architecture?: WrittenArchitecture;
  /** Commands. */
  readonly supported: readonly string[];
  /** Of the inputs that were given to be checked. */
  readonly gateDifferences?: GateDifferences;
}

type Asked = Pick<Model, "network" | "source"> & Pick<Description, "pathKernel">;

const always = (name: CommandName) => (): string => name;
const never = (): undefined => undefined;
const where = (name: CommandName, can: (of: Asked) => boolean) => (of: Asked) => (can(of) ? name : undefined);

/** How each command is called for a network; those that take none, or are told already, have no place in the list. */
const SUPPORT = {
  demo: never,
  train: never,
  reproduce: never,
  sweep: never,
  dissect: where("dissect", canBeDissected),
  evaluate: always("evaluate"),
  inspect: never,
  gates: always("gates"),
  npk: ({ pathKernel }) => (pathKernel === "random features only" ? "npk --features R" : "npk"),
  ntk: always("ntk"),
  neighbors: always("neighbors"),
  influence: ({ pathKernel }) => (pathKernel === "random features only" ? "influence --features R" : "influence"),
  "kernel-fit": never,
  paths: always("paths"),
  flow: always("flow"),
  subnetwork: where("subnetwork", ({ network }) => outputCount(network) > 1),
  monitor: where("monitor", canBeMonitored),
  studio: always("studio"),
  report: never,
  export: where("export", ({ source }) => source.kind === "run"),
  data: never,
} as const satisfies Record<CommandName, (of: Asked) => string | undefined>;

const supportedBy = ({ network, source }: Pick<Model, "network" | "source">, { pathKernel }: Description) =>
  COMMAND_NAMES.flatMap((name): readonly string[] => {
    const call = SUPPORT[name]({ network, source, pathKernel });
    return call === undefined ? [] : [call];
  });

function canBeMonitored({ network, source }: Asked): boolean {
  const learntValues = source.kind === "run" && source.isRegression === true;
  return gatePositions(network).length > 0 && hasHardGates(network) && !learntValues;
}

/** Whether fresh values can learn behind its gates: they are its own, and of kinds that are trained. */
function canBeDissected({ network, source }: Pick<Model, "network" | "source">): boolean {
  if (gatePositions(network).length === 0) return false;
  if (source.kind === "run") return source.regime === "relu";
  try {
    partsOfNetwork(network);
    return true;
  } catch (thrown) {
    if (thrown instanceof GatewiseError) return false;
    throw thrown;
  }
}

function describe(inspected: Inspected): string {
  const { layers, parameterList, cost, log2Paths, pathKernelReason, gateDifferences } = inspected;
  const table = formatTable(
    [
      { title: "layer" },
      { title: "kind" },
      { title: "shape", align: "right" },
      { title: "parameters", align: "right" },
    ],
    layers.map(({ name, kind, shape, parameters }) => [
      name,
      kind,
      shape.join("×"),
      parameters === 0 ? "" : parameters.toLocaleString("en-US"),
    ]),
  );
  const parameters = formatTable(
    [{ title: "parameter" }, { title: "shape", align: "right" }, { title: "numbers", align: "right" }, { title: "in" }],
    parameterList.map(({ name, shape, count, layers: users }) => [
      name,
      shape.join("×"),
      count.toLocaleString("en-US"),
      users.length > MOST_USERS
        ? `${users.slice(0, MOST_USERS).join(", ")} and ${users.length - MOST_USERS} more`
        : users.join(", "),
    ]),
  );
  const shared = parameterList.filter(({ layers: users }) => users.length > 1).map(({ name }) => name);
  const facts = formatTable(
    [{ title: "" }, { title: "", align: "right" }],
    [
      ["parameters", inspected.parameters.toLocaleString("en-US")],
      ["gates", `${inspected.gates.toLocaleString("en-US")}${inspected.hardGates ? "" : " (not all of them bits)"}`],
      ["paths to an output", `2^${log2Paths.toFixed(2)}`],
      ["path kernel by", inspected.pathKernel],
      [`packed gates of ${cost.examples} inputs`, megabytes(cost.packedGatesBytes)],
      ["their kernel (npk, ntk)", megabytes(cost.kernelBytes)],
      ["ntk at work", megabytes(cost.tangentKernelBytes)],
      ...(cost.pathKernelPairBytes === null ? [] : [["npk at work, a pair", megabytes(cost.pathKernelPairBytes)]]),
      ...(cost.pathKernelSeconds === null ? [] : [["npk at work, one thread", duration(cost.pathKernelSeconds)]]),
    ],
  );
  return [
    table,
    "",
    parameters,
    "",
    ...facts.split("\n").slice(1),
    "",
    ...(pathKernelReason === null ? [] : [`no exact path kernel: ${pathKernelReason}`, ""]),
    ...(shared.length === 0 ? [] : [sharedNote(shared), ""]),
    ...(gateDifferences === undefined ? [] : [differencesNote(gateDifferences), ""]),
    ...(inspected.architecture === undefined
      ? []
      : [`architecture, as ${inspected.architecture.form}: ${inspected.architecture.file}`, ""]),
    `commands: ${inspected.supported.join(", ")}`,
  ].join("\n");
}

/** A run tells its own; the network of a model is read. */
async function writeArchitecture(
  file: string,
  { model: path }: ModelRequest,
  { model, files }: OpenedModel,
  check: string | undefined,
): Promise<WrittenArchitecture> {
  await using result = await claimResult(file, { "--check": check }, files);
  const architecture =
    model.source.kind === "run" ? (await readRun(path)).plan.architecture : partsOfNetwork(model.network).architecture;
  await writeGuarded(result, result.path, `${JSON.stringify(architecture, undefined, 2)}\n`);
  return { file, form: isLayered(architecture) ? "layers" : "nodes" };
}

/** Layers of a parameter that the table names. */
const MOST_USERS = 4;

const sharedNote = (names: readonly string[]): string =>
  `${names.join(", ")}: used by several layers, counted once. ntk adds up the gradients of its uses; for paths, npk and
path-norms each use is a layer with weights of its own.`;

function differencesNote({
  examples,
  gates,
  differing,
  selections,
  differingExamples,
  layers,
}: GateDifferences): string {
  const count = (number: number): string => number.toLocaleString("en-US");
  const largest = layers.reduce((most, layer) => Math.max(most, layer.largest ?? 0), 0);
  const where = differing === 0 ? "" : `, all with |q| ≤ ${largest.toExponential(1)}`;
  const pools = selections === 0 ? "" : `; max-pools select otherwise in ${count(selections)} windows`;
  return `float32 and float64 differ in ${count(differing)} of ${count(gates)} gates${where}${pools}
in ${count(differingExamples.length)} of ${count(examples)} inputs`;
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;

function duration(seconds: number): string {
  if (seconds < 100) return `about ${seconds.toPrecision(2)} s`;
  if (seconds < 6000) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600).toLocaleString("en-US")} h`;
}

async function inspectModel(
  { request, examples, check, ...wanted }: InspectRequest,
  context: CliContext,
): Promise<ExitCode> {
  const opened =
    check === undefined
      ? { ...(await openModel(context, request)), inputs: undefined }
      : await openModelWithInputs(context, request, check);
  await using model = opened.model;
  const description = await model.describe({ examples, clock: () => performance.now() });
  const { inputs } = opened;
  const gateDifferences =
    inputs === undefined
      ? undefined
      : await withStages(context, (onProgress) =>
          model.gateDifferences(inputs, { onProgress, signal: context.signal }),
        );
  const architecture =
    wanted.architecture === undefined
      ? undefined
      : await writeArchitecture(wanted.architecture, request, opened, check);
  const inspected = {
    ...description,
    ...(architecture === undefined ? {} : { architecture }),
    supported: supportedBy(model, description),
    ...(gateDifferences === undefined ? {} : { gateDifferences }),
  };
  printResult(context, { source: model.source, ...inspected }, () => describe(inspected));
  return EXIT.done;
}
