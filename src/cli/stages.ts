import type { Command } from "commander";
import { firstFailure, GatewiseError } from "../errors.ts";
import type { Action, Invocation } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { endInterrupted } from "./interruption.ts";
import { printError } from "./output.ts";
import { withTimeLimit } from "./time-limit.ts";

/**
 * An action in two stages: what `read` refuses is wrong usage (exit code 2), what `run` throws is a failure (1), or an
 * interruption (130, or 75 at a time limit) once the signal is aborted. A command with `--time-limit` gets a signal that
 * ends with it.
 * @param read from commander's strings to checked values
 * @param isResumable whether `--resume` goes on with what was asked for, of a command that has it; always unless told
 */
export const inStages =
  <Typed extends readonly unknown[], T>(
    read: (invocation: Invocation, ...typed: Typed) => T | Promise<T>,
    run: (values: T, context: CliContext) => Promise<ExitCode>,
    isResumable: (values: T) => boolean = () => true,
  ): Action<Typed> =>
  (invocation, ...typed) =>
    runStages(invocation, () => read(invocation, ...typed), run, isResumable);

async function runStages<T>(
  { command, context: given }: Invocation,
  read: () => T | Promise<T>,
  run: (values: T, context: CliContext) => Promise<ExitCode>,
  isResumable: (values: T) => boolean,
): Promise<ExitCode> {
  let context = given;
  let stage: ExitCode = EXIT.wrongUsage;
  let again = context.command;
  try {
    const values = await read();
    using limit = withTimeLimit(context, command.opts<{ readonly timeLimit?: string }>().timeLimit);
    const { onResumption } = limit.context;
    const onOther = (line: string): void => {
      again = line;
      onResumption?.(line);
    };
    context = { ...limit.context, onResumption: onOther };
    stage = EXIT.failed;
    onOther(isResumable(values) ? resumption(command, context.command) : context.command);
    return await run(values, context);
  } catch (failure) {
    const thrown = firstFailure(failure);
    // what another goes on with is not to be started again, whatever else has happened
    const isTakenOver = thrown instanceof GatewiseError && thrown.code === "taken-over";
    if (context.signal.aborted && !isTakenOver) return endInterrupted(context, again);
    printError(context, thrown);
    if (isTakenOver) return EXIT.takenOver;
    return thrown instanceof GatewiseError ? stage : EXIT.failed;
  }
}

/** The command that goes on with what was interrupted. */
const resumption = (command: Command, line: string): string =>
  command.options.some(({ long }) => long === "--resume") && command.opts().resume !== true ? `${line} --resume` : line;
