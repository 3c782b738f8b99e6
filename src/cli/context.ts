import type { Executor } from "../runs/index.ts";
import type { ExitCode } from "./exit-codes.ts";

/** What a command may touch of the world outside; tests give their own. */
export interface CliContext {
  /** The result: text for people, or one JSON value. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress and messages; drawn on only where it is a terminal. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly environment: NodeJS.ProcessEnv;
  /** Where fetched data are kept. */
  readonly cacheDir: string;
  /** The command as it was typed, for records and for the hint to resume. */
  readonly command: string;
  readonly json: boolean;
  /** Aborted by Ctrl-C or a termination, with the exit code for its reason, or at the end of its time (`TimeIsUp`). */
  readonly signal: AbortSignal;
  /** Runs trials, so many side by side; in processes of this machine unless told otherwise. */
  readonly executor?: ((workers: number) => Executor) | undefined;
  /**
   * Told what goes on with the command after an interruption, before it begins its work: it may not come to say so. A
   * command whose work leaves nothing to go on with tells itself once more.
   */
  readonly onResumption?: ((command: string) => void) | undefined;
  /** Told how long the command may take, before it begins its work; by what name that comes to its end. */
  readonly onLimit?: ((limit: { readonly milliseconds: number; readonly timeIsUp: string }) => void) | undefined;
  /** Told the exit code once a stopped command has said all that it has to say, before what it still writes. */
  readonly onSaid?: ((code: ExitCode) => void) | undefined;
}

/** `gatewise train --epochs 5`, quoted where a shell needs it. */
export const commandLine = (args: readonly string[]): string => ["gatewise", ...args].map(shellWord).join(" ");

/** A word as a shell takes it for one. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
