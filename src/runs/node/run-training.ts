/** One training into a directory, as `train` does it: what its options choose, and what must come before it. */
import { join, relative, resolve } from "node:path";
import { INPUT_SHAPES } from "../../data/index.ts";
import { labelsDigest, readBytes } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type ArchitectureFile,
  type DataDescription,
  gateTraining,
  isArchitectureText,
  type NetworkFile,
  type NetworkPart,
  networkFileName,
  type ReadNetwork,
  type Training,
  type TrainingOptions,
  trainingName,
  USUAL_TRAINING,
} from "../../experiments/index.ts";
import type { RegimeName } from "../../network/index.ts";
import type { Executor, TrialJob, TrialOutcome, TrialWatch } from "../executor.ts";
import { checkFinished } from "../finished-run.ts";
import { checkResumable } from "../resuming.ts";
import { requestOf, type TrialPlace } from "../trial-request.ts";
import { folderStore } from "./folder-store.ts";
import { isOfRun, readGivenNetwork } from "./given-network.ts";
import { localPool } from "./pool.ts";
import { findRun } from "./run-directory.ts";

/** A training, and where its run stands. */
export interface TrainingRequest extends Omit<TrialPlace, "learntFrom"> {
  readonly training: Training;
}

/** Bytes of an architecture: 100,000 layers take a tenth. */
const LONGEST_FILE = 2 ** 26;

/**
 * Options of a training with what stands in the files that they name: an architecture, networks to begin from.
 * @param described what was found in the data, where they are files
 * @param part of every model that is named
 * @throws GatewiseError for a file that is not there, or holds none
 */
export async function withFiles(
  options: TrainingOptions,
  described?: DataDescription,
  part?: NetworkPart,
): Promise<TrainingOptions> {
  const { arch, from, init, gates, labelsTransform: labels, examples } = options;
  const shape = exampleShapeOf(options, described);
  const read = async (file: NetworkFile, option?: "from" | "init"): Promise<NetworkFile> => {
    if (file.network !== undefined) return file;
    if (await isOfRun(file)) await checkFinished(folderStore(file.path), file.at, option);
    return await withNetwork(file, shape, part);
  };
  return {
    ...options,
    ...(labels?.kind === "given"
      ? { labelsTransform: { ...labels, file: resolve(labels.file), digest: await labelsDigest(labels.file) } }
      : {}),
    ...(examples === undefined
      ? {}
      : { examples: { file: resolve(examples.file), digest: await labelsDigest(examples.file) } }),
    ...(typeof arch === "object" ? { arch: await withArchitecture(arch, shape, part) } : {}),
    ...(from === undefined ? {} : { from: await read(from, "from") }),
    ...(init === undefined ? {} : { init: await read(init, "init") }),
    ...(gates === undefined
      ? {}
      : {
          gates: await Promise.all(
            gates.map(async (gate) => ({
              ...gate,
              from: typeof gate.from === "string" ? gate.from : await read(gate.from),
            })),
          ),
        }),
  };
}

/** Shape of an example of the data that options name; open where nobody has looked into their files. */
export const exampleShapeOf = (
  { data = USUAL_TRAINING.data }: TrainingOptions,
  described: DataDescription | undefined,
): readonly number[] => described?.inputShape ?? (typeof data === "string" ? INPUT_SHAPES[data] : []);

/**
 * A network that is named, with what stands in its file, at whatever epoch its run is.
 * @param exampleShape of the data that it is to read
 * @throws GatewiseError if there is none, or its gates are another network's
 */
export async function withNetwork(
  file: NetworkFile,
  exampleShape: readonly number[],
  part: NetworkPart | undefined,
): Promise<NetworkFile & { readonly network: ReadNetwork }> {
  const asked = withPart(file, part);
  const { kind, digest, architecture, regime, raw } = await readGivenNetwork(asked, exampleShape);
  if (kind === "run" && regime !== undefined) checkOwnGates(file, regime);
  return { ...asked, network: { kind, digest, architecture, ...(raw ? { raw } : {}) } };
}

/** A run has one input, of known sizes: what is said of models does not concern it. */
const withPart = (file: NetworkFile, part: NetworkPart | undefined): NetworkFile =>
  part === undefined || !/\.onnx(#.+)?$/i.test(file.path) ? file : { ...file, part };

async function withArchitecture(
  arch: ArchitectureFile,
  shape: readonly number[],
  part: NetworkPart | undefined,
): Promise<ArchitectureFile> {
  const { file, text, network } = arch;
  if (text !== undefined || network !== undefined) return arch;
  if (isArchitectureText(arch)) {
    return { file, text: new TextDecoder().decode(await readBytes(file, LONGEST_FILE)) };
  }
  const { kind, digest, architecture } = await readGivenNetwork(withPart({ path: file }, part), shape);
  return { file, network: { kind, digest, architecture } };
}

/** Where a run of it goes unless told otherwise. */
export const trainingFolder = (training: Training): string => `runs/${trainingName(training)}`;

/** What must be trained, in order: `flnpf` without a run to take gates from trains its ReLU network first, in `relu/`. */
export function trainingJobs({ training, ...at }: TrainingRequest): readonly TrialJob[] {
  const { directory } = at;
  const { from, plan } = training;
  const first = gateTraining(training);
  const source = first === undefined ? from?.path : join(directory, "relu");
  const learntFrom =
    source === undefined
      ? null
      : {
          label: `${relative(resolve(directory), resolve(source))}${from?.at === undefined ? "" : `@${from.at}`}`,
          directory: source,
          until: null,
          ...(from?.at === undefined ? {} : { at: from.at }),
        };
  const own = { id: plan.regime, request: requestOf(training, { ...at, learntFrom }) };
  if (first === undefined || source === undefined) return [{ ...own, after: undefined }];
  const relu = requestOf(first, { ...at, directory: source, learntFrom: null });
  return [
    { id: "relu", request: relu, after: undefined },
    { ...own, after: "relu" },
  ];
}

/**
 * Trains into the directory, and first what it takes its gates from.
 * @param executor runs both; in processes of this machine unless told otherwise
 * @returns how it ended
 * @throws GatewiseError before anything is written, for a directory that is in use or holds another run, and for gates from
 * what is no trained ReLU network
 */
export async function runTraining(
  request: TrainingRequest,
  watch: TrialWatch,
  executor: Executor = localPool(1),
): Promise<TrialOutcome> {
  const jobs = trainingJobs(request);
  const own = jobs.at(-1);
  if (own === undefined) throw new Error("unreachable: a training without a job");
  if (jobs.length > 1) checkResumable(own.request, await findRun(request.directory));
  const outcomes = [...(await executor.run(jobs, watch)).values()];
  const outcome = outcomes.find(({ status }) => status === "failed") ?? outcomes.at(-1);
  if (outcome === undefined) throw new Error("unreachable: a training without an outcome");
  return outcome;
}

/** Gates are taken from networks that make their own. */
function checkOwnGates(file: NetworkFile, regime: RegimeName): void {
  if (regime === "relu") return;
  throw new GatewiseError({
    received: `${networkFileName(file)}, a run of regime ${regime}`,
    expected: "a run of regime relu, or a model",
    next: "name such a run",
  });
}
