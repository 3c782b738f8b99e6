import { GatewiseError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { note, printError } from "./output.ts";

/**
 * A signal that the first Ctrl-C or SIGTERM aborts, with the exit code as its reason; a second one ends the process at
 * once (what is on disk stays whole).
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = (code: ExitCode) => (): void => {
    if (controller.signal.aborted) process.exit(code);
    controller.abort(code);
  };
  process.on("SIGINT", stop(EXIT.interrupted));
  process.on("SIGTERM", stop(EXIT.timeLimit));
  return controller.signal;
}

/** The exit code of an interrupted command. */
export const interruptedCode = (signal: AbortSignal): ExitCode =>
  signal.reason === EXIT.timeLimit ? EXIT.timeLimit : EXIT.interrupted;

/**
 * Tells how to go on after an interruption.
 * @param command a line for the shell
 */
export function endInterrupted(context: CliContext, command: string): ExitCode {
  if (context.json) {
    printError(context, GatewiseError.of("interrupted: expected to run to its end", `to go on: ${command}`));
  } else {
    note(context, `interrupted; to go on:\n  ${command}`);
  }
  return interruptedCode(context.signal);
}
