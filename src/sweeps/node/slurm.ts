/** Slurm's commands, as they are found in PATH. */
import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { codeOf, GatewiseError } from "../../errors.ts";
import { jobNumber, maxArraySize, type QueuedTask, queuedTasks } from "../slurm/answers.ts";

/** A job array as `sbatch` takes it. */
export interface ArrayScript {
  readonly options: readonly string[];
  /** The job script; it goes by standard input, and no file stays. */
  readonly script: string;
}

export interface Slurm {
  /** Indices of arrays are below it. */
  maxArraySize(): Promise<number>;
  /** Tasks of this user's arrays that wait or run. */
  queue(): Promise<readonly QueuedTask[]>;
  /** @returns the job's number */
  submit(array: ArrayScript): Promise<string>;
  /** @returns what Slurm says of it, in a line */
  test(array: ArrayScript): Promise<string>;
}

/** A controller that does not answer is waited for no longer. */
const ANSWER_MS = 120_000;

/** Slurm on this machine. */
export function slurmHere(environment: NodeJS.ProcessEnv): Slurm {
  const run = (program: string, args: readonly string[], input = ""): Promise<Answer> =>
    call(program, args, input, environment);
  return {
    maxArraySize: async () => maxArraySize((await run("scontrol", ["show", "config"])).stdout),
    queue: async () => {
      const { username } = userInfo();
      const args = ["--noheader", "--array", `--user=${username}`, "--format=%i"];
      return queuedTasks((await run("squeue", args)).stdout);
    },
    submit: async ({ options, script }) => jobNumber((await run("sbatch", ["--parsable", ...options], script)).stdout),
    test: async ({ options, script }) => lastLine((await run("sbatch", ["--test-only", ...options], script)).stderr),
  };
}

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

function call(
  program: string,
  args: readonly string[],
  input: string,
  environment: NodeJS.ProcessEnv,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env: environment, timeout: ANSWER_MS }, (failure, stdout, stderr) => {
      if (failure === null) resolve({ stdout, stderr });
      else reject(refusal(program, failure, stderr));
    });
    // one that does not read it has ended, and says why
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function refusal(program: string, failure: Error & { readonly killed?: boolean }, stderr: string): GatewiseError {
  if (codeOf(failure) === "ENOENT") {
    return new GatewiseError({
      code: "file-not-found",
      received: `no ${program} in PATH`,
      expected: "a machine on which Slurm's commands are",
      next: "submit on a login node of the cluster; elsewhere `sweep run` runs the sweep",
      cause: failure,
    });
  }
  const said = failure.killed ? `no answer in ${ANSWER_MS / 1000} s` : lastLine(stderr) || failure.message;
  return new GatewiseError({
    received: `${program}: ${said}`,
    expected: program === "sbatch" ? "a job that Slurm takes" : "an answer of Slurm",
    next:
      program === "sbatch"
        ? "mend the job script (`template`), or ask who runs the cluster; `dryRun` shows what is sent"
        : "try again, or ask who runs the cluster",
    cause: failure,
  });
}

/** Slurm's commands say in it what it is; lines before are warnings. */
const lastLine = (text: string): string =>
  (text.trim().split("\n").at(-1) ?? "").replace(/^(sbatch|squeue|scontrol): (error: )?/, "");
