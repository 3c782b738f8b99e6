import { GatewiseError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { note, printError } from "./output.ts";
import { TimeIsUp } from "./time-limit.ts";

/** The exit code of an interrupted command. */
export const interruptedCode = (signal: AbortSignal): ExitCode =>
  signal.reason === EXIT.timeLimit || signal.reason instanceof TimeIsUp ? EXIT.timeLimit : EXIT.interrupted;

/** What happened to an interrupted command. */
export const interruptionOf = ({ reason }: AbortSignal): string =>
  reason instanceof TimeIsUp ? `stopped at ${reason.message}` : "interrupted";

/**
 * Tells how to go on after an interruption.
 * @param command a line for the shell
 */
export function endInterrupted(
  context: Pick<CliContext, "stdout" | "stderr" | "json" | "signal">,
  command: string,
): ExitCode {
  const what = interruptionOf(context.signal);
  if (context.json) {
    printError(context, GatewiseError.of(`${what}: expected to run to its end`, `to go on: ${command}`, "interrupted"));
  } else {
    note(context, `${what}; to go on:\n  ${command}`);
  }
  return interruptedCode(context.signal);
}
