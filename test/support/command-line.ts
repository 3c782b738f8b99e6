import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { Writable } from "node:stream";
import { type CliContext, commandLine } from "../../src/cli/context.ts";
import { runCommandLine } from "../../src/cli/program.ts";
import { trialsHere } from "./trials-here.ts";

/** What a command left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what is written to it; no terminal. */
export class Collected extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs a command in this process; its trials run in worker processes unless told otherwise. */
export async function gatewise(
  args: readonly string[],
  signal = new AbortController().signal,
  executor?: CliContext["executor"],
  environment: NodeJS.ProcessEnv = { PATH: process.env.PATH },
): Promise<Finished> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const command = commandLine(args);
  const code = await runCommandLine(args, {
    stdout,
    stderr,
    command,
    open: (json) => ({ stdout, stderr, environment, cacheDir: "/nowhere", command, json, signal, executor }),
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Runs a command in this process, its trials too: a quarter of the time, where a process is not the point. */
export const gatewiseHere = (args: readonly string[], signal?: AbortSignal): Promise<Finished> =>
  gatewise(args, signal, trialsHere);

/**
 * Starts the built command as a process of its own, in `cwd`.
 * @param options.through a command that starts it, such as `unshare`
 * @param options.environment on top of this process's
 * @param options.detached in a process group of its own
 */
export function startGatewise(
  cwd: string,
  args: readonly string[],
  {
    through = [],
    environment = {},
    detached = false,
  }: {
    readonly through?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly detached?: boolean;
  } = {},
): ChildProcess {
  const [first = process.execPath, ...rest] = [...through, process.execPath, resolve("dist/main.js"), ...args];
  return spawn(first, rest, {
    ...{ cwd, detached, env: { ...process.env, ...environment } },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Starts a line in a shell that knows the built command as `gatewise`. */
export const startInShell = (cwd: string, line: string): ChildProcess =>
  spawn("sh", ["-c", `gatewise() { '${process.execPath}' '${resolve("dist/main.js")}' "$@"; }; ${line}`], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });

/** Waits for the end of a started command. */
export async function endOf(child: ChildProcess): Promise<Finished> {
  const text = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const [code] = await once(child, "close");
  return { code, ...text };
}

/** A network and a share of the digits so small that an epoch takes milliseconds. */
export const TINY = ["--limit", "320", "--test-limit", "100", "--width", "8", "--depth", "3"] as const;

/** The same with other values: an option given twice is a mistake. */
export const tinyWith = (changes: Readonly<Record<string, string>>): readonly string[] =>
  TINY.map((word, i) => changes[TINY[i - 1] ?? ""] ?? word);
