import type { Command } from "commander";
import { GatewiseError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { endInterrupted } from "./interruption.ts";
import { printError } from "./output.ts";
import { withTimeLimit } from "./time-limit.ts";

/** What the process ends with, set by the command that ran. */
export interface Ending {
  code: ExitCode;
}

/** The world of a command, made once its `--json` is known. */
export type MakeContext = (json: boolean) => CliContext;

/**
 * Runs a command in two stages: what `read` refuses is wrong usage (exit code 2), what `run` throws is a failure (1), or
 * an interruption (130, or 75 at a time limit) once the signal is aborted. A command with `--time-limit` gets a signal
 * that ends with it.
 * @param read from commander's strings to checked values
 */
export async function runStages<T>(
  command: Command,
  makeContext: MakeContext,
  ending: Ending,
  read: (context: CliContext) => T | Promise<T>,
  run: (values: T, context: CliContext) => Promise<ExitCode>,
): Promise<void> {
  let context = makeContext(command.optsWithGlobals().json === true);
  let stage: ExitCode = EXIT.wrongUsage;
  let again = resumption(command, context.command);
  try {
    const values = await read(context);
    using limit = withTimeLimit(context, command.opts<{ readonly timeLimit?: string }>().timeLimit);
    const { onResumption } = limit.context;
    const onOther = (line: string): void => {
      again = line;
      onResumption?.(line);
    };
    context = { ...limit.context, onResumption: onOther };
    stage = EXIT.failed;
    onOther(again);
    ending.code = await run(values, context);
  } catch (thrown) {
    if (context.signal.aborted) {
      ending.code = endInterrupted(context, again);
      return;
    }
    printError(context, thrown);
    ending.code = thrown instanceof GatewiseError ? stage : EXIT.failed;
  }
}

/** The command that goes on with what was interrupted. */
export const resumption = (command: Command, line: string): string =>
  command.options.some(({ long }) => long === "--resume") && command.opts().resume !== true ? `${line} --resume` : line;
