import { EXIT, type ExitCode } from "./exit-codes.ts";

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
