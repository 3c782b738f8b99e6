import { basename, dirname, join } from "node:path";
import { checkWritable, isSameFile, lockFile, realPathOf, type WriteGuard } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { findExperiment } from "./experiment-run.ts";
import { findRun } from "./run-directory.ts";

/** The place of a result, kept from other commands until it goes out of scope. */
export interface ResultFile extends AsyncDisposable, WriteGuard {
  /** Where it goes, behind links. */
  readonly path: string;
}

/** What a command reads, which its result must not replace: the option that names it, and its path. */
export type Sources = Readonly<Record<string, string | undefined>>;

/** A command whose supervisor was killed is ended within less; longer waits serve nobody, results take minutes. */
const PATIENCE_MS = 1000;

/** Names that a result has on the way to its own, and its lock. */
const ON_THE_WAY = ["", ".tmp", ".part", ".part.json", ".lock"] as const;

/**
 * Claims the file that a result is written to, before the work begins: one command at a time may write it.
 * @param path as the user gave it; undefined where no file was asked for
 * @param model files of the network, beside those that options name
 * @throws GatewiseError if it is a file that the command reads, by whatever links and spelling, belongs to a run, is no
 * regular file, is being written by another command, or cannot be made
 */
export async function claimResult(path: string, sources: Sources, model?: readonly string[]): Promise<ResultFile>;
export async function claimResult(
  path: string | undefined,
  sources: Sources,
  model?: readonly string[],
): Promise<ResultFile | undefined>;
export async function claimResult(
  path: string | undefined,
  sources: Sources,
  model: readonly string[] = [],
): Promise<ResultFile | undefined> {
  if (path === undefined) return undefined;
  const real = await checkResult(path, sources, model);
  const lock = await lockFile(real, { patienceMs: PATIENCE_MS });
  return {
    path: real,
    id: lock.id,
    check: () => lock.check(),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

/**
 * Refuses a place where a result would replace what it must not.
 * @returns the path behind links
 */
export async function checkResult(path: string, sources: Sources, model: readonly string[] = []): Promise<string> {
  await checkWritable(path);
  const real = await realPathOf(path);
  await refuseSources(path, real, [
    ...Object.entries(sources).flatMap(([option, file]) => (file === undefined ? [] : [{ option, file }])),
    ...model.map((file) => ({ option: "the model", file })),
  ]);
  await refuseRunFile(path, real);
  return real;
}

async function refuseSources(
  path: string,
  real: string,
  sources: readonly { readonly option: string; readonly file: string }[],
): Promise<void> {
  for (const { option, file } of sources) {
    for (const ending of ON_THE_WAY) {
      if (!(await isSameFile(`${real}${ending}`, file))) continue;
      throw new GatewiseError({
        received: `${path}, ${ending === "" ? "which" : `whose ${ending} file`} is ${option} ${file}`,
        expected: "a file for the result that the command does not read",
        next: "give the result another name",
      });
    }
  }
}

/** Files of a run directory or of an experiment's folder, which only trainings write. */
const RUN_FILES =
  /^((run|experiment)\.json|(metrics|kernels)\.jsonl|kernel-\w+\.npy|measured\.jsonl|(last|best|(best|epoch)-\d+)\.safetensors|lock)$/;

async function refuseRunFile(path: string, real: string): Promise<void> {
  const [folder, name] = [dirname(real), basename(real)];
  if (!RUN_FILES.test(name)) return;
  const isRun =
    (await findRun(folder)) !== undefined ||
    (await findExperiment(folder)) !== undefined ||
    // a part of an experiment, such as a seed
    (await findExperiment(dirname(folder))) !== undefined;
  if (!isRun) return;
  throw new GatewiseError({
    received: `${path}, which belongs to the run in its folder`,
    expected: "a file for the result that no run needs",
    next: `give the result another name, such as ${join(dirname(path), `result-${name}`)}`,
  });
}
